package feedhandler_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/playback"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

// packetsRing makes a packets ring in the heap, and its two ends.
func packetsRing(t testing.TB, size uint64) (*shm.PacketWriter, []byte) {
	t.Helper()
	cfg, err := shm.PacketsOf(size)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Epoch = 1
	mem := asBytes(make([]uint64, shm.PacketsBytes(cfg)/8))
	w, err := shm.NewPacketWriter(mem, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w, mem
}

// playBack gives what a ring holds to the pipeline that build makes.
func playBack(t testing.TB, mem []byte, build playback.Build, see func(*shm.PacketHeader, []byte)) *playback.Player {
	t.Helper()
	r, err := shm.NewPacketReader(mem)
	if err != nil {
		t.Fatal(err)
	}
	if r.Missed() != 0 {
		t.Fatal("the ring was too small for the test")
	}
	p := playback.New(build)
	for {
		switch res := r.Next(); res {
		case shm.Record:
			if see != nil {
				see(r.Header(), r.Payload())
			}
			if err := p.Take(r.Header(), r.Payload()); err != nil {
				t.Fatalf("record at %d: %v", r.At(), err)
			}
			continue
		case shm.NewEpoch:
			continue
		case shm.Empty, shm.Stopped:
			p.Finish()
			return p
		default:
			t.Fatalf("reading the ring: %v", res)
		}
	}
}

// state is everything that two pipelines of the same inputs have in common.
func state(p *feedhandler.Pipeline) string {
	s := fmt.Sprintf("wire %v stamps %v\n", p.Wire, p.Stamps)
	for _, c := range p.Channels() {
		for schema := shm.Schema(0); schema < shm.SchemaCount; schema++ {
			s += fmt.Sprintf("%s %+v\n", schema, c.Digest(schema))
		}
		s += fmt.Sprintf("%s: %d messages %d packets %+v %v\n", c.Name(), c.Messages, c.Packets, c.Arbitration(), c.Faults())
		for l := range c.Lines() {
			line := c.Line(l)
			s += fmt.Sprintf("line %d: first %d duplicate %d late %d lost %d suspect %d held %d, %v\n", l, line.First, line.Duplicate, line.Late, line.Lost, line.Suspect, line.Held, line.State)
		}
	}
	return s
}

// edge drives a pipeline as an edge under load does, and worse: bursts of any length, ticks ahead of the stamps and behind them,
// lateness that comes and goes, pauses, garbage, datagrams without their headers, and a mended panic.
type edge struct {
	p       *feedhandler.Pipeline
	r       *rand.Rand
	now     uint64
	tick    uint64
	ticks   int
	faults  bool
	frames  int
	stopped uint64 // no tick before
	another int    // from this frame on it is another session, where the framing is MoldUDP64
	shift   uint64 // by how much everything comes later: the feed was silent
}

func (e *edge) Frame(ts uint64, frame []byte) error {
	e.frames++
	ts += e.shift
	if e.another > 0 && e.frames > e.another {
		frame = bytes.Clone(frame)
		copy(frame[42:], "ANOTHERDAY")
	}
	e.now = max(e.now, ts)
	for e.tick+100_000 < ts && ts > e.stopped {
		step := uint64(100_000)
		if left := ts - e.tick; left > 2_000_000 && e.tick != 0 {
			step = left / 8 // not every tick of a silence
		}
		e.tick = max(e.tick+step, ts-min(ts, 4_000_000_000))
		e.ticks++
		e.p.OnTick(e.tick + uint64(e.r.IntN(300_000)))
		e.p.Flush()
	}
	switch e.r.IntN(200) {
	case 0:
		e.p.SetLate(uint64(e.r.IntN(3)) * 4_000_000)
	case 1:
		e.stopped = ts + uint64(e.r.IntN(20_000_000))
	case 2:
		e.p.OnFrame(frame[:e.r.IntN(len(frame))], ptp.Stamp{NS: ts, Source: ptp.SourceNIC})
	case 3:
		other := bytes.Clone(frame)
		other[33] ^= 1 // another group
		e.p.OnFrame(other, ptp.Stamp{NS: ts, Source: ptp.SourceNIC})
	case 6, 7, 8, 9:
		other := bytes.Clone(frame) // false claims: another session, number, count or time
		for range 1 + e.r.IntN(3) {
			if at := 42 + e.r.IntN(24); at < len(other) {
				other[at] ^= byte(1 << e.r.IntN(8))
			}
		}
		for range 1 + e.r.IntN(4) {
			e.p.OnFrame(other, ptp.Stamp{NS: ts, Source: ptp.SourceNIC})
		}
	case 10:
		if e.r.IntN(4) == 0 {
			e.shift += uint64(e.r.IntN(3_000_000_000))
		}
	case 4:
		if e.faults {
			e.p.Abandon()
		}
	case 5:
		if e.faults {
			e.p.Silence(e.r.IntN(2) == 0)
		}
	}
	stamp := ptp.Stamp{NS: ts, BoundNS: uint32(e.r.IntN(1000)), Source: ptp.Source(e.r.IntN(int(ptp.SourceCount))), Bad: e.r.IntN(20) == 0}
	var d feedhandler.Datagram
	switch e.r.IntN(4) {
	case 0:
		if feedhandler.ParseFrame(frame, false, &d) == feedhandler.WireOK {
			e.p.OnDatagram(&d, stamp)
			break
		}
		fallthrough
	default:
		e.p.OnFrame(frame, stamp)
	}
	if e.r.IntN(5) == 0 {
		e.p.Flush()
	}
	return nil
}

func recordedPipeline(t testing.TB, encoding sim.Encoding, packets *feedhandler.Packets) *feedhandler.Pipeline {
	t.Helper()
	return recordedPipelineInto(t, encoding, packets, feedhandler.Output{})
}

func recordedPipelineInto(t testing.TB, encoding sim.Encoding, packets *feedhandler.Packets, out feedhandler.Output) *feedhandler.Pipeline {
	t.Helper()
	p, err := feedhandler.New(feedhandler.Config{Packets: packets, Channels: []feedhandler.ChannelConfig{{
		Output: out, Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines,
		Options:     venue.Options{MaxInstruments: 64},
		Arbitration: arbitration.Config{WindowPackets: 256, WindowBytes: 1 << 17, GapTimeoutNS: 400_000, ReorderNS: 50_000},
		Books:       book.Config{MaxOrders: 1 << 12, MaxLevels: 1 << 10, InitialOrders: 1 << 8},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestInputsRecordedAndGivenAgainGiveTheSame: whatever an edge gives the core, in whatever order, the packets ring has what is
// needed for the same records, gaps and counts, to the last byte. Most ticks are not in it: they changed nothing.
func TestInputsRecordedAndGivenAgainGiveTheSame(t *testing.T) {
	given, written, gaps := 0, uint64(0), 0
	var turns uint64 // sessions that were left, numberings that began again, far jumps
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			for seed := uint64(1); seed <= max(seeds(t)/4, 40); seed++ {
				ring, mem := packetsRing(t, 1<<20)
				packets := feedhandler.NewPackets(ring)
				live := recordedPipeline(t, encoding, packets)
				live.Enter([]byte("origin"))
				e := &edge{p: live, r: rand.New(rand.NewPCG(seed, 15)), faults: seed%3 == 0}
				if encoding == sim.ITCH50 && seed%4 == 1 {
					e.another = 100 + int(seed)
				}
				w := impaired(seed)
				w.NoDoubleLoss = seed%2 == 0
				w.Merged = sim.SinkFunc(e.Frame)
				day(t, encoding, seed, w, nil)
				if seed%5 != 0 {
					live.End()
				} else {
					live.Flush()
				}
				again := recordedPipeline(t, encoding, nil)
				p := playBack(t, mem, func(origin []byte) (*feedhandler.Pipeline, []uint16, error) {
					if string(origin) != "origin" {
						t.Fatalf("seed %d: origin %q", seed, origin)
					}
					return again, []uint16{0}, nil
				}, nil)
				if got, want := state(again), state(live); got != want {
					t.Fatalf("seed %d: given again\n%s\nbut was\n%s", seed, got, want)
				}
				was, _ := live.TakeGaps(nil)
				is, _ := again.TakeGaps(nil)
				if !reflect.DeepEqual(was, is) {
					t.Fatalf("seed %d: gaps given again\n%+v\nbut were\n%+v", seed, is, was)
				}
				st := live.Channels()[0].Arbitration()
				turns += st.Sessions - min(st.Sessions, 1) + st.Resets + st.Jumps
				given, written, gaps = given+e.ticks, written+p.Counts.Ticks, gaps+len(was)
			}
		})
	}
	t.Logf("%d of %d ticks were written, %d gaps, %d turns", written, given, gaps, turns)
	if written == 0 || written > uint64(given)*9/10 || gaps == 0 || turns == 0 {
		t.Errorf("%d of %d ticks were written, %d gaps, %d turns: the test does not show what it is to show", written, given, gaps, turns)
	}
}

// TestSetsPlayBack: pipelines of a set share what their channels are told, and one ring: the order among them is kept.
func TestSetsPlayBack(t *testing.T) {
	pipes := func(packets *feedhandler.Packets) (list [2]*feedhandler.Pipeline) {
		set := feedhandler.NewSet(40)
		for i := range list {
			p, err := feedhandler.New(feedhandler.Config{Packets: packets, Channels: []feedhandler.ChannelConfig{{
				Name: fmt.Sprint("c", i), PublisherID: 1, Feed: venue.Find("cme.mdp3"), Set: "s", Shared: set,
				Lines: []feedhandler.LineConfig{{Name: "A", Group: 1, Port: uint16(i + 1)}}, Books: book.Config{MaxOrders: 1 << 10, MaxLevels: 1 << 10},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			p.Channels()[0].Number(uint32(i + 3))
			list[i] = p
		}
		return list
	}
	for seed := range uint64(60) {
		ring, mem := packetsRing(t, 1<<20)
		live := pipes(feedhandler.NewPackets(ring))
		r := rand.New(rand.NewPCG(seed, 2))
		live[0].Enter(nil)
		late := r.IntN(100) // the second comes when the first has told something
		now := uint64(1)
		var seq [2]uint32
		for n := range 300 {
			if n == late {
				live[1].Enter(nil)
			}
			if now += uint64(r.IntN(2_000_000)); r.IntN(3) == 0 {
				for _, p := range live[:1+min(1, n/max(late, 1))] {
					p.OnTick(now)
					p.Flush()
				}
			}
			i, id := r.IntN(2), int32(7000+r.IntN(30))
			if n <= late {
				i = 0
			}
			seq[i]++
			if r.IntN(4) == 0 {
				cmePacket(live[i], uint16(i+1), seq[i], now, future(id, fmt.Sprintf("S%d", r.IntN(50))))
			} else {
				cmePacket(live[i], uint16(i+1), seq[i], now, bid(id, uint32(n), uint8(1+r.IntN(5))))
			}
		}
		for _, p := range live {
			p.End()
		}
		again, entered := pipes(nil), 0
		playBack(t, mem, func([]byte) (*feedhandler.Pipeline, []uint16, error) {
			entered++
			return again[entered-1], []uint16{uint16(entered + 2)}, nil
		}, nil)
		for i := range live {
			if got, want := state(again[i]), state(live[i]); got != want {
				t.Fatalf("seed %d, pipeline %d: given again\n%s\nbut was\n%s", seed, i, got, want)
			}
		}
	}
}

// explode panics at its nth record.
type explode struct{ left int }

func (e *explode) Record(shm.Schema, []byte, uint64) {
	if e.left--; e.left == 0 {
		panic("made up by the test")
	}
}

// TestAPanicIsInTheRing: the frame that a channel panicked over is there and says so, and a replay that panics in the same place
// goes on in the same way, whether it was in a frame, in the end of a burst, or in a tick.
func TestAPanicIsInTheRing(t *testing.T) {
	build := func(packets *feedhandler.Packets, at int) *feedhandler.Pipeline {
		p, err := feedhandler.New(feedhandler.Config{Packets: packets, Channels: []feedhandler.ChannelConfig{{
			Name: "itch50", Feed: venue.Find("nasdaq.itch50"), Lines: simLines, Options: venue.Options{MaxInstruments: 64},
			Arbitration: arbitration.Config{GapTimeoutNS: 400_000, ReorderNS: 50_000},
			Books:       book.Config{MaxOrders: 1 << 12, MaxLevels: 1 << 10, InitialOrders: 1 << 8},
			Output:      feedhandler.Output{Tap: &explode{at}, TapSchemas: feedhandler.AllSchemas},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	where := map[string]int{}
	for at := 1; at < 1200; at += 37 {
		ring, mem := packetsRing(t, 1<<20)
		packets := feedhandler.NewPackets(ring)
		live := build(packets, at)
		live.Enter(nil)
		guarded := func(what string, do func()) {
			defer func() {
				if recover() != nil {
					where[what]++
					live.Abandon()
				}
			}()
			do()
		}
		tick, n := uint64(0), 0
		w := impaired(uint64(at))
		w.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
			for tick+200_000 < ts {
				tick = max(tick+200_000, ts-200_000)
				guarded("tick", func() { live.OnTick(tick + 600_000) })
			}
			guarded("frame", func() { live.OnFrame(frame, ptp.Stamp{NS: ts, Source: ptp.SourceNIC}) })
			if n++; n%(30+at%5*200) == 0 {
				guarded("flush", live.Flush)
			}
			return nil
		})
		day(t, sim.ITCH50, uint64(at), w, nil)
		guarded("end", live.End)
		again := build(nil, at)
		marked := 0
		p := playBack(t, mem, func([]byte) (*feedhandler.Pipeline, []uint16, error) { return again, []uint16{0}, nil },
			func(h *shm.PacketHeader, _ []byte) {
				if h.Verdict == shm.VerdictPanicked {
					marked++
				}
			})
		if got, want := state(again), state(live); got != want {
			t.Fatalf("a panic at record %d: given again\n%s\nbut was\n%s", at, got, want)
		}
		if p.Counts.PanicsGone != 0 || p.Counts.PanicsNew != 0 || p.Counts.Panics != 1 {
			t.Errorf("a panic at record %d: %+v", at, p.Counts)
		}
		where["marked"] += marked
	}
	if where["frame"] == 0 || where["flush"] == 0 || where["tick"] == 0 || where["marked"] != where["frame"] {
		t.Errorf("panics by where they were: %v: want some in each, and those over frames marked", where)
	}
}

// TestSynthesisedHeadersReadBack: the headers that a kernel socket took away are made again, and a reader that knows nothing of
// that finds the same datagram, its checksums right or absent.
func TestSynthesisedHeadersReadBack(t *testing.T) {
	for _, vlan := range []uint16{0, 1, 142, 4094, 0xFFFE} {
		line := feedhandler.LineConfig{Name: "A", Group: 0xE9360C6F, Port: 26477, VLAN: vlan}
		if vlan == 0xFFFE {
			line.VLAN = feedhandler.AnyVLAN
		}
		ring, mem := packetsRing(t, 1<<20)
		p, err := feedhandler.New(feedhandler.Config{Checksums: true, Packets: feedhandler.NewPackets(ring), Channels: []feedhandler.ChannelConfig{{
			Name: "c", Feed: venue.Find("nasdaq.itch50"), Lines: []feedhandler.LineConfig{line}, Options: venue.Options{MaxInstruments: 7}, Books: book.Config{MaxOrders: 1 << 8},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 60 {
			given := feedhandler.Datagram{Src: 0x0A000001, Dst: line.Group, SrcPort: 5, DstPort: line.Port, VLAN: vlan, Payload: bytes.Repeat([]byte{byte(n)}, n*25)}
			p.OnDatagram(&given, ptp.Stamp{NS: 7, BoundNS: 8, Source: ptp.SourceNIC, Bad: true})
			p.Flush()
			r, err := shm.NewPacketReader(mem)
			if err != nil {
				t.Fatal(err)
			}
			for range n {
				r.Next()
			}
			if res := r.Next(); res != shm.Record {
				t.Fatalf("datagram %d: %v", n, res)
			}
			h, read := r.Header(), feedhandler.Datagram{}
			if fault := feedhandler.ParseFrame(r.Payload(), true, &read); fault != feedhandler.WireOK || !reflect.DeepEqual(given, read) {
				t.Fatalf("VLAN %d, %d bytes: %s, %+v", vlan, n*25, fault, read)
			}
			if h.Flags != shm.PacketSynthesised|shm.PacketBadStamp || h.TsRecv != 7 || h.BoundNS != 8 || h.Source != uint8(ptp.SourceNIC) || h.Queue != feedhandler.NoQueue || h.Line != 0 {
				t.Errorf("recorded as %+v", *h)
			}
		}
	}
}

// TestRecordingAllocatesNothing, whatever is recorded.
func TestRecordingAllocatesNothing(t *testing.T) {
	ring, _ := packetsRing(t, 1<<20)
	p := recordedPipeline(t, sim.ITCH50, feedhandler.NewPackets(ring))
	p.Enter(nil)
	var frames [][]byte
	w := impaired(3)
	w.Merged = sim.SinkFunc(func(_ uint64, frame []byte) error { frames = append(frames, bytes.Clone(frame)); return nil })
	day(t, sim.ITCH50, 3, w, nil)
	now := uint64(1)
	n := testing.AllocsPerRun(20, func() {
		for _, f := range frames {
			var d feedhandler.Datagram
			now += 50_000
			p.SetLate(now % 3)
			p.OnTick(now)
			p.OnFrame(f, ptp.Stamp{NS: now, Source: ptp.SourceNIC})
			if feedhandler.ParseFrame(f, false, &d) == feedhandler.WireOK {
				p.OnDatagram(&d, ptp.Stamp{NS: now, Source: ptp.SourceNIC})
			}
			p.Flush()
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkPackets is what a frame costs that is recorded, beside the same frame that is not, and beside copying it.
func BenchmarkPackets(b *testing.B) {
	for _, size := range []int{80, 200, 500, 1400} {
		frame := make([]byte, size)
		b.Run(fmt.Sprintf("frame=%d/copy", size), func(b *testing.B) {
			to := make([]byte, 64<<20)
			at := 0
			b.SetBytes(int64(size))
			for b.Loop() {
				if at+size+64 > len(to) {
					at = 0
				}
				copy(to[at:], frame)
				at += (size + 63) &^ 63
			}
		})
		for _, on := range []bool{false, true} {
			b.Run(fmt.Sprintf("frame=%d/recorded=%v", size, on), func(b *testing.B) {
				var packets *feedhandler.Packets
				if on {
					ring, _ := packetsRing(b, 64<<20)
					packets = feedhandler.NewPackets(ring)
				}
				p := recordedPipeline(b, sim.ITCH50, packets) // a frame of zeros ends at its EtherType
				p.Enter(nil)
				b.SetBytes(int64(size))
				for b.Loop() {
					p.OnFrame(frame, ptp.Stamp{NS: 5, Source: ptp.SourceNIC})
				}
			})
		}
	}
}
