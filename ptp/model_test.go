package ptp

import (
	"math"
	"math/big"
	"math/rand"
	"sync"
	"testing"
)

func TestModelAgainstExactArithmetic(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for i := 0; i < 20_000; i++ {
		m := Model{RefClock: rng.Uint64() >> 1, RefUTC: worldStart, Rate: FixedPPB(rng.Int63n(2_000_001) - 1_000_000),
			BoundNS: 1 + uint32(rng.Intn(1000)), Growth: uint64(FixedPPB(rng.Int63n(1_000_000)))}
		gone := (rng.Int63n(2) - 1 | 1) * rng.Int63n(1<<(10+rng.Intn(30)))
		ns, bound := m.UTC(m.RefClock + uint64(gone))
		gain := new(big.Int).Mul(big.NewInt(gone), big.NewInt(m.Rate))
		gain.Quo(gain, big.NewInt(1<<RateShift))
		want := new(big.Int).Add(gain, big.NewInt(worldStart+gone))
		if d := want.Sub(want, new(big.Int).SetUint64(ns)).Int64(); d < -1 || d > 1 {
			t.Fatalf("%+v at %d: off by %d ns", m, gone, d)
		}
		if wantBound := float64(m.BoundNS) + math.Abs(float64(gone))*float64(m.Growth)/(1<<RateShift); wantBound < math.MaxUint32 &&
			math.Abs(float64(bound)-wantBound) > 1.5 {
			t.Fatalf("%+v at %d: bound %d, not %g", m, gone, bound, wantBound)
		}
	}
}

func TestModelEdges(t *testing.T) {
	var zero Model
	if ns, bound := zero.UTC(5); ns != 5 || bound != 0 {
		t.Errorf("zero model: %d, %d", ns, bound)
	}
	if s := zero.Stamp(5); !s.Bad {
		t.Error("the zero model is trusted")
	}
	m := Model{RefClock: 1e18, RefUTC: 1e18 - 37e9, BoundNS: 100, Growth: uint64(FixedPPB(1000)), HorizonNS: 2e9, State: Locked, Source: SourceNIC}
	if _, bound := m.UTC(0); bound != math.MaxUint32 {
		t.Errorf("bound 1e18 ns away: %d", bound)
	}
	m.Growth = math.MaxUint64
	if _, bound := m.UTC(0); bound != math.MaxUint32 {
		t.Errorf("the bound wrapped: %d", bound)
	}
	for clock, bad := range map[uint64]bool{0: true, 1e18: false, 1e18 + 2e9: false, 1e18 + 2e9 + 1: true, 1e18 - 3e9: true} {
		if s := m.Stamp(clock); s.Bad != bad {
			t.Errorf("stamp of %d: %+v", clock, s)
		}
	}
	if s := m.Stamp(0); s.Source != SourceNone || s.NS != 0 {
		t.Errorf("no reading is no stamp: %+v", s)
	}
	for _, state := range []State{Unsynchronised, Acquiring, Stepped, Frozen, Missing} {
		m.State = state
		if !m.Stamp(1e18).Bad {
			t.Errorf("%v is trusted", state)
		}
	}
	for _, ppb := range []int64{0, 1, -1, 100_000, -500_000, MaxRatePPB, -MaxRatePPB, math.MaxInt64, math.MinInt64} {
		want := max(min(ppb, MaxRatePPB), -MaxRatePPB)
		if got := ppbOf(FixedPPB(ppb)); got != want {
			t.Errorf("%d ppb came back as %d", want, got)
		}
	}
}

func TestPublishedRoundTrip(t *testing.T) {
	var p Published
	r := NewReader(&p)
	if *r.Model() != (Model{}) {
		t.Error("the zero value holds something")
	}
	m := Model{RefClock: math.MaxUint64, RefUTC: 1, Rate: -5, Growth: 6, BoundNS: math.MaxUint32, HorizonNS: 7, State: Holdover,
		Source: SourceHost, TAIOffset: -37, Steps: 9}
	p.Store(m)
	if got, ok := p.Load(); !ok || got != m {
		t.Errorf("%+v", got)
	}
	if *r.Model() != m {
		t.Errorf("%+v", *r.Model())
	}
}

// TestPublishedIsNeverTorn races one writer with readers; every field is the same number, so a mixture shows.
func TestPublishedIsNeverTorn(t *testing.T) {
	var p Published
	const rounds = 200_000
	var wg sync.WaitGroup
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := NewReader(&p)
			for last := uint64(0); last < rounds; {
				m := r.Model()
				n := m.RefClock
				if m.RefUTC != n || uint64(m.Rate) != n || m.Growth != n || uint64(m.BoundNS) != n || uint64(m.Steps) != n || n < last {
					t.Errorf("torn or backwards: %+v after %d", *m, last)
					return
				}
				last = n
			}
		}()
	}
	for n := uint64(1); n <= rounds; n++ {
		p.Store(Model{RefClock: n, RefUTC: n, Rate: int64(n), Growth: n, BoundNS: uint32(n), Steps: uint32(n)})
	}
	wg.Wait()
}

func TestReaderDoesNotWaitForAWriterTakenOffItsCore(t *testing.T) {
	var p Published
	m := Model{RefClock: 1, State: Locked}
	p.Store(m)
	r := NewReader(&p)
	p.sequence.Add(1) // in the middle of a write, for ever
	if *r.Model() != m {
		t.Errorf("%+v", *r.Model())
	}
	if _, ok := p.Load(); ok {
		t.Error("Load took half a model")
	}
}

func TestNothingAllocates(t *testing.T) {
	w := newWorld(1)
	e := NewEstimator(Config{})
	e.SetReference(system)
	var p Published
	r := NewReader(&p)
	var sink Stamp
	if n := testing.AllocsPerRun(200, func() {
		e.Add(w.read())
		e.Tick(w.raw())
		p.Store(e.Model())
		sink = r.Model().Stamp(w.phc())
		w.now += 100_000_000
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	_ = sink
}

func TestLeapTable(t *testing.T) {
	table := LeapTable{{1435708800, 36}, {1483228800, 37}} // 2015-07-01, 2017-01-01
	if !table.Sorted() || (LeapTable{{2, 1}, {1, 2}}).Sorted() {
		t.Error("Sorted")
	}
	tests := []struct {
		ns       uint64
		utc, tai int16
		ok, okT  bool
	}{
		{1435708799_999999999, 0, 0, false, false},
		{1435708800_000000000, 36, 0, true, false},
		{1483228799_999999999, 36, 36, true, true},
		{1483228800_000000000, 37, 36, true, true},
		{1483228836_999999999, 37, 36, true, true},
		{1483228837_000000000, 37, 37, true, true},
		{1800000000_000000000, 37, 37, true, true},
	}
	for _, test := range tests {
		if got, ok := table.AtUTC(test.ns); got != test.utc || ok != test.ok {
			t.Errorf("AtUTC(%d) = %d, %v", test.ns, got, ok)
		}
		if got, ok := table.AtTAI(test.ns); got != test.tai || ok != test.okT {
			t.Errorf("AtTAI(%d) = %d, %v", test.ns, got, ok)
		}
	}
}

func BenchmarkStamp(b *testing.B) {
	var p Published
	p.Store(Model{RefClock: 1e18, RefUTC: 1e18, Rate: FixedPPB(12345), Growth: uint64(FixedPPB(1000)), BoundNS: 100, HorizonNS: 2e9, State: Locked})
	r := NewReader(&p)
	b.ReportAllocs()
	var sum uint64
	for i := 0; i < b.N; i++ {
		s := r.Model().Stamp(1e18 + uint64(i))
		sum += s.NS
	}
	_ = sum
}
