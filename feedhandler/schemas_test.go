package feedhandler_test

import (
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

type ignored struct{}

func (ignored) Record(shm.Schema, []byte, uint64) {}

// TestASchemaDoesNotDependOnTheOthers: what a schema says is the same whichever others are wanted beside it, although
// books told of no depth take shorter ways.
func TestASchemaDoesNotDependOnTheOthers(t *testing.T) {
	for _, encoding := range sim.Encodings {
		run := func(want feedhandler.SchemaSet, lossy bool, latest *shm.LatestWriter) *feedhandler.Channel {
			p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
				Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines,
				Options: venue.Options{MaxInstruments: 63}, Books: book.Config{MaxOrders: 1 << 12, MaxLevels: 1 << 10},
				Output: feedhandler.Output{Latest: latest, Instruments: identity{}, Tap: ignored{}, TapSchemas: want},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			w := sim.WireConfig{Lines: make([]sim.LineConfig, 2)}
			if lossy {
				w = impaired(3)
			}
			w.Merged = into(p)
			day(t, encoding, 3, w, nil)
			p.End()
			return p.Channels()[0]
		}
		for _, lossy := range []bool{false, true} {
			all := run(feedhandler.AllSchemas, lossy, nil)
			if tops, depths := all.Digest(shm.SchemaMBP1).Records, all.Digest(shm.SchemaMBP10).Records; tops == 0 || depths < tops+20 {
				t.Errorf("%s: %d records of ten levels beside %d of the top: depth is not told", encoding, depths, tops)
			}
			for want := feedhandler.SchemaSet(1); want <= feedhandler.AllSchemas && want != 0; want++ {
				var latest *shm.LatestWriter
				if want%3 == 0 {
					var err error
					mem := asBytes(make([]uint64, shm.LatestBytes(64)/8))
					if latest, err = shm.NewLatestWriter(mem, 64, shm.SchemaMBP10, 1); err != nil {
						t.Fatal(err)
					}
				}
				c := run(want, lossy, latest)
				for s := shm.Schema(0); s < shm.SchemaCount; s++ {
					if want.Has(s) && c.Digest(s) != all.Digest(s) {
						t.Errorf("%s, lossy %v, schemas %b: %s is %+v, with all %+v", encoding, lossy, want, s, c.Digest(s), all.Digest(s))
					}
					if !want.Has(s) && c.Digest(s).Records != 0 {
						t.Errorf("%s, schemas %b: %d records of %s", encoding, want, c.Digest(s).Records, s)
					}
				}
			}
		}
	}
}

// asBooks compares every mbp-10 record with the books as they are when it is made.
type asBooks struct {
	t       *testing.T
	c       *feedhandler.Channel
	records int
	empty   int // levels that are not there
}

func (a *asBooks) Record(_ shm.Schema, body []byte, _ uint64) {
	m := shm.View[shm.MBP10](body)
	var bids, asks [10]book.Level
	for i := range a.c.Directory().Len() {
		if a.c.Directory().At(uint32(i)).ID != m.InstrumentID {
			continue
		}
		nb, na := a.c.Books().Depth(uint32(i), &bids, &asks)
		for d := range m.Levels {
			none := book.Level{Price: book.UndefPrice}
			if d >= nb {
				bids[d] = none
				a.empty++
			}
			if d >= na {
				asks[d] = none
			}
			l := &m.Levels[d]
			bid, ask := book.Level{Price: l.BidPx, Qty: uint64(l.BidSz), Count: l.BidCt}, book.Level{Price: l.AskPx, Qty: uint64(l.AskSz), Count: l.AskCt}
			if bid != bids[d] || ask != asks[d] {
				a.t.Fatalf("record %d, level %d: %v %v, the books have %v %v", a.records, d, bid, ask, bids[d], asks[d])
			}
		}
		a.records++
		return
	}
}

// TestTenLevelsAreTheBooks: deep books and shallow ones in turn, and nothing of one is left in the other.
func TestTenLevelsAreTheBooks(t *testing.T) {
	for _, encoding := range sim.Encodings {
		tap := &asBooks{t: t}
		p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
			Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines, Options: venue.Options{MaxInstruments: 63},
			Output: feedhandler.Output{Tap: tap, TapSchemas: feedhandler.Schemas(shm.SchemaMBP10)},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		tap.c = p.Channels()[0]
		day(t, encoding, 3, sim.WireConfig{Lines: make([]sim.LineConfig, 2), Merged: into(p)}, nil)
		p.End()
		if tap.records < 500 || tap.empty < 100 {
			t.Errorf("%s: %d records, %d levels that are not there", encoding, tap.records, tap.empty)
		}
	}
}
