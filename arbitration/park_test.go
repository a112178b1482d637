package arbitration

import "testing"

// parkedUnits has line B bring single packets far ahead that are no run, while line A goes on.
func parkedUnits(t *testing.T, units ...uint64) *Arbiter {
	a := newArbiter(t, Config{Lines: twoLines})
	d := &drain{t: t, a: a}
	for seq := uint64(1); seq <= 20; seq++ {
		for l := range LineB + 1 {
			p := packet(seq, 1)
			d.offer(l, &p)
		}
	}
	for _, unit := range units {
		p := packet(unit, 1)
		d.offer(LineB, &p)
	}
	if a.park.live != uint64(len(units)) {
		t.Fatalf("%d parked of %d", a.park.live, len(units))
	}
	return a
}

// TestTheParkIsNotSearchedForNothing: what the sequence has passed is in the way of no search, wherever it lies in the list.
func TestTheParkIsNotSearchedForNothing(t *testing.T) {
	a := parkedUnits(t, 60_000, 3000, 50_000)
	a.next = 4000 // as if line A had come so far
	var r Ready
	if found, _ := a.resort(4000, 4001, &r); found {
		t.Fatal("found what is not there")
	}
	if low := a.lines[LineB].parked.low; low != 50_000 {
		t.Errorf("searched again from unit %d on", low)
	}
}

// TestAnEntryThatIsGoneLeadsNowhere: the place up to which a line's packets have joined does not outlive its entry.
func TestAnEntryThatIsGoneLeadsNowhere(t *testing.T) {
	a := parkedUnits(t, 60_000, 30_000, 50_000)
	l := &a.lines[LineB]
	first := l.parked.head
	second := a.park.entries[first-1].link
	l.cand.passed = second
	a.unpark(l, first, second)
	if l.cand.passed == second {
		t.Error("an entry that others may take leads on")
	}
}

// TestBothDarkAndOneComesBack: both lines are dark at once, one dies of it, the other comes back too far ahead to be believed at
// once. What it brings until the dead one counts as silent is not lost, at the rate there is memory for and any size of packets.
func TestBothDarkAndOneComesBack(t *testing.T) {
	for _, count := range []uint32{1, 3, 40} {
		for _, dark := range []uint64{300, 5000, 20_000} {
			d := &drain{t: t, a: newArbiter(t, Config{Lines: twoLines}), content: true}
			now, seq, total := uint64(1000*ms), uint64(1), 0
			bring := func(lines Line) {
				p := packet(seq, count)
				now += 500 * uint64(max(count, 2)) // two million units a second, a million packets
				p.TsRecv = now
				for l := range lines {
					d.offer(l, &p)
				}
				seq, total = seq+uint64(count), total+int(count)
			}
			for range 200 {
				bring(2)
			}
			from := seq
			seq += dark
			for range 600_000 / count {
				bring(1)
			}
			if now-1000*ms > 1000*ms {
				t.Fatal("the dead line may count as silent")
			}
			d.a.Flush()
			d.rest()
			if want := (Gap{First: from, Count: dark}); len(d.gaps) != 1 || d.gaps[0] != want || len(d.units) != total || d.a.Stats().Forgotten != 0 {
				t.Errorf("%d units a packet, %d dark: %d of %d, gaps %v, %+v", count, dark, len(d.units), total, d.gaps, d.a.Stats())
			}
		}
	}
}
