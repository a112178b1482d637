package shm

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// markedRings makes a small ring of mbo, one of trades, and the marks of both.
func markedRings(tb testing.TB, slots, marks uint32) (m *Marks, mbo *Writer, mems [3][]byte) {
	tb.Helper()
	var rings [SchemaCount]*Writer
	var ring *Writer
	mems[0], rings[SchemaMBO], _ = newRing(tb, SchemaMBO, slots)
	mems[1], rings[SchemaTrades], _ = newRing(tb, SchemaTrades, slots)
	mems[2], ring, _ = newRing(tb, SchemaMarks, marks)
	return NewMarks(ring, rings), rings[SchemaMBO], mems
}

func readerOf(tb testing.TB, mem []byte) *Reader {
	tb.Helper()
	r, err := NewReader(mem)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// allMarks reads the marks that there are.
func allMarks(tb testing.TB, mem []byte) (list []Mark) {
	r := readerOf(tb, mem)
	for payload := memory(SizeMark); r.Next(payload) == Record; {
		list = append(list, *View[Mark](payload))
	}
	return list
}

func putUnit(w *Writer, unit uint64) {
	w.PublishMBO(&MBO{RecordHeader: RecordHeader{Length: SizeMBO / 4, RType: RTypeMBO}, Sequence: uint32(unit)})
}

// TestAMarkTellsItsBurst: units, heads and times, and what they are where they do not fit.
func TestAMarkTellsItsBurst(t *testing.T) {
	m, mbo, mems := markedRings(t, 16, 16)
	a := Account{Session: 5, Channel: 2}
	m.Claim(&a)
	putUnit(mbo, 10)
	putUnit(mbo, 11)
	m.Write(&a, 10, 3, 1000)
	now := uint64(9000)
	m.SetClock(func() uint64 { return now })
	m.Taken(8000)
	m.Write(&a, 13, 1, 7000)
	m.Write(&a, 14, 1, 6000) // had to wait: nothing up to 14 is younger than 7000
	now = 6500               // the clock was set back
	m.Write(&a, 15, 1, 7100)
	now, m.taken = math.MaxUint64/4, 10
	m.Write(&a, 16, 1, math.MaxUint64/8) // taken long before: as early as can be told
	m.Write(&a, 17, 1, 2)                // the clock of the packets went back
	m.Write(&a, 18, 0, 0)                // no packet: when the last was received
	now, m.taken = 20_000_000_000, 10_000_000
	m.Write(&a, 18, 1, 3)
	a.TsRecv = 0
	m.Write(&a, 19, 0, 0) // nothing was received yet: no time can be told from it
	want := []Mark{
		{Channel: NoMarkChannel, Flags: MarkRun | MarkUntimed},
		{TsRecv: 1000, First: 10, Units: 3, Flags: MarkUntimed},
		{TsRecv: 7000, First: 13, Units: 1, TakenAfterNS: 1000, CommitAfterNS: 1000},
		{TsRecv: 7000, First: 14, Units: 1, TakenAfterNS: 1000, CommitAfterNS: 1000},
		{TsRecv: 7100, First: 15, Units: 1, TakenAfterNS: -600},
		{TsRecv: math.MaxUint64 / 8, First: 16, Units: 1, TakenAfterNS: math.MinInt32, CommitAfterNS: math.MaxUint32},
		{TsRecv: 2, First: 17, Units: 1, TakenAfterNS: 8, CommitAfterNS: math.MaxUint32},
		{TsRecv: 2, First: 18, TakenAfterNS: 8, CommitAfterNS: math.MaxUint32},
		{TsRecv: 3, First: 18, Units: 1, TakenAfterNS: 9_999_997, CommitAfterNS: math.MaxUint32},
		{First: 19, Flags: MarkUntimed},
	}
	got := allMarks(t, mems[2])
	if len(got) != len(want) {
		t.Fatalf("%d marks, want %d", len(got), len(want))
	}
	for i, w := range want {
		if i > 0 {
			w.Session, w.Channel, w.Heads = 5, 2, [5]uint32{SchemaMBO: 2}
		}
		if got[i] != w {
			t.Errorf("mark %d: %+v\nwant %+v", i, got[i], w)
		}
	}
}

// TestAnotherChannelMarksFirst: what a channel published and did not mark is marked as its before another one publishes.
func TestAnotherChannelMarksFirst(t *testing.T) {
	m, mbo, mems := markedRings(t, 16, 16)
	a, b := Account{Session: 1, Channel: 1, Next: 7}, Account{Session: 2, Channel: 2, Next: 100}
	m.Claim(&a)
	putUnit(mbo, 6)
	m.Claim(&b)
	m.Claim(&a)
	m.Claim(&b)
	putUnit(mbo, 100)
	m.Write(&b, 100, 1, 1)
	got := allMarks(t, mems[2])
	if len(got) != 3 || got[1].Channel != 1 || got[1].First != 7 || got[1].Units != 0 || got[1].Heads[SchemaMBO] != 1 ||
		got[2].Channel != 2 || got[2].Heads[SchemaMBO] != 2 {
		t.Fatalf("marks %+v", got)
	}
}

// TestHeadsBeyond32Bits: low halves of heads and of units are enough.
func TestHeadsBeyond32Bits(t *testing.T) {
	m, mbo, mems := markedRings(t, 16, 64)
	a := Account{Session: 1}
	m.Claim(&a)
	mbo.pos = 1<<32 - 20
	m.heads[SchemaMBO] = mbo.pos
	unit := uint64(5<<32 - 10)
	m.Write(&a, unit-1, 1, 1) // so that the records behind it are its
	for range 20 {
		for range 2 {
			putUnit(mbo, unit)
		}
		m.Write(&a, unit, 1, 1)
		unit++
	}
	mbo.Flush()
	m.Flush()
	r := readerOf(t, mems[0])
	r.SeekOldest()
	l := NewLocator(r, readerOf(t, mems[2]))
	n := 0
	for payload := memory(r.PayloadSize()); r.Next(payload) == Record; n++ {
		p := r.Position() - 1
		back := mbo.pos - 1 - p
		got, place := l.Locate(p, payload)
		if place != Placed || got.Unit != unit-1-back/2 || got.K != 1-back%2 {
			t.Fatalf("position %d: %s %+v, %d from the end at unit %d", p, place, got, back, unit)
		}
		if at, place := NewLocator(r, readerOf(t, mems[2])).Find(0, 1, got.Unit); place != Placed || at != p-got.K {
			t.Fatalf("unit %d found at %d, %s; it is at %d", got.Unit, at, place, p-got.K)
		}
	}
	if n != 16 {
		t.Fatalf("%d records", n)
	}
}

// TestMarksNeedNoMemory: neither writing nor locating allocates.
func TestMarksNeedNoMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	m, mbo, mems := markedRings(t, 1<<10, 1<<10)
	a := Account{Session: 1, Next: 1}
	m.SetClock(func() uint64 { return 5 })
	r := readerOf(t, mems[0])
	l := NewLocator(r, readerOf(t, mems[2]))
	payload := memory(r.PayloadSize())
	if n := testing.AllocsPerRun(500, func() {
		m.Claim(&a)
		putUnit(mbo, a.Next)
		m.Write(&a, a.Next, 1, 1)
		m.Flush()
		if r.Next(payload) != Record {
			t.Fatal("no record")
		}
		if _, place := l.Locate(r.Position()-1, payload); place != Placed {
			t.Fatal(place)
		}
	}); n != 0 {
		t.Fatalf("%.1f allocations a burst", n)
	}
}

// TestLocatorsReadAnything: whatever marks and rings hold, a locator ends and stays inside.
func TestLocatorsReadAnything(t *testing.T) {
	for seed := uint64(1); seed <= 300; seed++ {
		rng := rand.New(rand.NewPCG(seed, 16))
		m, mbo, mems := markedRings(t, 32, 16)
		accounts := [2]Account{{Session: 1, Next: 1}, {Session: 2, Channel: 1, Next: 1 << 40}}
		for range 60 {
			a := &accounts[rng.IntN(2)]
			m.Claim(a)
			units := rng.Uint64N(4)
			for u := range units {
				putUnit(mbo, a.Next+u)
			}
			m.Write(a, a.Next, uint32(units), 1)
		}
		mbo.Flush()
		m.Flush()
		r, marks := readerOf(t, mems[0]), readerOf(t, mems[2])
		l := NewLocator(r, marks)
		payload := memory(r.PayloadSize())
		for range 200 {
			mem := mems[2*rng.IntN(2)]
			at := 64 + 8*rng.IntN(len(mem)/8-8)
			if rng.IntN(3) > 0 {
				at = HeaderBytes + 8*rng.IntN((len(mem)-HeaderBytes)/8)
			}
			v := rng.Uint64() >> rng.IntN(64)
			binary.NativeEndian.PutUint64(mem[at:], v)
			r.Seek(rng.Uint64() >> rng.IntN(64))
			r.Next(payload)
			l.Locate(r.Position(), payload)
			l.Find(uint16(rng.IntN(2)), uint32(rng.IntN(3)), rng.Uint64()>>rng.IntN(64))
			r.SeekOldest()
			for range 5 {
				p := r.Position()
				r.Next(payload)
				l.Locate(p, payload)
			}
		}
	}
}

// TestFindIsBounded: marks that claim many times what the ring holds are not looked through record by record.
func TestFindIsBounded(t *testing.T) {
	m, _, mems := markedRings(t, 64, 16)
	a := Account{Session: 1, Next: 1}
	for range 10 {
		m.Claim(&a)
		m.heads[SchemaMBO] += 1 << 20
		m.rings[SchemaMBO].pos += 1 << 20
		m.Write(&a, a.Next, 4, 1)
	}
	m.Flush()
	if p, place := NewLocator(readerOf(t, mems[0]), readerOf(t, mems[2])).Find(0, 1, 2); place != Damaged {
		t.Fatalf("found at %d, %s", p, place)
	}
}
