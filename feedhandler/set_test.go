package feedhandler_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/cme"
	"wirebook/ptp"
	"wirebook/shm"
)

// namer notes what a channel is told of instruments and what it tells of them, in order.
type namer struct{ notes []string }

func (n *namer) Instrument(_ int, idx uint32, ins *book.Instrument) (uint32, bool) {
	n.notes = append(n.notes, ins.Symbol.String())
	return idx, true
}

func (n *namer) Record(_ shm.Schema, body []byte, _ uint64) {
	n.notes = append(n.notes, fmt.Sprint("record of ", shm.View[shm.MBP10](body).InstrumentID))
}

// setChannel is a pipeline of one CME channel that belongs to a set; port is its line's.
func setChannel(t *testing.T, name string, port uint16, set *feedhandler.Set, n *namer, latest *shm.LatestWriter) *feedhandler.Pipeline {
	t.Helper()
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
		Name: name, PublisherID: 1, Feed: venue.Find("cme.mdp3"), Set: "s", Shared: set, Lines: []feedhandler.LineConfig{{Name: "A", Group: 1, Port: port}},
		Books:  book.Config{MaxOrders: 1 << 10, MaxLevels: 1 << 10},
		Output: feedhandler.Output{Instruments: n, Tap: n, TapSchemas: feedhandler.Schemas(shm.SchemaMBP10), Latest: latest},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	p.Enter(nil)
	return p
}

func cmePacket(p *feedhandler.Pipeline, port uint16, seq uint32, now uint64, messages ...[]byte) {
	payload := cme.AppendPacketHeader(nil, seq, now)
	for _, m := range messages {
		payload = append(payload, m...)
	}
	p.OnDatagram(&feedhandler.Datagram{Dst: 1, DstPort: port, Src: 1, Payload: payload}, ptp.Stamp{NS: now, Source: ptp.SourceCapture})
}

func future(id int32, symbol string) []byte {
	f := cme.Future{SecurityID: id, Depth: 5}
	copy(f.Symbol[:], symbol)
	return cme.AppendFuture(nil, 0, &f)
}

func bid(id int32, rptSeq uint32, level uint8) []byte {
	var e cme.BookEntry
	e.SecurityID.Put(id)
	e.RptSeq.Put(rptSeq)
	e.MdEntryPxOptionalEx.Put(int64(100-level) * book.PriceScale)
	e.MdEntrySizeShortOptional.Put(1)
	e.NumberOfOrdersOptional.Put(1)
	e.MdPriceLevel.Put(level)
	e.MdEntryTypeBook.Put('0')
	return cme.AppendBook(nil, 1, cme.EndOfEvent, []cme.BookEntry{e}, nil)
}

// TestSetOverPipelines: live, each channel has a pipeline of its own. Those of a set know each other's definitions: from when
// they come, before the first message and from the moment on at which a channel is added.
func TestSetOverPipelines(t *testing.T) {
	set := feedhandler.NewSet(10)
	writer, reader := latestTable(t)
	var defs, inc namer
	d, i := setChannel(t, "defs", 1, set, &defs, writer), setChannel(t, "inc", 2, set, &inc, writer)
	cmePacket(d, 1, 1, 1, future(7001, "GEZ9"))
	cmePacket(i, 2, 1, 2, bid(7001, 1, 1), bid(5001, 1, 1)) // 5001 trades before it is defined
	cmePacket(d, 1, 2, 3, future(5001, "ESU5"))
	cmePacket(i, 2, 2, 4, bid(5001, 2, 2))
	d.Flush()
	i.Flush()
	if want := []string{"GEZ9", "record of 7001", "#5001", "record of 5001", "ESU5", "record of 5001"}; !slices.Equal(inc.notes, want) {
		t.Errorf("the incremental channel: %q, want %q", inc.notes, want)
	}
	if want := []string{"GEZ9", "ESU5"}; !slices.Equal(defs.notes, want) {
		t.Errorf("the definitions' channel: %q, want %q", defs.notes, want)
	}

	// A gap of the definitions, and their loop beginning anew, say nothing of the books.
	cmePacket(d, 1, 9, 5, future(7001, "GEZ9"))
	d.OnTick(2_000_000_000)
	cmePacket(d, 1, 1, 2_000_000_001, future(7001, "GEZ9"))
	d.End()
	var m shm.MBP10
	if _, ok := reader.Read(2, &m); !ok || m.InstrumentID != 5001 || m.Flags&shm.FlagMaybeBadBook != 0 {
		t.Errorf("latest: %v, instrument %d, flags %#x", ok, m.InstrumentID, m.Flags)
	}
	if d.Channels()[0].Arbitration().Declared == 0 {
		t.Error("no gap was declared")
	}

	if n := d.Channels()[0].Suspect(); n != 0 {
		t.Errorf("the definitions' channel has %d suspect books, and none at all", n)
	}

	var late namer
	l := setChannel(t, "late", 3, set, &late, writer)
	l.Flush()
	l.Leave()
	cmePacket(d, 1, 2, 2_000_000_002, future(9001, "NEW"))
	l.Flush()
	if want := []string{"GEZ9", "ESU5"}; !slices.Equal(late.notes, want) {
		t.Errorf("a channel added later: %q, want %q", late.notes, want)
	}
}

// TestDeletedOnTheDefinitionsFeed: an instrument that one channel of a set says to be no more is none on the others: its book
// is emptied for their readers, and the next of its id begins with a numbering of its own.
func TestDeletedOnTheDefinitionsFeed(t *testing.T) {
	set := feedhandler.NewSet(10)
	var defs, inc namer
	d, i := setChannel(t, "defs", 1, set, &defs, nil), setChannel(t, "inc", 2, set, &inc, nil)
	tell := func(seq uint32, symbol string, action byte) {
		f := cme.Future{SecurityID: 7001, Depth: 5, Action: action, LastUpdateNS: uint64(seq)}
		copy(f.Symbol[:], symbol)
		cmePacket(d, 1, seq, uint64(seq), cme.AppendFuture(nil, 0, &f))
	}
	tell(1, "GEZ9", 'A')
	cmePacket(i, 2, 1, 2, bid(7001, 1, 1))
	cmePacket(i, 2, 2, 3, bid(7001, 2, 2))
	tell(2, "GEZ9", 'D')
	tell(3, "ZZZ0", 'A')
	cmePacket(i, 2, 3, 5, bid(7001, 1, 1))
	tell(4, "GEZ9", 'A') // another's again, though nobody said that ZZZ0 was deleted
	d.End()
	i.End()
	// The change of the directory stands where it came: behind the records of the first, before those of the second.
	if want := []string{"GEZ9", "record of 7001", "record of 7001", "record of 7001", "ZZZ0", "record of 7001", "record of 7001", "GEZ9"}; !slices.Equal(inc.notes, want) {
		t.Errorf("%q, want %q", inc.notes, want)
	}
	ch := i.Channels()[0]
	if bid, _ := ch.Books().Top(1); bid.Qty != 0 || ch.Suspect() != 0 {
		t.Errorf("bid %+v, %d suspect", bid, ch.Suspect())
	}
}

// TestAnEndedLifeIsDatedTheSame: the R record of an instrument that another channel of the set has ended does not depend on
// where batches end, though the last thing before it was a message that could not be decoded.
func TestAnEndedLifeIsDatedTheSame(t *testing.T) {
	cut := bid(7001, 2, 2)
	cut = cut[:len(cut)-4]
	binary.LittleEndian.PutUint16(cut, uint16(len(cut)))
	day := func(flush bool) (digests [shm.SchemaCount]feedhandler.Digest) {
		set := feedhandler.NewSet(10)
		var n namer
		d, i := setChannel(t, "defs", 1, set, &namer{}, nil), setChannel(t, "inc", 2, set, &n, nil)
		flushed := func() {
			if flush {
				i.Flush()
			}
		}
		cmePacket(d, 1, 1, 1, future(7001, "GEZ9"))
		cmePacket(i, 2, 1, 2, bid(7001, 1, 1))
		flushed()
		cmePacket(i, 2, 2, 3, cut)
		flushed()
		cmePacket(d, 1, 2, 4, future(7001, "GEH0"))
		i.End()
		if n := i.Channels()[0].Decoding[book.FaultBadGroup] + i.Channels()[0].Decoding[book.FaultTruncated]; n != 1 {
			t.Fatalf("%d messages were refused", n)
		}
		for s := range digests {
			digests[s] = i.Channels()[0].Digest(shm.Schema(s))
		}
		return digests
	}
	if whole, parts := day(false), day(true); whole != parts {
		t.Errorf("in one batch %v, in three %v", whole, parts)
	}
}
