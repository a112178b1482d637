package live

import (
	"context"
	"testing"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/venue/cme"
	"wirebook/shm"
)

// TestDefinitionsHoldForTheSet: live, too, a definition on a channel of its own names the instruments of the others, and goes
// on doing so when one of them is exchanged: nobody has to wait for the loop to come round.
func TestDefinitionsHoldForTheSet(t *testing.T) {
	wiretest.New(t)
	variant := func(orders int) *config.Config {
		c := configuration(t, "defs1", "inc2")
		for i := range c.Channels {
			c.Channels[i].Profile, c.Channels[i].MaxOrders, c.Channels[i].InitialOrders = "cme.mdp3", orders, 1<<10
		}
		c.Channels[0].MaxOrders = 1 << 12
		return recording(c)
	}
	h, _ := start(t, variant(1<<12), nil)
	v, out := h.view(t), sender(t)
	defs, inc := built(t, &variant(1 << 12).Channels[0]).Lines[0], built(t, &variant(1 << 12).Channels[1]).Lines[0]
	define := func(seq uint32, id int32, symbol string) packet {
		f := cme.Future{SecurityID: id, Depth: 5}
		copy(f.Symbol[:], symbol)
		return packet{defs.Group, defs.Port, cme.AppendFuture(cme.AppendPacketHeader(nil, seq, 1), 0, &f)}
	}
	quote := func(seq uint32, id int32, rptSeq uint32) packet {
		var e cme.BookEntry
		e.SecurityID.Put(id)
		e.RptSeq.Put(rptSeq)
		e.MdEntryPxOptionalEx.Put(100)
		e.MdEntrySizeShortOptional.Put(1)
		e.MdPriceLevel.Put(1)
		e.MdEntryTypeBook.Put('0')
		return packet{inc.Group, inc.Port, cme.AppendBook(cme.AppendPacketHeader(nil, seq, 1), 1, cme.EndOfEvent, []cme.BookEntry{e}, nil)}
	}
	latest, err := v.Latest()
	if err != nil {
		t.Fatal(err)
	}
	book := func(id uint32, symbol string) func() bool {
		return func() bool {
			entries, found := 0, false
			for i := range v.Control.Instruments() {
				var m shm.MBP10
				if e, ok := v.Control.Instrument(i); ok && e.ID == id {
					entries++
					_, has := latest.Read(e.LatestIndex, &m)
					found = has && shm.Text(e.Symbol[:]) == symbol && m.Levels[0].BidPx == 100
				}
			}
			return found && entries == 1
		}
	}
	sendAll(t, out, []packet{define(1, 7001, "GEZ9"), define(2, 9001, "NQH7")})
	eventually(t, "the definitions are known", func() bool { return channelOf(t, v, "defs1").Messages == 2 })
	sendAll(t, out, []packet{quote(1, 7001, 1)})
	eventually(t, "7001 has its book as GEZ9, once", book(7001, "GEZ9"))

	if r, err := h.Reload(context.Background(), variant(1<<13)); err != nil || len(r.Changed) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	sendAll(t, out, []packet{quote(2, 9001, 1), define(3, 5001, "ESU5")})
	eventually(t, "what was defined before the reload is known after", book(9001, "NQH7"))
	eventually(t, "the definitions go on", func() bool { return channelOf(t, v, "defs1").Messages == 3 })
	sendAll(t, out, []packet{quote(3, 5001, 1)})
	eventually(t, "5001 has its book as ESU5", book(5001, "ESU5"))
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameRun(t, h, v) // played back, the set goes on over the exchange as well
}
