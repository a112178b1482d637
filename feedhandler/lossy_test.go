package feedhandler_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

// feedOf names the decoder of each of the simulator's encodings.
var feedOf = map[sim.Encoding]string{
	sim.ITCH50: "nasdaq.itch50", sim.DeepPlus: "iex.deepplus10", sim.Deep: "iex.deep10", sim.MDP3: "cme.mdp3",
}

// simLines are the simulator's default destinations.
var simLines = []feedhandler.LineConfig{
	{Name: "A", Group: 0xEF0A0101, Port: 26477}, {Name: "B", Group: 0xEF0A0201, Port: 26478},
}

func simConfig(encoding sim.Encoding, lines int) feedhandler.ChannelConfig {
	return feedhandler.ChannelConfig{
		Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines[:lines],
		Options:     venue.Options{MaxInstruments: 64},
		Arbitration: arbitration.Config{WindowPackets: 512, WindowBytes: 1 << 19},
		Books:       book.Config{MaxOrders: 1 << 14, MaxLevels: 1 << 12, InitialOrders: 1 << 10},
	}
}

func simPipeline(t testing.TB, encoding sim.Encoding, lines int) *feedhandler.Pipeline {
	t.Helper()
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{simConfig(encoding, lines)}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// into drives a pipeline as the edges do: frames, the end of a burst now and then, a tick each millisecond.
func into(p *feedhandler.Pipeline) sim.Sink {
	var tick uint64
	n := 0
	return sim.SinkFunc(func(ts uint64, frame []byte) error {
		if ts >= tick+1_000_000 {
			p.OnTick(ts)
			tick = ts
		}
		p.OnFrame(frame, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
		if n++; n%7 == 0 {
			p.Flush()
		}
		return nil
	})
}

func day(t testing.TB, encoding sim.Encoding, seed uint64, wire sim.WireConfig, clean sim.Sink) *sim.Oracle {
	t.Helper()
	x, err := sim.New(sim.Config{Seed: seed, Encoding: encoding, Symbols: 3, Messages: 600, LiveOrders: 60, Rate: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	wire.Seed = seed
	o, err := sim.Generate(x, wire, clean, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// impaired draws a pair of lines that lose, repeat, delay and reorder.
func impaired(seed uint64) sim.WireConfig {
	r := rand.New(rand.NewPCG(seed, 99))
	line := func() sim.LineConfig {
		l := sim.LineConfig{
			LossPPM: uint32(r.IntN(60_000)), ReorderPPM: uint32(r.IntN(60_000)), ReorderDepth: 1 + r.IntN(6),
			DuplicatePPM: uint32(r.IntN(60_000)), DelayNS: uint64(r.IntN(300_000)), JitterNS: uint64(r.IntN(20_000)),
		}
		if r.IntN(3) == 0 {
			l.BurstPPM, l.BurstEndPPM, l.BurstLossPPM = 3000, 200_000, 1_000_000
		}
		return l
	}
	w := sim.WireConfig{Lines: []sim.LineConfig{line(), line()}}
	if r.IntN(4) == 0 {
		from := uint64(r.IntN(3_000_000))
		w.Lines[r.IntN(2)].Down = []sim.Window{{FromNS: from, ToNS: from + uint64(r.IntN(2_000_000))}}
	}
	return w
}

func seeds(t *testing.T) uint64 {
	if testing.Short() {
		return 40
	}
	return 600
}

func content(p *feedhandler.Pipeline) string {
	s := ""
	for schema := shm.Schema(0); schema < shm.SchemaCount; schema++ {
		d := p.Channels()[0].Digest(schema)
		s += fmt.Sprintf("%s %016x %s of %d; ", schema, d.Content, d.Set, d.Records)
	}
	return s
}

// TestWhatOneLineBringsIsWhatComesOut: whatever one line loses, repeats, delays or reorders while the other has it, the
// content is that of the clean day.
func TestWhatOneLineBringsIsWhatComesOut(t *testing.T) {
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			for seed := uint64(1); seed <= seeds(t); seed++ {
				clean, lossy := simPipeline(t, encoding, 1), simPipeline(t, encoding, 2)
				w := impaired(seed)
				w.NoDoubleLoss, w.Merged = true, into(lossy)
				o := day(t, encoding, seed, w, into(clean))
				clean.End()
				lossy.End()
				if got, want := content(lossy), content(clean); got != want {
					t.Fatalf("seed %d (%d datagrams):\n got %s\nwant %s\narbitration %+v", seed, o.Datagrams, got, want, lossy.Channels()[0].Arbitration())
				}
				if clean.Channels()[0].Messages != o.Messages {
					t.Fatalf("seed %d: %d messages decoded of %d", seed, clean.Channels()[0].Messages, o.Messages)
				}
			}
		})
	}
}

// TestWhatBothLoseIsReportedExactly: the gaps that are not healed are the ranges that no line brought, and nothing else.
func TestWhatBothLoseIsReportedExactly(t *testing.T) {
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			lost := 0
			for seed := uint64(1); seed <= seeds(t); seed++ {
				p := simPipeline(t, encoding, 2)
				w := impaired(seed)
				w.Merged = into(p)
				o := day(t, encoding, seed, w, nil)
				p.End()
				want := units(o.LostOnAll)
				// What was lost before the first or after the last packet heard was never known to exist.
				st := p.Channels()[0].Arbitration()
				got := map[uint64]bool{}
				gaps, dropped := p.TakeGaps(nil)
				if dropped != 0 {
					t.Fatalf("seed %d: %d gap events found no room", seed, dropped)
				}
				for _, g := range gaps {
					for u := g.First; !g.Healed && u < g.First+g.Count; u++ {
						got[u] = true
					}
				}
				for u := range got {
					if !want[u] {
						t.Fatalf("seed %d: unit %d reported lost, but a line brought it", seed, u)
					}
				}
				for u := range want {
					if !got[u] && u < st.Next && u >= firstHeard(o) {
						t.Fatalf("seed %d: unit %d was lost on both lines and not reported", seed, u)
					}
				}
				lost += len(got)
			}
			if lost == 0 {
				t.Fatal("no seed lost anything on both lines: the test proves nothing")
			}
		})
	}
}

// firstHeard is the first unit that any line brought.
func firstHeard(o *sim.Oracle) uint64 {
	if len(o.LostOnAll) > 0 && o.LostOnAll[0].First <= 1 {
		return o.LostOnAll[0].First + o.LostOnAll[0].Count
	}
	return 0
}

func units(ranges []sim.Range) map[uint64]bool {
	m := map[uint64]bool{}
	for _, r := range ranges {
		for u := r.First; u < r.First+r.Count; u++ {
			m[u] = true
		}
	}
	return m
}

// TestReplayOfTheSamePacketsGivesTheSameBytes holds the full digests: the proof of a live day.
func TestReplayOfTheSamePacketsGivesTheSameBytes(t *testing.T) {
	for _, encoding := range sim.Encodings {
		for seed := uint64(1); seed <= 5; seed++ {
			var full [2][shm.SchemaCount]feedhandler.Digest
			for i := range full {
				p := simPipeline(t, encoding, 2)
				w := impaired(seed)
				w.Merged = into(p)
				day(t, encoding, seed, w, nil)
				p.End()
				for s := range full[i] {
					full[i][s] = p.Channels()[0].Digest(shm.Schema(s))
				}
			}
			if full[0] != full[1] || full[0][shm.SchemaMBP1].Records == 0 {
				t.Fatalf("%s seed %d: %+v and %+v", encoding, seed, full[0], full[1])
			}
		}
	}
}

// TestNoAllocationFromFrameToRing asserts the steady state: frames in, records in rings, no garbage.
func TestNoAllocationFromFrameToRing(t *testing.T) {
	for _, encoding := range sim.Encodings {
		var frames [][]byte
		var stamps []uint64
		w := impaired(3)
		w.Lines[0].Down, w.Lines[1].Down = nil, nil
		w.NoDoubleLoss = true
		w.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
			frames, stamps = append(frames, append([]byte(nil), frame...)), append(stamps, ts)
			return nil
		})
		x, err := sim.New(sim.Config{Seed: 3, Encoding: encoding, Symbols: 8, Messages: 20_000, LiveOrders: 400, Rate: 200_000})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sim.Generate(x, w, nil, nil); err != nil {
			t.Fatal(err)
		}
		p := ringPipeline(t, encoding)
		// The first half warms up: directory, arenas. The second must not allocate.
		half := len(frames) / 2
		i := 0
		feed := func(n int) {
			for end := i + n; i < end; i++ {
				p.OnFrame(frames[i], ptp.Stamp{NS: stamps[i], Source: ptp.SourceNIC})
				if i%16 == 0 {
					p.Flush()
					p.OnTick(stamps[i])
				}
			}
		}
		feed(half)
		const runs = 20
		chunk := (len(frames) - half) / (runs + 1)
		if allocs := testing.AllocsPerRun(runs, func() { feed(chunk) }); allocs != 0 {
			t.Errorf("%s: %.1f allocations per %d packets", encoding, allocs, chunk)
		}
		if p.Channels()[0].Messages < 10_000 {
			t.Errorf("%s: only %d messages were decoded", encoding, p.Channels()[0].Messages)
		}
	}
}

// ringPipeline publishes every schema into rings on the heap.
func ringPipeline(t testing.TB, encoding sim.Encoding) *feedhandler.Pipeline {
	t.Helper()
	cfg := feedhandler.ChannelConfig{
		Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines,
		Options: venue.Options{MaxInstruments: 64},
		Books:   book.Config{MaxOrders: 1 << 16, MaxLevels: 1 << 14, InitialOrders: 1 << 14},
	}
	for s := shm.Schema(0); s < shm.SchemaCount; s++ {
		rc := shm.RingConfig{Schema: s, Slots: 1 << 10, Epoch: 1}
		mem := make([]uint64, shm.RingBytes(rc)/8)
		ring, err := shm.NewWriter(asBytes(mem), rc)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Output.Rings[s] = ring
	}
	rc := shm.RingConfig{Schema: shm.SchemaMarks, Slots: 1 << 10, Epoch: 1}
	marks, err := shm.NewWriter(asBytes(make([]uint64, shm.RingBytes(rc)/8)), rc)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Output.Marks = shm.NewMarks(marks, cfg.Output.Rings)
	cfg.Output.Marks.SetClock(func() uint64 { return 1_900_000_000_000_000_000 })
	latest, err := shm.NewLatestWriter(asBytes(make([]uint64, shm.LatestBytes(64)/8)), 64, shm.SchemaMBP10, 1)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Output.Latest, cfg.Output.Instruments = latest, &identity{}
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{cfg}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// identity places every instrument at its own index.
type identity struct{}

func (identity) Instrument(_ int, idx uint32, _ *book.Instrument) (uint32, bool) { return idx, true }
