package feedhandler_test

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/cme"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/nasdaq"
	"wirebook/ptp"
	"wirebook/shm"
)

// slotRing is so small that a short day laps it several times.
const slotRing = 128

var slotSchemas = []shm.Schema{shm.SchemaMBO, shm.SchemaTrades, shm.SchemaMBP1, shm.SchemaMBP10}

// taken is one record as a reader got it.
type taken struct {
	body  []byte
	extra uint64
}

// recorder is a tap that keeps everything.
type recorder [shm.SchemaCount][]taken

func (r *recorder) Record(s shm.Schema, body []byte, extra uint64) {
	r[s] = append(r[s], taken{bytes.Clone(body), extra})
}

// fields are what every record of an order, a trade or a book has.
type fields struct {
	schema               shm.Schema
	seq                  uint32
	tsEvent, tsRecv      uint64
	delta                int32
	action, depth, flags uint8
}

func fieldsOf(s shm.Schema, body []byte) fields {
	switch s {
	case shm.SchemaMBO:
		r := shm.View[shm.MBO](body)
		return fields{s, r.Sequence, r.TsEvent, r.TsRecv, r.TsInDelta, r.Action, 0, r.Flags}
	case shm.SchemaTrades:
		r := shm.View[shm.Trade](body)
		return fields{s, r.Sequence, r.TsEvent, r.TsRecv, r.TsInDelta, r.Action, r.Depth, r.Flags}
	case shm.SchemaMBP1:
		r := shm.View[shm.MBP1](body)
		return fields{s, r.Sequence, r.TsEvent, r.TsRecv, r.TsInDelta, r.Action, r.Depth, r.Flags}
	}
	r := shm.View[shm.MBP10](body)
	return fields{s, r.Sequence, r.TsEvent, r.TsRecv, r.TsInDelta, r.Action, r.Depth, r.Flags}
}

// usedRings gives out a ring for each of slotSchemas, taken over from a run that left every byte of every slot set.
func usedRings(t *testing.T, out *feedhandler.Output) (readers [shm.SchemaCount]*shm.Reader) {
	t.Helper()
	for _, s := range slotSchemas {
		cfg := shm.RingConfig{Schema: s, Slots: slotRing, Epoch: 1}
		mem := asBytes(make([]uint64, shm.RingBytes(cfg)/8))
		old, err := shm.NewWriter(mem, cfg)
		if err != nil {
			t.Fatal(err)
		}
		body := bytes.Repeat([]byte{0xA5}, s.BodySize())
		body[0] = uint8(len(body) / 4) // or the writer refuses it
		for range slotRing {
			old.Publish(body, 0xA5A5A5A5A5A5A5A5)
		}
		if old.Position() != slotRing {
			t.Fatalf("%s: the former run published %d records of %d", s, old.Position(), slotRing)
		}
		old.Close()
		cfg.Epoch = 2
		if out.Rings[s], err = shm.NewWriter(mem, cfg); err != nil {
			t.Fatal(err)
		}
		if readers[s], err = shm.NewReader(mem); err != nil {
			t.Fatal(err)
		}
	}
	return readers
}

// readAll takes what is new in a ring.
func readAll(t *testing.T, r *shm.Reader) (records []taken) {
	t.Helper()
	for {
		payload := make([]byte, r.PayloadSize())
		switch res := r.Next(payload); res {
		case shm.Record:
			records = append(records, taken{r.Body(payload), r.Extra(payload)})
		case shm.Empty:
			return records
		default:
			t.Fatalf("%s: %s", r.Schema(), res)
		}
	}
}

func slotPipeline(t *testing.T, feed string, out feedhandler.Output) *feedhandler.Pipeline {
	t.Helper()
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
		Name: feed, ID: 3, PublisherID: 9, Feed: venue.Find(feed), Lines: simLines[:1],
		Options: venue.Options{MaxInstruments: 63}, Books: book.Config{MaxOrders: 1 << 12, MaxLevels: 1 << 10}, Output: out,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// received is a datagram's stamp and the venue's send time, 0 where the venue tells none.
type received struct {
	stamp ptp.Stamp
	sent  uint64
}

// check holds what a record says of its receiving against the stamp.
func (r received) check(t *testing.T, f fields) {
	t.Helper()
	sent, tsRecv := cmp.Or(r.sent, f.tsEvent), cmp.Or(r.stamp.NS, f.tsEvent)
	var delta int64
	if sent != book.UndefTime && tsRecv != book.UndefTime {
		delta = min(max(int64(tsRecv-sent), math.MinInt32), math.MaxInt32)
	}
	if f.tsRecv != tsRecv || int64(f.delta) != delta {
		t.Fatalf("%s %d, stamp %+v: ts_recv %d, ts_in_delta %d, want %d and %d", f.schema, f.seq, r.stamp, f.tsRecv, f.delta, tsRecv, delta)
	}
	bad := r.stamp.Bad || r.stamp.NS == 0 || r.stamp.NS == book.UndefTime || r.stamp.Source == ptp.SourceNone
	if (f.flags&shm.FlagBadTsRecv != 0) != bad {
		t.Fatalf("%s %d, stamp %+v: flags %02x", f.schema, f.seq, r.stamp, f.flags)
	}
}

// oddStamps are the stamps a packet that came at ts may have. The first is in order: it may have to tell the date.
func oddStamps(ts uint64) []ptp.Stamp {
	return []ptp.Stamp{
		{NS: ts, Source: ptp.SourceNIC},
		{},
		{NS: ts, Source: ptp.SourceKernel, Bad: true},
		{NS: ts, Source: ptp.SourceNone},
		{NS: ts + 1<<40, Source: ptp.SourceCapture}, // too far from the venue's clock for ts_in_delta
		{NS: book.UndefTime, Source: ptp.SourceNIC},
		{NS: ts - 1<<40, Source: ptp.SourceHost},
		{Source: ptp.SourceNIC},
		{Source: ptp.SourceNIC, Bad: true},
		{NS: book.UndefTime, Source: ptp.SourceNIC, Bad: true},
		{NS: ts, Source: ptp.SourceSwitch},
	}
}

// TestEverySlotHoldsItsRecord: over rings that are used again and again, and were another run's before, a reader gets
// what the tap got and what a pipeline without rings tells, and each record says of its receiving what the stamp says.
func TestEverySlotHoldsItsRecord(t *testing.T) {
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			var tap, alone recorder
			out := feedhandler.Output{Tap: &tap, TapSchemas: feedhandler.AllSchemas}
			readers := usedRings(t, &out)
			ringed := slotPipeline(t, feedOf[encoding], out)
			bare := slotPipeline(t, feedOf[encoding], feedhandler.Output{Tap: &alone, TapSchemas: feedhandler.AllSchemas})
			frames := venue.Find(feedOf[encoding]).NewFraming()
			receivedAt := map[uint32]received{} // by the venue's sequence number
			var total [shm.SchemaCount]int

			look := func() {
				for _, s := range slotSchemas {
					inRing := readAll(t, readers[s])
					if len(inRing) != len(tap[s]) || len(inRing) != len(alone[s]) {
						t.Fatalf("%s: %d records in the ring, %d in the tap, %d without rings", s, len(inRing), len(tap[s]), len(alone[s]))
					}
					for i, r := range inRing {
						f := fieldsOf(s, r.body)
						if !bytes.Equal(r.body, tap[s][i].body) || !bytes.Equal(r.body, alone[s][i].body) {
							t.Fatalf("%s %d:\n%x in the ring\n%x in the tap\n%x without rings", s, f.seq, r.body, tap[s][i].body, alone[s][i].body)
						}
						if r.extra != tap[s][i].extra || r.extra != alone[s][i].extra {
							t.Fatalf("%s %d: trade id %d in the ring, %d in the tap, %d without rings", s, f.seq, r.extra, tap[s][i].extra, alone[s][i].extra)
						}
						if r.extra != 0 && s != shm.SchemaTrades && f.action != shm.ActionTrade {
							t.Fatalf("%s %d: action %c with trade id %d", s, f.seq, f.action, r.extra)
						}
						if s == shm.SchemaTrades && f.depth != 0 {
							t.Fatalf("trade %d: depth %d", f.seq, f.depth)
						}
						from, ok := receivedAt[f.seq]
						if !ok {
							t.Fatalf("%s: a record of message %d, which was not sent", s, f.seq)
						}
						from.check(t, f)
					}
					total[s] += len(inRing)
					tap[s], alone[s] = tap[s][:0], alone[s][:0]
				}
			}

			x, err := sim.New(sim.Config{Seed: 6, Encoding: encoding, Symbols: 3, Messages: 12_000, LiveOrders: 60, Rate: 200_000})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			w := sim.WireConfig{Lines: make([]sim.LineConfig, 1), Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
				stamps := oddStamps(ts)
				stamp := stamps[n%len(stamps)]
				n++
				var d feedhandler.Datagram
				var h framing.Header
				if feedhandler.ParseFrame(frame, false, &d) != feedhandler.WireOK || frames.Header(d.Payload, &h) != framing.FaultNone {
					t.Fatal("the simulator's frame is not readable")
				}
				for u := range h.Count {
					receivedAt[uint32(h.Seq)+u] = received{stamp, h.TsSend}
				}
				ringed.OnFrame(frame, stamp)
				bare.OnFrame(frame, stamp)
				ringed.Flush()
				bare.Flush()
				look()
				return nil
			})}
			if _, err := sim.Generate(x, w, nil, nil); err != nil {
				t.Fatal(err)
			}
			ringed.End()
			bare.End()
			look()
			for _, s := range slotSchemas {
				if total[s] < 3*slotRing && (s != shm.SchemaMBO || encoding != sim.Deep) {
					t.Errorf("only %d records of %s: the ring was not lapped often", total[s], s)
				}
				if got, want := ringed.Channels()[0].Digest(s), bare.Channels()[0].Digest(s); got != want {
					t.Errorf("%s: digest %+v, without rings %+v", s, got, want)
				}
			}
		})
	}
}

// TestTradeIDsAreTheMatchNumbers: a reader of trades, mbp-1 and mbp-10 finds the venue's match number beside each trade,
// a reader of trades beside each break, and nothing beside any other record.
func TestTradeIDsAreTheMatchNumbers(t *testing.T) {
	stock := [8]byte{'T', 'E', 'S', 'T', ' ', ' ', ' ', ' '}
	at := func(n uint64) nasdaq.Head { return nasdaq.Head{Locate: 7, TimeNS: 34_200_000_000_000 + n} }
	messages := [][]byte{
		nasdaq.AppendStockDirectory(nil, at(1), &stock, 'Q', 100),
		nasdaq.AppendAddOrder(nil, at(2), 1, 'B', 100, &stock, 10_0000),
		nasdaq.AppendAddOrder(nil, at(3), 2, 'S', 100, &stock, 10_0100),
		nasdaq.AppendOrderExecuted(nil, at(4), 1, 40, 7001),
		nasdaq.AppendOrderExecutedWithPrice(nil, at(5), 2, 30, 7002, 'Y', 10_0000),
		nasdaq.AppendOrderCancel(nil, at(6), 2, 10),
		nasdaq.AppendTrade(nil, at(7), 0, 'B', 10, &stock, 10_0050, 7003),
		nasdaq.AppendCrossTrade(nil, at(8), 500, &stock, 10_0000, 7004, 'C'),
		nasdaq.AppendBrokenTrade(nil, at(9), 7003),
		nasdaq.AppendOrderReplace(nil, at(10), 1, 3, 50, 9_9900),
		nasdaq.AppendOrderDelete(nil, at(11), 2),
	}
	var out feedhandler.Output
	readers := usedRings(t, &out)
	p := slotPipeline(t, "nasdaq.itch50", out)
	const day = 1_748_871_000_000_000_000 // 2025-06-02 09:30 New York
	for i, m := range messages {
		payload := framing.AppendMoldUDP64Header(nil, [10]byte{'S'}, uint64(i+1), 1)
		payload = framing.AppendMoldUDP64Message(payload, m)
		p.OnDatagram(&feedhandler.Datagram{Dst: simLines[0].Group, DstPort: simLines[0].Port, Payload: payload}, ptp.Stamp{NS: day, Source: ptp.SourceNIC})
	}
	p.End()
	if faults := p.Channels()[0].Faults(); len(faults) != 0 {
		t.Fatalf("faults %v", faults)
	}
	for s, want := range map[shm.Schema][]uint64{
		shm.SchemaMBO: nil, shm.SchemaTrades: {7001, 7002, 7003, 7004, 7003},
		shm.SchemaMBP1: {7001, 7002, 7003, 7004}, shm.SchemaMBP10: {7001, 7002, 7003, 7004},
	} {
		var got []uint64
		for _, r := range readAll(t, readers[s]) {
			f := fieldsOf(s, r.body)
			if trade := s == shm.SchemaTrades || s != shm.SchemaMBO && f.action == shm.ActionTrade; trade {
				got = append(got, r.extra)
			} else if r.extra != 0 {
				t.Errorf("%s %d: action %c with trade id %d", s, f.seq, f.action, r.extra)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: trade ids %d, want %d", s, got, want)
		}
	}
}

// TestNoDeltaWithoutTheVenuesTime: where the venue tells neither when it sent nor when it happened, ts_in_delta is 0, also
// behind a message of the same packet that told.
func TestNoDeltaWithoutTheVenuesTime(t *testing.T) {
	const at = 1_748_871_000_000_000_000
	for _, stamp := range oddStamps(at + 5000) {
		var tap recorder
		p := slotPipeline(t, "cme.mdp3", feedhandler.Output{Tap: &tap, TapSchemas: feedhandler.AllSchemas})
		payload := cme.AppendPacketHeader(nil, 1, 0)
		for level, ts := range []uint64{at, book.UndefTime, at + 1000, book.UndefTime} {
			payload = cme.AppendBook(payload, ts, cme.EndOfEvent, cmeBid(level+1, 0), cmeOrder(uint64(level+1), 0))
		}
		p.OnDatagram(&feedhandler.Datagram{Dst: simLines[0].Group, DstPort: simLines[0].Port, Payload: payload}, stamp)
		p.End()
		for _, s := range []shm.Schema{shm.SchemaMBO, shm.SchemaMBP10} {
			if len(tap[s]) < 4 {
				t.Fatalf("%d records of %s, want one of each message at least", len(tap[s]), s)
			}
			for _, r := range tap[s] {
				received{stamp: stamp}.check(t, fieldsOf(s, r.body))
			}
		}
	}
}
