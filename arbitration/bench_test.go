package arbitration

import "testing"

var twoLines = []LineConfig{{Name: "A"}, {Name: "B"}}

// warm is an arbiter in the middle of a session, with its next unit.
func warm(tb testing.TB) (*Arbiter, uint64) {
	a := newArbiter(tb, Config{Lines: twoLines})
	p := Packet{Session: 7, Count: 1, Payload: make([]byte, 64)}
	var r Ready
	for p.Seq = 1; p.Seq < 100; p.Seq++ {
		for l := range Line(2) {
			p.TsRecv += 100
			a.Offer(l, &p)
			for a.Next(&r) {
			}
		}
	}
	return a, p.Seq
}

// BenchmarkInOrder is the faster line's packet: taken at once.
func BenchmarkInOrder(b *testing.B) {
	b.ReportAllocs()
	a, seq := warm(b)
	p := Packet{Session: 7, Seq: seq, Count: 1, Payload: make([]byte, 64), TsRecv: 1 << 20}
	var r Ready
	for b.Loop() {
		if !a.Offer(LineA, &p).Take || a.Next(&r) {
			b.Fatal("not taken")
		}
		p.Seq++
		p.TsRecv += 100
	}
}

// BenchmarkDuplicate is the slower line's packet: rejected.
func BenchmarkDuplicate(b *testing.B) {
	b.ReportAllocs()
	a, seq := warm(b)
	p := Packet{Session: 7, Seq: seq, Count: 1, Payload: make([]byte, 64), TsRecv: 1 << 20}
	var r Ready
	for i := range 1 << 11 {
		p.Seq = seq + uint64(i)
		a.Offer(LineA, &p)
	}
	l := &a.lines[LineB]
	p.Seq = seq
	i := 0
	for b.Loop() {
		if a.Offer(LineB, &p).Take || a.Next(&r) {
			b.Fatal("taken")
		}
		p.Seq++
		p.TsRecv += 100
		if i++; i == 1<<11 {
			i, p.Seq, l.high = 0, seq, seq
		}
	}
	if l.DuplicatePackets == 0 || l.LatePackets != 0 || l.FirstPackets > 1 {
		b.Fatalf("%+v", l.LineStats)
	}
}

// BenchmarkPair is one packet on both lines.
func BenchmarkPair(b *testing.B) {
	b.ReportAllocs()
	a, seq := warm(b)
	p := Packet{Session: 7, Seq: seq, Count: 1, Payload: make([]byte, 64), TsRecv: 1 << 20}
	var r Ready
	for b.Loop() {
		a.Offer(LineA, &p)
		a.Next(&r)
		a.Offer(LineB, &p)
		a.Next(&r)
		p.Seq++
		p.TsRecv += 100
	}
}

// BenchmarkHoldAndHeal is line A losing a packet, eight held behind it, line B healing; per nine packets of A.
func BenchmarkHoldAndHeal(b *testing.B) {
	b.ReportAllocs()
	a, seq := warm(b)
	p := Packet{Session: 7, Seq: seq, Count: 1, Payload: make([]byte, 256), TsRecv: 1 << 20}
	for b.Loop() {
		healOnce(b, a, &p)
	}
}

func healOnce(tb testing.TB, a *Arbiter, p *Packet) {
	var r Ready
	first := p.Seq
	for range 8 {
		p.Seq++
		p.TsRecv += 100
		if a.Offer(LineA, p).Take || a.Next(&r) {
			tb.Fatal("not held")
		}
	}
	after := p.Seq + 1
	n := 0
	for p.Seq = first; p.Seq < after; p.Seq++ {
		p.TsRecv += 100
		if a.Offer(LineB, p).Take {
			n++
		}
		for a.Next(&r) {
			n++
		}
	}
	if n != 9 {
		tb.Fatal("not healed: ", n)
	}
}

// TestNoAllocation covers in order, duplicate, hold, heal, a declared gap, reset, session change and Tick.
func TestNoAllocation(t *testing.T) {
	a, seq := warm(t)
	p := Packet{Session: 7, Seq: seq, Count: 1, Payload: make([]byte, 256), TsRecv: 1 << 40, TsSend: 1 << 40}
	var r Ready
	drainAll := func() {
		for a.Next(&r) {
		}
	}
	n := testing.AllocsPerRun(200, func() {
		for range 20 {
			a.Offer(LineA, &p)
			drainAll()
			a.Offer(LineB, &p)
			drainAll()
			p.Seq++
		}
		healOnce(t, a, &p)
		p.Seq += 3 // lost on both
		for range 40 {
			a.Offer(LineA, &p)
			drainAll()
			a.Offer(LineB, &p)
			drainAll()
			p.Seq++
		}
		p.TsRecv += 20 * ms
		p.TsSend += 20 * ms
		p.Seq = 1 // the numbering starts again, says one line and then the other
		a.Offer(LineA, &p)
		drainAll()
		a.Offer(LineB, &p)
		drainAll()
		p.Session++
		for range 20 {
			a.Offer(LineA, &p)
			drainAll()
			a.Offer(LineB, &p)
			drainAll()
			p.Seq++
		}
		a.Tick(p.TsRecv)
		drainAll()
	})
	if n != 0 {
		t.Fatalf("%v allocations", n)
	}
	s := a.Stats()
	if s.Declared == 0 || s.Healed == 0 || s.Resets == 0 || s.Sessions < 2 {
		t.Fatalf("a path was not taken: %+v", s)
	}
}
