package feedhandler_test

import (
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

// TestSmallBurstsAndLargeOnesTellTheSame: in small bursts records are told before the books have their events, in large ones as
// the books take them; every schema's records are the same ones in the same order, whole venue events and gaps included.
func TestSmallBurstsAndLargeOnesTellTheSame(t *testing.T) {
	for encoding := range feedOf {
		for seed := uint64(1); seed <= 12; seed++ {
			digests := func(burst int) (d [shm.SchemaCount]feedhandler.Digest) {
				p := simPipeline(t, encoding, 2)
				n := 0
				wire := impaired(seed)
				if seed%2 == 0 { // what both lose is gone
					wire.Lines = wire.Lines[:1]
				}
				day(t, encoding, seed, wire, sim.SinkFunc(func(ts uint64, frame []byte) error {
					p.OnFrame(frame, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
					if n++; n%burst == 0 {
						p.Flush()
					}
					return nil
				}))
				p.End()
				for s := range d {
					d[s] = p.Channels()[0].Digest(shm.Schema(s))
				}
				return d
			}
			large := digests(1 << 30)
			if large[shm.SchemaMBP1].Records == 0 {
				t.Fatalf("%s seed %d: nothing was published", encoding, seed)
			}
			for _, burst := range []int{1, 2, 3} {
				if small := digests(burst); small != large {
					t.Errorf("%s seed %d: bursts of %d packets give %v, large ones %v", encoding, seed, burst, small, large)
				}
			}
		}
	}
}

// publishing notes the schemas of records as they are published and looks into the latest table meanwhile.
type publishing struct {
	t      *testing.T
	seen   []shm.Schema
	last   lastComplete
	latest *shm.LatestReader
}

func (o *publishing) Record(s shm.Schema, body []byte, extra uint64) {
	o.seen = append(o.seen, s)
	if s == shm.SchemaMBP10 {
		o.last.Record(s, body, extra)
		return
	}
	for i := range o.latest.Capacity() {
		var got shm.MBP10
		if _, ok := o.latest.Read(i, &got); ok && got != o.last[got.InstrumentID] {
			o.t.Fatalf("record %d: the latest table is not what mbp-10 told last:\n%+v\n%+v", len(o.seen), got, o.last[got.InstrumentID])
		}
	}
}

// TestRecordsLeaveBeforeTheBooksAreDone: in small bursts an order's record does not wait until the books have the event before
// it, which mbp-10 and the latest table show when it is in them and no earlier; in large ones it does. It does as well where
// positions of the latest table count mbo records: a book is promised to hold what comes before its position.
func TestRecordsLeaveBeforeTheBooksAreDone(t *testing.T) {
	ahead := func(burst int, positions shm.Schema) (n int) {
		writer, reader := latestTable(t)
		o := publishing{t: t, last: lastComplete{}, latest: reader}
		p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
			Name: "day", Feed: venue.Find("nasdaq.itch50"), Lines: simLines, Options: venue.Options{MaxInstruments: 63},
			Output: feedhandler.Output{
				Latest: writer, LatestSchema: positions, Instruments: identity{},
				Tap: &o, TapSchemas: feedhandler.Schemas(shm.SchemaMBO, shm.SchemaMBP10),
			},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		frames := 0
		day(t, sim.ITCH50, 1, sim.WireConfig{Lines: make([]sim.LineConfig, 1)}, sim.SinkFunc(func(ts uint64, frame []byte) error {
			p.OnFrame(frame, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
			if frames++; frames%burst == 0 {
				p.Flush()
			}
			return nil
		}))
		p.End()
		for i := 2; i < len(o.seen); i++ {
			// Two events' mbp-10 records in a row, which are applied one behind the other, had their mbo records told before.
			if o.seen[i] == shm.SchemaMBP10 && o.seen[i-1] == shm.SchemaMBP10 && o.seen[i-2] == shm.SchemaMBP10 {
				n++
			}
		}
		return n
	}
	small, large := ahead(1, shm.SchemaMBP10), ahead(1<<30, shm.SchemaMBP10)
	if small < 10 || large > small/4 {
		t.Errorf("%d times several events' mbo records came before the first one's mbp-10 in bursts of a packet, %d times in large bursts", small, large)
	}
	if n := ahead(1, shm.SchemaMBO); n != large {
		t.Errorf("where positions count mbo records it is %d times in bursts of a packet and %d in large ones", n, large)
	}
}
