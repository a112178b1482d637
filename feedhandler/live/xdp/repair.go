package xdp

import (
	"errors"
	"net"
	"sync/atomic"

	"wirebook/bpf"
)

// State is what became of a link since it was opened.
type State int

const (
	Well     State = iota
	Gone           // the interface is, or is another of its name
	Bare           // the filter is off the interface
	Outgrown       // the interface has more queues than the link
)

// Look says how a link that is open is: why the filter is off, how many queues there are.
func (l *Link) Look() (state State, queues int, why error) {
	why = l.Filter.Check()
	ifi, gone := net.InterfaceByName(l.Name)
	switch {
	case gone != nil || ifi.Index != l.ifindex:
		return Gone, 0, why
	case why != nil:
		return Bare, 0, why
	}
	// A filter does not tell: a driver may not run it on queues that came later.
	if n := RXQueues(l.Name); n > len(l.Queues) {
		return Outgrown, n, nil
	}
	return Well, len(l.Queues), nil
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
