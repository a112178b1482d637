// Package replay drives the core from capture files: the same calls live receive makes, with the capture's time.
//
// The same files give the same records, always: nothing here depends on the clock of the machine. Bursts are ended by
// packet count and ticks by capture time; pacing only sleeps. The one exception is a pipe without a configuration: whether
// what comes out of it is being captured now decides how long it is looked at for channels.
//
// A profile's channels are found by reading the files once before (survey.go, sights.go), or the front of a pipe
// (lookahead.go, latecomers.go).
package replay
