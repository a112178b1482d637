package afxdp

import (
	"errors"
	"fmt"
	"strings"
)

// BindReport says how a socket is bound and what was tried before.
type BindReport struct {
	Interface   string
	Queue       int
	Mode        Mode // what it came to
	Attempts    []Attempt
	SharedUMEM  bool // another socket of the UMEM was bound before: its copy mode is inherited
	NeedWakeup  bool
	MultiBuffer bool
	HugePages   bool
	BusyPoll    bool
	Notes       []string // what was asked for and not had, other than the mode, and the fix
	BusyRetries int      // how often the queue was still being released by an earlier socket
}

// Attempt is a mode that was tried, or ruled out, and why it was not to be.
type Attempt struct {
	Mode Mode
	Err  error
}

// String tells the report in one line.
func (r BindReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s queue %d: %s", r.Interface, r.Queue, r.Mode)
	for _, f := range []struct {
		on   bool
		name string
	}{{r.SharedUMEM, "shared UMEM"}, {r.MultiBuffer, "multi-buffer"}, {r.HugePages, "huge pages"}, {r.BusyPoll, "busy poll"}} {
		if f.on {
			b.WriteString(", " + f.name)
		}
	}
	for _, a := range r.Attempts {
		if errors.Is(a.Err, ErrNoZeroCopy) {
			fmt.Fprintf(&b, "; %v", a.Err)
			continue
		}
		fmt.Fprintf(&b, "; not %s: %v", a.Mode, a.Err)
	}
	for _, n := range r.Notes {
		b.WriteString("; " + n)
	}
	return b.String()
}

// Statistics are the kernel's counts of a socket since it was made (XDP_STATISTICS).
type Statistics struct {
	RxDropped            uint64 // for other reasons than a full RX ring: no fill frame, or a packet larger than a frame
	RxInvalidDescs       uint64 // fill ring entries that name no frame
	TxInvalidDescs       uint64 // TX ring entries that name no frame or have a bad length
	RxRingFull           uint64 // packets lost because the reader was slow to poll
	RxFillRingEmptyDescs uint64 // times a frame was wanted and the reader had released none
	TxRingEmptyDescs     uint64 // times the kernel found nothing to send
}

// Lost returns the received packets that the socket could not deliver.
func (s Statistics) Lost() uint64 { return s.RxDropped + s.RxRingFull }
