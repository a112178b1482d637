package feedhandler_test

import (
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/venue/cme"
	"wirebook/ptp"
	"wirebook/shm"
)

// TestTheNextInstrumentOfAnIDInheritsNothing: an instrument that is deleted, or whose id is another's since its deletion was
// not heard, gives R in every schema, and the next one begins with an empty book that is trusted.
func TestTheNextInstrumentOfAnIDInheritsNothing(t *testing.T) {
	const at = 1_700_000_000_000_000_000
	future := func(symbol string, action byte) []byte {
		f := cme.Future{SecurityID: cmeSecurity, LastUpdateNS: at, MinPriceIncrement: 1, DisplayFactor: 1, Depth: 10, Action: action}
		copy(f.Symbol[:], symbol)
		return cme.AppendFuture(nil, cme.EndOfEvent, &f)
	}
	first, second := future("ESZ6", 'A'), future("NQH7", 'A')
	book := func(n int) []byte {
		return cme.AppendBook(nil, at+uint64(n), cme.EndOfEvent, cmeBid(1, 0), cmeOrder(1, 0))
	}
	for name, c := range map[string]struct {
		messages [][]byte
		mbo, mbp string
	}{
		"deleted":              {[][]byte{first, book(1), future("ESZ6", 'D'), second, book(2)}, "A2! R3! A5!", "A2 N2! R3! A5 N5!"},
		"deletion not heard":   {[][]byte{first, book(1), second, book(2)}, "A2! R3! A4!", "A2 N2! R3! A4 N4!"},
		"the same, modified":   {[][]byte{first, book(1), future("ESZ6", 'M')}, "A2!", "A2 N2!"},
		"named only later":     {[][]byte{book(1), first}, "A1!", "A1 N1!"},
		"deleted, never known": {[][]byte{future("ESZ6", 'D'), second, book(2)}, "A3!", "A3 N3!"},
	} {
		var tap recorder
		p := slotPipeline(t, "cme.mdp3", feedhandler.Output{Tap: &tap, TapSchemas: feedhandler.AllSchemas})
		for i, message := range c.messages {
			payload := append(cme.AppendPacketHeader(nil, uint32(i+1), at), message...)
			p.OnDatagram(&feedhandler.Datagram{Dst: simLines[0].Group, DstPort: simLines[0].Port, Payload: payload}, ptp.Stamp{NS: at, Source: ptp.SourceNIC})
		}
		p.End()
		for _, s := range []shm.Schema{shm.SchemaMBO, shm.SchemaMBP1, shm.SchemaMBP10} {
			want := c.mbp
			if s == shm.SchemaMBO {
				want = c.mbo
			}
			if got := spelled(s, tap[s]); got != want {
				t.Errorf("%s: %s: %s, want %s", name, s, got, want)
			}
		}
		ch := p.Channels()[0]
		if n, faults := ch.Suspect(), ch.Faults(); n != 0 || len(faults) != 0 {
			t.Errorf("%s: %d instruments suspect, %v", name, n, faults)
		}
		if bid, ask := ch.Books().Top(1); bid.Count != 1 || ask.Qty != 0 || ch.Books().LiveOrders() != 1 {
			t.Errorf("%s: bid %+v, ask %+v, %d orders: want one bid of one order", name, bid, ask, ch.Books().LiveOrders())
		}
	}
}
