package arbitration

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

const ms = 1_000_000

// drain delivers the verdict and everything Next gives, and checks what must hold inside a run.
type drain struct {
	t       testing.TB
	a       *Arbiter
	next    uint64
	started bool
	units   []uint64
	gaps    []Gap
	events  []Ready
	offered [MaxLines]uint64 // offered, by line
	packets [MaxLines]uint64
	content bool // payloads spell their units, 8 bytes each
}

func (d *drain) deliver(seq uint64, skip, count uint32, payload []byte) {
	if !d.started {
		d.t.Fatalf("packet %d before any session", seq)
	}
	if seq+uint64(skip) != d.next || count == 0 {
		d.t.Fatalf("delivered %d skip %d count %d, expected unit %d", seq, skip, count, d.next)
	}
	if d.content {
		for i := range uint64(count) {
			if got := binary.LittleEndian.Uint64(payload[(uint64(skip)+i)*8:]); got != d.next+i {
				d.t.Fatalf("unit %d carries %d", d.next+i, got)
			}
			d.units = append(d.units, d.next+i)
		}
	}
	d.next += uint64(count)
}

func (d *drain) offer(line Line, p *Packet) {
	if d.a.Line(line) != nil {
		d.packets[line]++
		if p.Kind == KindData && p.Count <= maxCount && p.Seq+uint64(p.Count) >= p.Seq {
			d.offered[line] += uint64(p.Count)
		}
	}
	v := d.a.Offer(line, p)
	if v.Take {
		d.deliver(p.Seq, v.Skip, v.Count, p.Payload)
		if v.Skip+v.Count != p.Count {
			d.t.Fatalf("verdict %+v of %d units", v, p.Count)
		}
	}
	d.rest()
}

func (d *drain) rest() {
	var r Ready
	for steps := 0; d.a.Next(&r); steps++ {
		if steps > 1<<20 {
			d.t.Fatal("Next does not end")
		}
		switch r.Kind {
		case ReadyPacket:
			d.deliver(r.Packet.Seq, r.Skip, r.Count, r.Packet.Payload)
		case ReadyGap:
			if r.Gap.First != d.next || r.Gap.Count == 0 {
				d.t.Fatalf("gap %+v, expected unit %d", r.Gap, d.next)
			}
			d.next += r.Gap.Count
			d.gaps = append(d.gaps, r.Gap)
		case ReadySession, ReadyReset:
			d.started, d.next = true, r.Packet.Seq
		case ReadyEndOfSession:
			if r.Packet.Seq != d.next {
				d.t.Fatalf("end at %d, expected %d", r.Packet.Seq, d.next)
			}
		default:
			d.t.Fatalf("ready %+v", r)
		}
		if r.Kind != ReadyPacket {
			d.events = append(d.events, r)
		}
	}
	d.check()
}

// check holds the sums that LineStats and Stats promise.
func (d *drain) check() {
	var first uint64
	for i := range d.a.lines[:d.a.nlines] {
		s := d.a.Line(Line(i))
		if s.Received != d.offered[i] || s.Received != s.First+s.Duplicate+s.Late+s.Suspect+s.Held {
			d.t.Fatalf("line %d units do not add up: %+v", i, *s)
		}
		if s.ReceivedPackets != d.packets[i] || s.ReceivedPackets != s.FirstPackets+s.DuplicatePackets+s.LatePackets+s.SuspectPackets+s.HeldPackets+s.Heartbeats+s.EndsOfSession {
			d.t.Fatalf("line %d packets do not add up: %+v", i, *s)
		}
		first += s.First
	}
	s := d.a.Stats()
	if s.Delivered != first {
		d.t.Fatalf("delivered %d, first copies %d", s.Delivered, first)
	}
	if s.Opened != s.Healed+s.Declared+s.OpenGaps {
		d.t.Fatalf("gaps do not add up: %+v", s)
	}
}

type arrival struct {
	at   uint64
	line Line
	p    Packet
}

func packet(seq uint64, count uint32) Packet {
	b := make([]byte, count*8)
	for i := range uint64(count) {
		binary.LittleEndian.PutUint64(b[i*8:], seq+i)
	}
	return Packet{Session: 7, Seq: seq, Count: count, Payload: b}
}

func newArbiter(tb testing.TB, cfg Config) *Arbiter {
	a, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// lossy builds the arrivals of a stream on two lines; lost is what both lose, brought the units each line kept.
func lossy(rng *rand.Rand, packets int, doubleRate float64) (in []arrival, total uint64, lost []Gap, brought [2]uint64) {
	seq := uint64(1 + 500*rng.Uint64N(2)) // from the start of the session, or joined in the middle
	from := seq
	loss := [2]float64{rng.Float64() * 0.3, rng.Float64() * 0.3}
	lag := [2]uint64{rng.Uint64N(2 * ms), rng.Uint64N(2 * ms)}
	jitter := [2]uint64{1 + rng.Uint64N(2_500_000), 1 + rng.Uint64N(2_500_000)}
	for i := range packets {
		p := packet(seq, 1+rng.Uint32N(5))
		edge := i == 0 || i == packets-1
		drop := [2]bool{!edge && rng.Float64() < loss[0], !edge && rng.Float64() < loss[1]}
		if drop[0] && drop[1] {
			drop[rng.IntN(2)] = false
		}
		if !edge && rng.Float64() < doubleRate {
			drop = [2]bool{true, true}
			if n := len(lost); n > 0 && lost[n-1].First+lost[n-1].Count == seq {
				lost[n-1].Count += uint64(p.Count)
			} else {
				lost = append(lost, Gap{seq, uint64(p.Count)})
			}
		}
		for l := range 2 {
			if drop[l] {
				continue
			}
			brought[l] += uint64(p.Count)
			copies := 1
			if rng.IntN(50) == 0 {
				copies = 2
			}
			for range copies {
				at := uint64(i)*50_000 + lag[l] + rng.Uint64N(jitter[l])
				in = append(in, arrival{at: at, line: Line(l), p: p})
			}
		}
		seq += uint64(p.Count)
	}
	slices.SortStableFunc(in, func(x, y arrival) int { return int(int64(x.at) - int64(y.at)) })
	return in, seq - from, lost, brought
}

func seeds() uint64 {
	if testing.Short() {
		return 100
	}
	return 1000
}

// TestOneLineSurvives: what one line loses, repeats, delays or reorders while the other has it is not seen.
func TestOneLineSurvives(t *testing.T) {
	for seed := range seeds() {
		rng := rand.New(rand.NewPCG(seed, 1))
		in, total, _, brought := lossy(rng, 120, 0)
		d := &drain{t: t, a: newArbiter(t, Config{Lines: []LineConfig{{Name: "A"}, {Name: "B"}}, WindowPackets: 256, WindowBytes: 1 << 14}), content: true}
		runArrivals(d, in)
		if len(d.gaps) != 0 || uint64(len(d.units)) != total {
			t.Fatalf("seed %d: %d of %d units, gaps %v", seed, len(d.units), total, d.gaps)
		}
		for l := range 2 {
			if s := d.a.Line(Line(l)); s.Lost != total-brought[l] {
				t.Fatalf("seed %d line %d: lost %d, truth %d", seed, l, s.Lost, total-brought[l])
			}
		}
	}
}

// TestDoubleLoss: what both lines lose is reported exactly, and nothing else is missing.
func TestDoubleLoss(t *testing.T) {
	for seed := range seeds() {
		rng := rand.New(rand.NewPCG(seed, 2))
		in, total, lost, _ := lossy(rng, 150, 0.05)
		d := &drain{t: t, a: newArbiter(t, Config{Lines: []LineConfig{{Name: "A"}, {Name: "B"}}, WindowPackets: 256, WindowBytes: 1 << 14}), content: true}
		runArrivals(d, in)
		if !slices.Equal(d.gaps, lost) {
			t.Fatalf("seed %d: gaps %v, truth %v", seed, d.gaps, lost)
		}
		var n uint64
		for _, g := range lost {
			n += g.Count
		}
		if uint64(len(d.units))+n != total {
			t.Fatalf("seed %d: %d units and %d lost of %d", seed, len(d.units), n, total)
		}
	}
}

func runArrivals(d *drain, in []arrival) {
	const start = 1_700_000_000_000_000_000
	for i := range in {
		in[i].p.TsRecv = start + in[i].at
		d.offer(in[i].line, &in[i].p)
		d.a.Tick(in[i].p.TsRecv)
		d.rest()
	}
	d.a.Flush()
	d.rest()
}

// TestHostile: whatever arrives, units come in order and once, and the counters add up.
func TestHostile(t *testing.T) {
	for seed := range seeds() {
		rng := rand.New(rand.NewPCG(seed, 3))
		d := &drain{t: t, a: newArbiter(t, Config{Lines: []LineConfig{{Name: "A"}, {Name: "B"}, {Name: "R", Recovery: true}},
			WindowPackets: 1 + rng.IntN(32), WindowBytes: 1 + rng.IntN(2000), ReorderPackets: 1 + rng.IntN(8), PersistPackets: 1 + rng.IntN(4)})}
		now := uint64(1000)
		base := rng.Uint64()
		if rng.IntN(2) == 0 {
			base = 1
		}
		for range 300 {
			now += rng.Uint64N(1 << rng.IntN(33))
			p := Packet{Session: rng.Uint64N(1 + seed%3), TsRecv: now, Kind: Kind(rng.IntN(4)), Count: uint32(rng.IntN(6)), Payload: make([]byte, rng.IntN(120))}
			if rng.IntN(3) != 0 {
				p.Kind = KindData
			}
			p.Seq = base + rng.Uint64N(1<<rng.IntN(8))
			switch rng.IntN(12) {
			case 0:
				p.Seq = rng.Uint64() >> rng.IntN(64)
			case 1:
				p.Count = rng.Uint32() >> rng.IntN(32)
			case 2:
				p.Seq = d.next
			case 3:
				p.Session = rng.Uint64()
			}
			if seed%2 == 0 {
				p.TsSend = now - rng.Uint64N(1000)
			}
			base += rng.Uint64N(4)
			d.offer(Line(rng.IntN(4)), &p)
			if rng.IntN(4) == 0 {
				d.a.Tick(now)
				d.rest()
			}
		}
		d.a.Flush()
		d.rest()
		if s := d.a.Stats(); s.HeldPackets != 0 || s.OpenGaps != 0 {
			t.Fatalf("seed %d: after Flush %+v", seed, s)
		}
	}
}
