// Package tail shows what an instance publishes, as 'wirebook tail' does: a live table, lines, or JSON.
//
//	t := tail.Tail{Options: view.Options{Name: "default", Schema: view.AnySchema}, Out: os.Stdout, Notes: os.Stderr}
//	err := t.Lines(ctx) // until the writer ended and everything was read, or ctx is done
package tail

import (
	"fmt"
	"io"
	"time"

	"wirebook/feedhandler/view"
)

// Tail is one look at an instance.
type Tail struct {
	view.Options
	Timeout time.Duration // to wait for an instance that is not there yet
	JSON    bool          // an object a record
	Strings bool          // in JSON, integers of 64 bits
	Raw     bool          // unscaled numbers and letters
	Follow  bool          // go on with the writer's next run
	Count   uint64        // end after so many records; 0: no limit
	MaxRate float64       // records a second to show at most; 0: all
	Keys    bool          // standard input is a terminal that can say q

	Out   io.Writer
	Notes io.Writer // what else happens; nil: said to nobody

	told uint64 // records missed at the start, so far
}

func (t *Tail) note(format string, args ...any) {
	if t.Notes != nil {
		fmt.Fprintf(t.Notes, format+"\n", args...)
	}
}

func (t *Tail) waiting(text string) { t.note("%s", text) }
