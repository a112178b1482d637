// Package clockview shows the clock that receive stamps come from, as 'wirebook ptp' does: in words, a line a second, as JSON.
package clockview
