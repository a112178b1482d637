package feedhandler

import (
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// TestAllSuspectOnce: a datagram full of messages that say nothing makes every instrument suspect once, and not once a
// message; what was made whole in between is suspect again.
func TestAllSuspectOnce(t *testing.T) {
	p, err := New(Config{Channels: []ChannelConfig{{Name: "X", Feed: venue.Find("nasdaq.itch50"), Lines: []LineConfig{{Name: "A", Group: 1, Port: 2}}}}})
	if err != nil {
		t.Fatal(err)
	}
	c := p.channels[0]
	c.dir.Add(1, 1, book.Symbol{'X'})
	lost := func() {
		c.batch.BeginPacket(book.Packet{})
		for range 700 {
			c.batch.Lost(0)
		}
		c.flush()
	}
	lost()
	lost()
	if c.gapGen != 1 || c.Suspect() != 1 {
		t.Errorf("generation %d, %d suspect", c.gapGen, c.Suspect())
	}
	for want, whole := range []func(){func() { c.rebuilt(nil, 1, true, true) }, c.trustAll, func() { c.trustAll(); c.stale(nil, 1, true, true, shm.ReasonUnfit); c.unaffected(nil, 1, false) }} {
		whole()
		if lost(); c.gapGen != uint32(want)+2 || c.Suspect() != 1 {
			t.Errorf("%d: generation %d, %d suspect", want, c.gapGen, c.Suspect())
		}
	}
}
