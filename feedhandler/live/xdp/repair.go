package xdp

import (
	"errors"
	"fmt"
	"sync/atomic"

	"wirebook/bpf"
	"wirebook/feedhandler/socket"
)

// State is what became of a link since it was opened.
type State int

const (
	Well     State = iota
	Gone           // the interface is, or is another of its name
	Bare           // the filter is off the interface
	Outgrown       // the interface has more queues than the link, or frames larger than its sockets take
	Unknown        // it cannot be asked for: nothing follows from that
)

// Seen is how a link that is open is.
type Seen struct {
	State State
	Why   error // the filter is off, or the interface cannot be asked for
	Now   string
}

// Look says how a link that is open is.
func (l *Link) Look() Seen {
	ifi, err := socket.Interface(l.Name)
	switch {
	case errors.Is(err, socket.ErrNoInterface):
		return Seen{State: Gone}
	case err != nil:
		return Seen{State: Unknown, Why: err}
	case ifi.Index != l.ifindex:
		return Seen{State: Gone}
	}
	if err := l.Filter.Check(); err != nil {
		return Seen{State: Bare, Why: err}
	}
	// A filter does not tell: a driver may not run it on queues that came later.
	if n := RXQueues(l.Name); n > len(l.Queues) {
		return Seen{State: Outgrown, Now: fmt.Sprintf("it has %d queues; served until now: %d", n, len(l.Queues))}
	}
	if ifi.MTU > wholeFrame && l.mtu <= wholeFrame {
		return Seen{State: Outgrown, Now: fmt.Sprintf("its MTU is %d, and was %d", ifi.MTU, l.mtu)}
	}
	return Seen{}
}

// Rebind gives the queues their sockets back once frames came by a queue that has none in the filter's map: somebody took
// it out. Meanwhile the kernel sockets receive. It says whether there was cause.
func (l *Link) Rebind() (cause bool, err error) {
	seen := l.words.last[bpf.NoSocket]
	if seen == l.words.socketless {
		return false, nil
	}
	l.words.socketless = seen
	var errs []error
	for q, r := range l.Queues {
		errs = append(errs, l.Filter.SetSocket(q, r.sock.FD()))
	}
	if err := errors.Join(errs...); err != nil {
		return true, err
	}
	atomic.AddUint64(l.words.rebound, 1)
	return true, nil
}

// Reattach puts the filter on the interface again.
func (l *Link) Reattach() error {
	_ = l.Filter.Detach()
	report, err := l.Filter.Attach()
	if err != nil {
		return err
	}
	l.Report = report
	l.Restored()
	return nil
}

// Restored counts that the link is as it was.
func (l *Link) Restored() { atomic.AddUint64(l.words.reattached, 1) }
