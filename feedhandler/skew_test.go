package feedhandler_test

import (
	"encoding/binary"
	"testing"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

const msNS = 1_000_000

func skewPipeline(t testing.TB, encoding sim.Encoding, lines int, tap feedhandler.Tap) *feedhandler.Pipeline {
	t.Helper()
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
		Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines[:lines],
		Options: venue.Options{MaxInstruments: 64},
		Books:   book.Config{MaxOrders: 1 << 16, MaxLevels: 1 << 14, InitialOrders: 1 << 12},
		Output:  feedhandler.Output{Tap: tap, TapSchemas: feedhandler.AllSchemas},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSkewAtFullRateGivesTheCleanDay: at two million messages a second one line is milliseconds behind the other, and each is
// dark for a while. Whatever either brings is delivered, with the default configuration.
func TestSkewAtFullRateGivesTheCleanDay(t *testing.T) {
	down := func(from, to uint64) []sim.Window { return []sim.Window{{FromNS: from * msNS, ToNS: to * msNS}} }
	for _, c := range []struct {
		name string
		a, b sim.LineConfig
	}{
		{"6 ms", sim.LineConfig{Down: down(10, 16)}, sim.LineConfig{DelayNS: 6 * msNS, Down: down(40, 42)}},
		{"3 ms", sim.LineConfig{Down: down(10, 14)}, sim.LineConfig{DelayNS: 3 * msNS}},
		{"45 ms", sim.LineConfig{Down: down(10, 16)}, sim.LineConfig{DelayNS: 45 * msNS, Down: down(70, 80)}},
		{"49 ms, the faster line dark for longer than the slower one lives", sim.LineConfig{Down: down(1, 29)}, sim.LineConfig{DelayNS: 49 * msNS, Down: down(50, 57)}},
	} {
		day := func(w sim.WireConfig, clean sim.Sink) *sim.Oracle {
			x, err := sim.New(sim.Config{Seed: 704, Encoding: sim.ITCH50, Symbols: 32, Messages: 120_000, LiveOrders: 2000, Rate: 2_000_000})
			if err != nil {
				t.Fatal(err)
			}
			w.Seed = 704
			o, err := sim.Generate(x, w, clean, nil)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		clean, skewed := skewPipeline(t, sim.ITCH50, 1, nil), skewPipeline(t, sim.ITCH50, 2, nil)
		day(sim.WireConfig{Lines: []sim.LineConfig{c.a, c.b}, NoDoubleLoss: true, Merged: into(skewed)}, into(clean))
		clean.End()
		skewed.End()
		st := skewed.Channels()[0].Arbitration()
		if got, want := content(skewed), content(clean); got != want || st.DeclaredUnits != 0 {
			t.Errorf("%s: %d units lost\n got %s\nwant %s", c.name, st.DeclaredUnits, got, want)
		}
		for l := range 2 {
			if s := skewed.Channels()[0].Line(l); s.Suspect != 0 {
				t.Errorf("%s: line %d has %d suspect units left", c.name, l, s.Suspect)
			}
		}
	}
}

// TestLinesThatContradictFlagTheBooks: line B carries another day's session for seconds, beside A, and the venue sends no times:
// every book is suspect from then on, the line is shown as disputed, and an event says so.
func TestLinesThatContradictFlagTheBooks(t *testing.T) {
	var flags flagCount
	p := skewPipeline(t, sim.ITCH50, 2, &flags)
	feedContradiction(t, p)
	ch := p.Channels()[0]
	if ch.Line(1).State != arbitration.LineDisputed || ch.Arbitration().Disputes < 1 {
		t.Fatalf("line B is %v, %d disputes; A %+v", ch.Line(1).State, ch.Arbitration().Disputes, *ch.Line(0))
	}
	if n := ch.Directory().Len() - 1; n == 0 || ch.Suspect() != n {
		t.Errorf("%d of %d instruments are suspect", ch.Suspect(), n)
	}
	if flags.bad[shm.SchemaMBO] == 0 || flags.bad[shm.SchemaMBO] == flags.all[shm.SchemaMBO] {
		t.Errorf("%d of %d records say so: want those after the first seconds", flags.bad[shm.SchemaMBO], flags.all[shm.SchemaMBO])
	}
	told := 0
	gaps, _ := p.TakeGaps(nil)
	for _, g := range gaps {
		if g.Disputed {
			told++
		}
	}
	if told == 0 {
		t.Error("no event tells of it")
	}
}

// feedContradiction gives a channel of two lines an ITCH day on A, and beside it another day's session on B.
func feedContradiction(t *testing.T, p *feedhandler.Pipeline) {
	t.Helper()
	days := [2][]timedFrame{}
	for l := range days {
		x, err := sim.New(sim.Config{Seed: uint64(l + 1), Encoding: sim.ITCH50, Symbols: 3, Messages: 8000, LiveOrders: 200, Rate: 1000})
		if err != nil {
			t.Fatal(err)
		}
		sink := sim.SinkFunc(func(ts uint64, frame []byte) error {
			f := append([]byte(nil), frame...)
			if l == 1 {
				copy(f[14+20+8:], "YESTERDAY_") // the session of MoldUDP64
			}
			days[l] = append(days[l], timedFrame{ts, f})
			return nil
		})
		w := sim.WireConfig{Seed: uint64(l + 1), Lines: make([]sim.LineConfig, 2)}
		w.Lines[1-l].Drop = []sim.Range{{First: 1, Count: 1 << 40}}
		w.Merged = sink
		if _, err := sim.Generate(x, w, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := range max(len(days[0]), len(days[1])) {
		for l := range days {
			if i < len(days[l]) {
				p.OnTick(days[l][i].ts)
				p.OnFrame(days[l][i].frame, ptp.Stamp{NS: max(days[0][min(i, len(days[0])-1)].ts, days[l][i].ts), Source: ptp.SourceCapture})
			}
		}
		p.Flush()
	}
}

// TestTodayWinsOverYesterday: line A replays yesterday and came first, line B is today's; the venue sends times, and B's are
// newer and not later than they came.
func TestTodayWinsOverYesterday(t *testing.T) {
	const day = 86_400_000 * msNS
	for _, encoding := range []sim.Encoding{sim.Deep, sim.MDP3} {
		alone, both := skewPipeline(t, encoding, 2, nil), skewPipeline(t, encoding, 2, nil)
		var days [2][]timedFrame
		for l := range days {
			x, err := sim.New(sim.Config{Seed: uint64(l + 1), Encoding: encoding, Symbols: 3, Messages: 6000, LiveOrders: 200, Rate: 2000})
			if err != nil {
				t.Fatal(err)
			}
			w := sim.WireConfig{Seed: uint64(l + 1), Lines: make([]sim.LineConfig, 2)}
			w.Lines[1-l].Drop = []sim.Range{{First: 1, Count: 1 << 40}}
			w.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
				f := append([]byte(nil), frame...)
				if l == 0 { // the send time behind sequence or offset, and IEX-TP's session, are yesterday's
					sent := f[42+4:]
					if encoding == sim.Deep {
						f[42+8]++
						sent = f[42+32:]
					}
					binary.LittleEndian.PutUint64(sent, binary.LittleEndian.Uint64(sent)-day)
				}
				days[l] = append(days[l], timedFrame{ts, f})
				return nil
			})
			if _, err := sim.Generate(x, w, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		const ahead = 50 // frames of A before B begins
		for i := range len(days[1]) {
			ts := days[1][i].ts
			if a := i + ahead; i == 0 {
				for _, f := range days[0][:ahead] {
					both.OnFrame(f.frame, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
				}
			} else if a < len(days[0]) {
				both.OnFrame(days[0][a].frame, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
			}
			for _, p := range []*feedhandler.Pipeline{alone, both} {
				p.OnFrame(days[1][i].frame, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
				p.Flush()
				p.OnTick(ts)
			}
		}
		alone.End()
		both.End()
		got, want := both.Channels()[0], alone.Channels()[0]
		if got.Session() != want.Session() || got.Arbitration().Next != want.Arbitration().Next {
			t.Errorf("%s: session %q up to %d, today's is %q up to %d", encoding, got.Session(), got.Arbitration().Next, want.Session(), want.Arbitration().Next)
		}
		if n, all := got.Line(1).First, want.Line(1).First; n+100 < all {
			t.Errorf("%s: %d units of today's line are used, of %d", encoding, n, all)
		}
		if n := got.Line(0).First; n > 1000 {
			t.Errorf("%s: %d units of yesterday were used", encoding, n)
		}
		if got.Arbitration().Disputes != 0 {
			t.Errorf("%s: undecided: %+v", encoding, got.Arbitration())
		}
	}
}

// timedFrame is a frame and when it came.
type timedFrame struct {
	ts    uint64
	frame []byte
}
