package arbitration

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// skewed is a burst at two million units a second on two lines: one far behind the other, each dark for a while, instants of
// which a line brings the packets in any order; liars among them, if asked for. No unit is lost on both lines.
func skewed(rng *rand.Rand, liars bool) (in []arrival, total uint64, brought [2]uint64) {
	var skew [2]uint64
	skew[rng.IntN(2)] = rng.Uint64N(45 * ms)
	packets := 500 + rng.IntN(3000)
	instant := 1 + rng.IntN(2)*rng.IntN(400) // packets the venue sends at once
	var at, sent, seq uint64 = 0, 0, 1
	type sentPacket struct {
		at uint64
		p  Packet
	}
	var day []sentPacket
	for i := range packets {
		p := packet(seq, 1+rng.Uint32N(30))
		if i%instant == 0 {
			sent = at
		}
		day = append(day, sentPacket{sent, p})
		at += uint64(p.Count) * 500
		seq += uint64(p.Count)
	}
	total = seq - 1
	var dark [2][2]uint64
	for l := range dark {
		dark[l][0] = rng.Uint64N(at)
		dark[l][1] = dark[l][0] + rng.Uint64N(at/2)
	}
	for i, s := range day {
		lost := [2]bool{}
		for l := range lost {
			arrives := s.at + skew[l]
			lost[l] = i > 0 && i < len(day)-1 && (arrives >= dark[l][0] && arrives < dark[l][1] || rng.IntN(200) == 0)
		}
		if lost[0] && lost[1] {
			lost[rng.IntN(2)] = false
		}
		for l := range lost {
			if lost[l] {
				continue
			}
			brought[l] += uint64(s.p.Count)
			in = append(in, arrival{at: s.at + skew[l] + rng.Uint64N(20_000), line: Line(l), p: s.p})
			if instant == 1 {
				in[len(in)-1].at = s.at + skew[l]
			}
		}
	}
	l := rng.IntN(2) // one line lies; two that say the same are believed
	for range 30 {
		if !liars {
			break
		}
		// A packet with a number of its own making, once.
		p := packet(1, 1+rng.Uint32N(20))
		for i := range p.Payload {
			p.Payload[i] = 0xEE
		}
		lied := day[len(day)/10+rng.IntN(len(day)*9/10)] // not before the run is joined
		switch rng.IntN(4) {
		case 0:
			p.Seq = rng.Uint64()
		case 1:
			p.Session, p.Seq = rng.Uint64(), rng.Uint64N(total)
		case 2:
			p.Kind, p.Count, p.Payload = KindHeartbeat, 0, nil
			fallthrough
		default:
			// Ahead of both lines, more than a packet is believed to be at once.
			p.Seq = total + nearUnits + rng.Uint64N(100_000)
		}
		in = append(in, arrival{at: lied.at + skew[l], line: Line(l), p: p})
	}
	for range 3 { // both lines have the last word
		p := packet(seq, 1)
		at, seq, total = at+100*ms, seq+1, total+1
		for l := range brought {
			brought[l]++
			in = append(in, arrival{at: at + skew[l], line: Line(l), p: p})
		}
	}
	slices.SortStableFunc(in, func(x, y arrival) int { return int(int64(x.at) - int64(y.at)) })
	return in, total, brought
}

func burstConfig() Config {
	return Config{Lines: []LineConfig{{Name: "A"}, {Name: "B"}}, WindowPackets: 1 << 13, WindowBytes: 1 << 20}
}

// TestSkewAndDarkness: what either line brings is delivered, and nothing a single packet claims, at any skew there is memory for.
func TestSkewAndDarkness(t *testing.T) {
	for seed := range seeds() / 5 {
		for _, liars := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(seed, 4))
			in, total, brought := skewed(rng, liars)
			d := &drain{t: t, a: newArbiter(t, burstConfig()), content: true}
			runArrivals(d, in)
			if len(d.gaps) != 0 || uint64(len(d.units)) != total {
				t.Fatalf("seed %d, liars %v: %d of %d units, gaps %v, %+v", seed, liars, len(d.units), total, d.gaps, d.a.Stats())
			}
			for l := range 2 {
				if s := d.a.Line(Line(l)); !liars && (s.Lost != total-brought[l] || s.Suspect != 0) {
					t.Fatalf("seed %d line %d: lost %d, truth %d, suspect %d", seed, l, s.Lost, total-brought[l], s.Suspect)
				}
			}
		}
	}
}

// TestAClaimOfOneLineIsNoGap: one packet says that it is far ahead, the lines are quiet, and go on where they were.
func TestAClaimOfOneLineIsNoGap(t *testing.T) {
	for _, ahead := range []uint64{20, 100, 255, 256, 257, 300, 2000, 4096, 4097, 50_000, 130_000, 1 << 40} {
		for _, kind := range []Kind{KindData, KindHeartbeat, KindEndOfSession} {
			for _, times := range []int{1, 3} {
				a := newArbiter(t, burstConfig())
				d := &drain{t: t, a: a, content: true}
				now, seq := uint64(1000*ms), uint64(1)
				both := func(n uint64) {
					for end := seq + n; seq < end; seq++ {
						for l := range Line(2) {
							p := packet(seq, 1)
							now += 1000
							p.TsRecv = now
							d.offer(l, &p)
						}
					}
				}
				both(100)
				for range times {
					p := packet(seq+ahead, 3)
					p.Kind = kind
					if ahead > nearUnits { // the lie of a packet that is near cannot be told from the truth
						for i := range p.Payload {
							p.Payload[i] = 0xEE
						}
					}
					if kind != KindData {
						p.Count, p.Payload = 0, nil
					}
					p.TsRecv = now
					d.offer(LineA, &p)
					if times > 1 {
						both(1) // it is taken back each time
					}
					for range 300 {
						now += ms
						a.Tick(now)
						d.rest()
					}
				}
				both(3000)
				a.Flush()
				d.rest()
				var late uint64
				for l := range Line(2) {
					late += a.Line(l).Late
				}
				if n := uint64(len(d.units)); ahead > 2500 && (len(d.gaps) != 0 || n != seq-1) || n < seq-1 || late != 0 {
					t.Fatalf("%d ahead, kind %d, %d times: %d of %d units, gaps %v, %d late, %+v", ahead, kind, times, n, seq-1, d.gaps, late, a.Stats())
				}
			}
		}
	}
}

// TestTheTruthIsToldOfALoneClaim: when nobody contradicts it any more, a claim of one line counts.
func TestTheTruthIsToldOfALoneClaim(t *testing.T) {
	for name, then := range map[string]func(d *drain, now uint64, p Packet){
		"the other line's heartbeat says so": func(d *drain, now uint64, p Packet) {
			p.Seq, p.Count, p.Kind, p.Payload, p.TsRecv = p.Seq+3, 0, KindHeartbeat, nil, now
			d.offer(LineB, &p)
		},
		"the other line goes on behind it": func(d *drain, now uint64, p Packet) {
			p = packet(p.Seq+3, 1)
			p.TsRecv = now
			d.offer(LineB, &p)
		},
		"the line goes on": func(d *drain, now uint64, p Packet) {
			p = packet(p.Seq+3, 1)
			p.TsRecv = now
			d.offer(LineA, &p)
		},
		"the other line is silent": func(d *drain, now uint64, _ Packet) { d.a.Tick(now + 4000*ms) },
	} {
		for _, ahead := range []uint64{100, 2000} {
			a := newArbiter(t, burstConfig())
			d := &drain{t: t, a: a, content: true}
			now := uint64(1000 * ms)
			for l := range Line(2) {
				p := packet(1, 10)
				p.TsRecv = now
				d.offer(l, &p)
			}
			p := packet(11+ahead, 3)
			p.TsRecv = now
			d.offer(LineA, &p)
			a.Tick(now + 60*ms)
			d.rest()
			if len(d.gaps) != 0 {
				t.Fatalf("%s, %d ahead: told as lost before: %v", name, ahead, d.gaps)
			}
			then(d, now+70*ms, p)
			d.rest()
			a.Tick(now + 5000*ms)
			d.rest()
			if !slices.Equal(d.gaps, []Gap{{11, ahead}}) || d.units[len(d.units)-1] < 13+ahead {
				t.Fatalf("%s, %d ahead: gaps %v, up to unit %d", name, ahead, d.gaps, d.units[len(d.units)-1])
			}
		}
	}
}

// TestTheEndBelievesNoContradiction: a line that another, live one contradicted to the end stays suspect; one that nobody did
// does not.
func TestTheEndBelievesNoContradiction(t *testing.T) {
	for _, c := range []struct {
		name         string
		session, seq uint64
		packets      int
		sent         uint64
	}{
		{"another session", 9, 1, 40, 0},
		{"another session, midway", 9, 5000, 2, 0},
		{"a jump", 7, 1_000_000, 40, 0},
		{"a jump within the window", 7, 60_000, 40, 0},
		{"a jump within what is believed", 7, 2500, 1, 0},
		{"a reset", 7, 1, 2, 4000 * ms},
	} {
		for _, contradicted := range []bool{false, true} {
			a := newArbiter(t, burstConfig())
			d := &drain{t: t, a: a}
			now := uint64(1000 * ms)
			offer := func(l Line, session, seq, sent uint64) {
				now += 10_000
				d.offer(l, &Packet{Session: session, Seq: seq, Count: 1, TsRecv: now, TsSend: sent, Payload: binary.LittleEndian.AppendUint64(nil, seq)})
			}
			sent := uint64(0)
			if c.sent != 0 {
				sent = 1000 * ms
			}
			seq := uint64(1)
			for ; seq <= 1000; seq++ {
				offer(LineA, 7, seq, sent)
				offer(LineB, 7, seq, sent)
			}
			now += 3100 * ms // both were quiet; B is heard again if it contradicts
			for i := range c.packets {
				if contradicted {
					offer(LineB, 7, seq, sent)
					seq++
				}
				offer(LineA, c.session, c.seq+uint64(i), c.sent)
			}
			if contradicted {
				offer(LineB, 7, seq, sent)
				seq++
			}
			a.Flush()
			d.rest()
			s := a.Stats()
			if contradicted && (s.Next != seq || s.Session != 7 || len(d.gaps) != 0 || a.Line(LineA).Suspect != uint64(c.packets)) {
				t.Errorf("%s, contradicted: next %d, right is %d, session %d, gaps %v, suspect %d", c.name, s.Next, seq, s.Session, d.gaps, a.Line(LineA).Suspect)
			}
			if !contradicted && (s.Next != c.seq+uint64(c.packets) || s.Session != c.session) {
				t.Errorf("%s, not contradicted: next %d of session %d", c.name, s.Next, s.Session)
			}
		}
	}
}

// TestAnotherDay: line A replays yesterday from its start and came first, line B is today's.
func TestAnotherDay(t *testing.T) {
	const day, today = 86_400_000 * ms, uint64(1_700_000_000_000 * ms)
	for _, c := range []struct {
		name               string
		sessionA, sessionB uint64
		seqA, seqB         uint64
		sends              bool
		turns              bool
		aheadOfClock       uint64
	}{
		{"times, another session", 1, 2, 1, 1, true, true, 0},
		{"times, another session, midway", 1, 2, 1, 700_000, true, true, 0},
		{"times, the same session", 7, 7, 1, 1, true, true, 0},
		{"times, the same session, behind", 7, 7, 100_000, 1, true, true, 0},
		{"times, the same session, ahead", 7, 7, 1, 1_000_000, true, true, 0},
		{"times that nobody can have sent yet", 1, 2, 1, 1, true, false, 7200_000 * ms},
		{"no times", 1, 2, 1, 1, false, false, 0},
	} {
		a := newArbiter(t, burstConfig())
		d := &drain{t: t, a: a}
		now := today
		offer := func(l Line, session, seq, sent uint64) {
			now += 100_000
			if !c.sends {
				sent = 0
			}
			d.offer(l, &Packet{Session: session, Seq: seq, Count: 1, TsRecv: now, TsSend: sent, Payload: make([]byte, 8)})
			a.Tick(now)
			d.rest()
		}
		for i := range uint64(100) {
			offer(LineA, c.sessionA, c.seqA+i, now-day)
		}
		const after = 60_000
		for i := range uint64(after) {
			offer(LineA, c.sessionA, c.seqA+100+i, now-day)
			offer(LineB, c.sessionB, c.seqB+i, now+c.aheadOfClock)
		}
		s := a.Stats()
		a.Line(LineA)
		if c.turns {
			if s.Session != c.sessionB || s.Next != c.seqB+after || a.Line(LineB).First < after-100 || s.Disputes != 0 {
				t.Errorf("%s: session %d next %d, B first %d, %+v", c.name, s.Session, s.Next, a.Line(LineB).First, s)
			}
			continue
		}
		if s.Session != c.sessionA || a.Line(LineB).State != LineDisputed {
			t.Errorf("%s: session %d, B is %v", c.name, s.Session, a.Line(LineB).State)
		}
		if (s.Disputes > 1) != !c.sends {
			t.Errorf("%s: %d disputes", c.name, s.Disputes)
		}
	}
}

// TestTheSameNumbersAndOtherContents: both lines have the same session and numbers, without send times, and one is another day's.
func TestTheSameNumbersAndOtherContents(t *testing.T) {
	for _, differ := range []bool{false, true} {
		for _, lag := range []uint64{0, 40} {
			a := newArbiter(t, burstConfig())
			d := &drain{t: t, a: a}
			now := uint64(1000 * ms)
			for seq := uint64(1); seq < 10_000; seq++ {
				for l := range Line(2) {
					p := packet(seq, 1)
					if l == LineB {
						if seq <= lag {
							continue
						}
						p = packet(seq-lag, 1)
						if differ {
							p.Payload[7] = 0xEE
						}
					}
					now += 500_000
					p.TsRecv = now
					d.offer(l, &p)
					a.Tick(now)
					d.rest()
				}
			}
			if s := a.Stats(); (s.Disputes > 1) != differ || (a.Line(LineB).State == LineDisputed) != differ || len(d.gaps) != 0 {
				t.Errorf("they differ: %v, %d behind: %d disputes, B is %v, gaps %v", differ, lag, s.Disputes, a.Line(LineB).State, d.gaps)
			}
		}
	}
}

// TestParkingDoesNotAllocate: a line that runs far ahead, dark and back, costs no memory.
func TestParkingDoesNotAllocate(t *testing.T) {
	a, seq := warm(t)
	p := Packet{Session: 7, Count: 10, Payload: make([]byte, 64), TsRecv: 1 << 30}
	var r Ready
	offer := func(l Line, from, to uint64) {
		for p.Seq = from; p.Seq < to; p.Seq += 10 {
			p.TsRecv += 5000
			a.Offer(l, &p)
			for a.Next(&r) {
			}
		}
	}
	offer(LineA, seq, seq+1000)
	offer(LineB, seq, seq+1000)
	seq += 1000
	if n := testing.AllocsPerRun(20, func() {
		offer(LineA, seq+8000, seq+16000)
		if a.park.live == 0 {
			t.Fatal("nothing was parked: the test proves nothing")
		}
		offer(LineB, seq, seq+16000)
		seq += 16000
	}); n != 0 {
		t.Fatalf("%.1f allocations", n)
	}
	if s := a.Stats(); s.Declared != 0 || s.Next != seq || a.Line(LineA).Suspect != 0 {
		t.Fatalf("%+v, A %+v", s, *a.Line(LineA))
	}
}

// TestASessionChangeUnderSkew: the faster line is in the next session while the slower one still ends the last. What the faster
// brought of it meanwhile is not lost, whatever the slower loses.
func TestASessionChangeUnderSkew(t *testing.T) {
	for seed := range seeds() / 10 {
		rng := rand.New(rand.NewPCG(seed, 5))
		skew := rng.Uint64N(3 * ms) // both are heard before the session changes
		sends := rng.IntN(2) == 0
		const half, step = 1500, 2500 // packets a session, and ns between them
		var in []arrival
		for i := range uint64(2 * half) {
			p := packet(1+i%half*4, 4)
			p.Session = 7 + i/half
			if sends {
				p.TsSend = 1_700_000_000_000_000_000 + i*step
			}
			edge := i%half < 3 || i%half > half-4
			lost := rng.IntN(12)
			for l := range Line(2) {
				if int(l) == lost && !edge {
					continue
				}
				in = append(in, arrival{at: i*step + uint64(l)*skew + rng.Uint64N(2000), line: l, p: p})
			}
		}
		slices.SortStableFunc(in, func(x, y arrival) int { return int(int64(x.at) - int64(y.at)) })
		d := &drain{t: t, a: newArbiter(t, burstConfig()), content: true}
		runArrivals(d, in)
		if s := d.a.Stats(); len(d.gaps) != 0 || len(d.units) != 2*half*4 || s.Session != 8 {
			t.Fatalf("seed %d, skew %d: %d of %d units, gaps %v, %+v", seed, skew, len(d.units), 2*half*4, d.gaps, s)
		}
	}
}

// TestADaySentAgainFaster: a day with quiet times is sent again faster than it was, so that the venue's times go by faster than
// ours. What comes after a quiet time is no other day, whichever line loses of it.
func TestADaySentAgainFaster(t *testing.T) {
	for loses := range 3 {
		a := newArbiter(t, Config{Lines: twoLines})
		d := &drain{t: t, a: a, content: true}
		now, sent := uint64(1000*ms), uint64(1000*ms)
		for seq := uint64(1); seq <= 400; seq++ {
			if seq%100 == 50 {
				now, sent = now+5*ms, sent+5000*ms
			}
			for l := range Line(2) {
				p := packet(seq, 1)
				now += 1000
				p.TsRecv, p.TsSend = now, sent
				if seq == 40+uint64(l) || seq%100 == 50 && int(l) == loses {
					continue
				}
				d.offer(l, &p)
			}
			sent += 1000
		}
		a.Flush()
		d.rest()
		if s := a.Stats(); len(d.units) != 400 || len(d.gaps) != 0 || s.Resets != 0 {
			t.Errorf("line %d loses: %d units of 400, gaps %v, %d resets", loses, len(d.units), d.gaps, s.Resets)
		}
	}
}
