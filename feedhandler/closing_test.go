package feedhandler_test

import (
	"fmt"
	"strings"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/venue/cme"
	"wirebook/ptp"
	"wirebook/shm"
)

const cmeSecurity = 100_001

// cmeBid is one price level of the bid: update 0 new, 1 changed.
func cmeBid(level int, update uint8) []cme.BookEntry {
	l := make([]cme.BookEntry, 1)
	l[0].MdEntryPxOptionalEx.Put(100_000_000_000 - int64(level)*250_000_000)
	l[0].MdEntrySizeShortOptional.Put(5 + int32(update))
	l[0].SecurityID.Put(cmeSecurity)
	l[0].NumberOfOrdersOptional.Put(1)
	l[0].MdPriceLevel.Put(uint8(level))
	l[0].MdUpdateAction.Put(update)
	l[0].MdEntryTypeBook.Put('0')
	return l
}

// cmeOrder is the order behind it.
func cmeOrder(id uint64, update uint8) []cme.BookOrder {
	o := make([]cme.BookOrder, 1)
	o[0].OrderID.Put(id)
	o[0].MdOrderPriorityOptional.Put(id)
	o[0].MdDisplayQtyOptional.Put(5 + int32(update))
	o[0].ReferenceID.Put(1)
	o[0].OrderUpdateAction.Put(update)
	return o
}

// spelled tells records by action, sequence number and LAST, as in "A1 N2!".
func spelled(s shm.Schema, records []taken) string {
	var words []string
	for _, r := range records {
		f := fieldsOf(s, r.body)
		word := fmt.Sprintf("%c%d", f.action, f.seq)
		if f.flags&shm.FlagLast != 0 {
			word += "!"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// TestAnUnseenCloseIsTold: an event of several messages whose last shows nothing in a schema is closed there by a record
// of its own, wherever the event showed something and nowhere else; the latest table has the book from then on.
func TestAnUnseenCloseIsTold(t *testing.T) {
	const at = 1_748_871_000_000_000_000
	volume := make([]cme.VolumeEntry, 1)
	volume[0].MdEntrySizeShort.Put(12)
	volume[0].SecurityID.Put(cmeSecurity)
	// The order behind a price level is told after it: it closes the event for mbo, and for the levels unseen.
	steps := []struct {
		message []byte
		latest  uint32 // sequence number in the latest table behind it
	}{
		{cme.AppendBook(nil, at+1, cme.EndOfEvent, cmeBid(1, 0), cmeOrder(1, 0)), 1},
		{cme.AppendBook(nil, at+2, cme.LastQuote, cmeBid(1, 1), cmeOrder(1, 1)), 1},
		{cme.AppendVolume(nil, at+3, cme.EndOfEvent, volume), 3},
		{cme.AppendBook(nil, at+4, cme.LastQuote, cmeBid(2, 0), cmeOrder(2, 0)), 3}, // behind the top: nothing in mbp-1
		{cme.AppendVolume(nil, at+5, cme.EndOfEvent, volume), 5},
		{cme.AppendVolume(nil, at+6, cme.EndOfEvent, volume), 5}, // nothing is open
	}
	for _, want := range []map[shm.Schema]string{
		{shm.SchemaMBO: "A1! M2 N3! A4 N5!", shm.SchemaMBP1: "A1 N1! M2 N3!", shm.SchemaMBP10: "A1 N1! M2 N3! A4 N5!"},
		{shm.SchemaMBO: "A1! M2 N3! A4 N5!", shm.SchemaMBP1: "A1 N1! M2 N3!"}, // ten levels for the table alone
	} {
		var tap recorder
		writer, reader := latestTable(t)
		var schemas feedhandler.SchemaSet
		for s := range want {
			schemas |= feedhandler.Schemas(s)
		}
		p := slotPipeline(t, "cme.mdp3", feedhandler.Output{Latest: writer, Instruments: identity{}, Tap: &tap, TapSchemas: schemas})
		for i, step := range steps {
			seq := uint32(i + 1)
			payload := append(cme.AppendPacketHeader(nil, seq, at), step.message...)
			p.OnDatagram(&feedhandler.Datagram{Dst: simLines[0].Group, DstPort: simLines[0].Port, Payload: payload}, ptp.Stamp{NS: at, Source: ptp.SourceNIC})
			p.Flush()
			var latest shm.MBP10
			if _, ok := reader.Read(1, &latest); !ok || latest.Sequence != step.latest || latest.Flags&shm.FlagLast == 0 {
				t.Errorf("behind message %d the latest book is that of message %d, flags %02x, want message %d", seq, latest.Sequence, latest.Flags, step.latest)
			}
			size := uint32(5)
			if step.latest >= 3 {
				size = 6
			}
			if latest.Levels[0].BidSz != size {
				t.Errorf("behind message %d the latest book has %d at the top, want %d", seq, latest.Levels[0].BidSz, size)
			}
		}
		for s, records := range want {
			if got := spelled(s, tap[s]); got != records {
				t.Errorf("%s: %s, want %s", s, got, records)
			}
		}
		if faults := p.Channels()[0].Faults(); len(faults) != 0 {
			t.Errorf("faults %v", faults)
		}
	}
}
