package feedhandler_test

import (
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

// silenced is a pipeline that publishes every schema into rings of its own, with marks and a latest table.
type silenced struct {
	t     *testing.T
	p     *feedhandler.Pipeline
	rings [shm.SchemaCount + 1]*shm.Writer
	mem   [shm.SchemaCount + 1][]byte
}

func newSilenced(t *testing.T, encoding sim.Encoding) *silenced {
	t.Helper()
	s := &silenced{t: t}
	var out feedhandler.Output
	for schema := range s.rings {
		cfg := shm.RingConfig{Schema: shm.Schema(schema), Slots: 1 << 13, Epoch: 1}
		s.mem[schema] = asBytes(make([]uint64, shm.RingBytes(cfg)/8))
		var err error
		if s.rings[schema], err = shm.NewWriter(s.mem[schema], cfg); err != nil {
			t.Fatal(err)
		}
	}
	copy(out.Rings[:], s.rings[:])
	out.Marks = shm.NewMarks(s.rings[shm.SchemaMarks], out.Rings)
	latest, err := shm.NewLatestWriter(asBytes(make([]uint64, shm.LatestBytes(64)/8)), 64, shm.SchemaMBP10, 1)
	if err != nil {
		t.Fatal(err)
	}
	out.Latest, out.LatestSchema, out.Instruments = latest, shm.SchemaMBP10, identity{}
	s.p, err = feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
		Name: "day", PublisherID: 9, Feed: venue.Find(feedOf[encoding]), Lines: simLines[:1], Options: venue.Options{MaxInstruments: 63},
		Books: book.Config{MaxOrders: 1 << 14, MaxLevels: 1 << 12, InitialOrders: 1 << 10}, Output: out,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *silenced) take(frames []timedFrame) {
	for _, f := range frames {
		s.p.OnFrame(f.frame, ptp.Stamp{NS: f.ts, Source: ptp.SourceNIC})
		s.p.Flush()
	}
}

// TestSilenceIsSilent: a channel that is silenced keeps its latest table, and puts nothing into any ring.
func TestSilenceIsSilent(t *testing.T) {
	for _, encoding := range sim.Encodings {
		s := newSilenced(t, encoding)
		frames := framesOf(t, encoding, 3, sim.WireConfig{Lines: make([]sim.LineConfig, 1)})
		s.p.Silence(true)
		var before [shm.SchemaCount + 1]uint64
		for schema, ring := range s.rings {
			before[schema] = ring.Position()
		}
		s.take(frames)
		for schema, ring := range s.rings {
			if n := ring.Position() - before[schema]; n != 0 {
				t.Errorf("%s: %d records of %s were published silently", encoding, n, shm.Schema(schema))
			}
		}
	}
}

// TestWhatFollowsSilenceIsPlaced: the records that end a session which nobody was told of stand behind its last unit.
func TestWhatFollowsSilenceIsPlaced(t *testing.T) {
	yesterday, today := sessionsOf(t)
	s := newSilenced(t, sim.ITCH50)
	s.take(yesterday[:3])
	s.p.Silence(true)
	s.take(yesterday[3:60])
	s.p.Silence(false)
	s.take(today[:20])
	for schema := range shm.SchemaCount {
		r, err := shm.NewReader(s.mem[schema])
		if err != nil {
			t.Fatal(err)
		}
		marks, err := shm.NewReader(s.mem[shm.SchemaMarks])
		if err != nil {
			t.Fatal(err)
		}
		l := shm.NewLocator(r, marks)
		payload := asBytes(make([]uint64, r.PayloadSize()/8))
		placed, inside := 0, 0
		for r.Next(payload) == shm.Record {
			switch n, place := l.Locate(r.Position()-1, payload); place {
			case shm.Placed:
				placed++
			case shm.Inside:
				inside++
			case shm.ApplianceMade:
			default:
				t.Errorf("%s: position %d: %s, %+v", schema, r.Position()-1, place, n)
			}
		}
		if placed == 0 {
			t.Errorf("%s: nothing was placed, %d inside", schema, inside)
		}
	}
}
