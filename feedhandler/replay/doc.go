// Package replay drives the core from capture files: the same calls live receive makes, with the capture's time.
//
// The same files give the same records, always: nothing here depends on the clock of the machine. Bursts are ended by
// packet count and ticks by capture time; pacing only sleeps.
package replay
