package venuesim

import (
	"fmt"
	"sync"

	"wirebook/feedhandler/sim"
)

// unit is what the venue numbers: a message, or a packet at CME.
type unit struct {
	bytes  []byte
	sentNS uint64 // of its datagram
	offset uint64 // IEX-TP: of its payload in the stream
}

// day is what was published so far of one session. Units are never changed once they are in.
type day struct {
	encoding sim.Encoding
	session  string // MoldUDP64's
	id       uint32 // IEX-TP's session
	before   *day   // the session before it; nil of the first

	mu        sync.Mutex
	units     []unit // unit n is units[n-1]
	offset    uint64 // IEX-TP: of what comes next in the stream
	nowNS     uint64 // venue time of the newest datagram
	ended     bool   // the session is over
	books     books
	listeners map[chan struct{}]bool
}

// books are folded from the units. They are guarded by the day's lock.
type books interface {
	add(seq uint64, u *unit)
	// whole says that no event of the venue is half told.
	whole() bool
}

func newDay(e sim.Encoding, session string, id uint32, before *day) *day {
	if before != nil {
		before.before = nil // one is kept, for what answers from it by mistake
	}
	return &day{encoding: e, session: session, id: id, before: before, books: newBooks(e), listeners: map[chan struct{}]bool{}}
}

func newBooks(e sim.Encoding) books {
	switch e {
	case sim.ITCH50:
		return newITCHBooks()
	case sim.Deep, sim.DeepPlus:
		return newIEXBooks()
	case sim.MDP3:
		return newCMEBooks()
	}
	return nil
}

// add takes the units of one datagram, the first of which is number first.
func (d *day) add(first uint64, list []unit, nowNS uint64, ended bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if next := uint64(len(d.units)) + 1; first != next && len(list) > 0 {
		return fmt.Errorf("venuesim: published %d, but the day is due to go on with %d", first, next)
	}
	for i := range list {
		d.units = append(d.units, list[i])
		d.books.add(uint64(len(d.units)), &list[i])
		d.offset = list[i].offset + uint64(2+len(list[i].bytes))
	}
	d.nowNS, d.ended = max(d.nowNS, nowNS), d.ended || ended
	for c := range d.listeners {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	return nil
}

// listen returns a channel that is told of new units, and what ends that.
func (d *day) listen() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	d.mu.Lock()
	d.listeners[c] = true
	d.mu.Unlock()
	return c, func() {
		d.mu.Lock()
		delete(d.listeners, c)
		d.mu.Unlock()
	}
}

// from returns the units from number first on, at most n of them, and the number of the newest unit there is. The slice is the
// day's own: read only.
func (d *day) from(first uint64, n int) (list []unit, newest uint64, ended bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	newest = uint64(len(d.units))
	if first == 0 || first > newest {
		return nil, newest, d.ended
	}
	end := min(newest, first-1+uint64(n))
	return d.units[first-1 : end : end], newest, d.ended
}

func (d *day) newest() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return uint64(len(d.units))
}

// refold makes the books as they were after unit upTo.
func (d *day) refold(upTo uint64) books {
	list, _, _ := d.from(1, int(upTo))
	b := newBooks(d.encoding)
	for i := range list {
		b.add(uint64(i+1), &list[i])
	}
	return b
}

// now is the venue time of the newest datagram.
func (d *day) now() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.nowNS
}

// old makes the books of a while ago, at a moment when no event was half told, and says the number of the newest unit in them.
func (d *day) old() (books, uint64) {
	at := d.newest()
	at -= min(at/2, far)
	b := d.refold(at)
	for at > 0 && !b.whole() {
		at--
		b = d.refold(at)
	}
	return b, at
}
