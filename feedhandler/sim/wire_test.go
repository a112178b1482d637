package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/venue/framing"
)

// arrived is a frame as a sink saw it.
type arrived struct {
	ts      uint64
	line    int
	seq     uint64
	count   uint32
	payload string
}

// recorder checks each frame with gopacket and keeps what it carries.
type recorder struct {
	t      *testing.T
	lines  []LineConfig
	frames []arrived
	last   uint64
}

func (r *recorder) WriteFrame(ts uint64, frame []byte) error {
	if ts < r.last {
		r.t.Fatalf("frame at %d after %d", ts, r.last)
	}
	r.last = ts
	p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
	if err := p.ErrorLayer(); err != nil {
		r.t.Fatalf("frame at %d: %v", ts, err.Error())
	}
	eth := p.Layer(layers.LayerTypeEthernet).(*layers.Ethernet)
	ip := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
	udp := p.Layer(layers.LayerTypeUDP).(*layers.UDP)
	line := slices.IndexFunc(r.lines, func(c LineConfig) bool {
		return ip.DstIP.String() == c.Group.Addr().String() && udp.DstPort == layers.UDPPort(c.Group.Port()) &&
			ip.SrcIP.String() == c.Source.Addr().String() && udp.SrcPort == layers.UDPPort(c.Source.Port())
	})
	if line < 0 {
		r.t.Fatalf("frame at %d from %v:%d to %v:%d is of no line", ts, ip.SrcIP, udp.SrcPort, ip.DstIP, udp.DstPort)
	}
	if !bytes.Equal(eth.DstMAC[:3], []byte{1, 0, 0x5e}) || !bytes.Equal(eth.SrcMAC, r.lines[line].MAC[:]) {
		r.t.Fatalf("frame at %d from %v to %v", ts, eth.SrcMAC, eth.DstMAC)
	}
	tag, _ := p.Layer(layers.LayerTypeDot1Q).(*layers.Dot1Q)
	if vlan := r.lines[line].VLAN; (tag != nil) != (vlan != 0) || tag != nil && tag.VLANIdentifier != vlan {
		r.t.Fatalf("frame at %d has tag %v, want %d", ts, tag, vlan)
	}
	if len(r.frames)%32 == 0 {
		r.checksums(frame, ip, udp)
	}
	a := arrived{ts: ts, line: line, payload: string(udp.Payload)}
	var h framing.Header
	if f := (&framing.MoldUDP64{}).Header(udp.Payload, &h); f != 0 {
		r.t.Fatalf("frame at %d: %v", ts, f)
	}
	a.seq = h.Seq
	if h.Kind == framing.Data {
		a.count = h.Count
	}
	r.frames = append(r.frames, a)
	return nil
}

// checksums lets gopacket compute both again.
func (r *recorder) checksums(frame []byte, ip *layers.IPv4, udp *layers.UDP) {
	if int(ip.Length) != 28+len(udp.Payload) || int(udp.Length) != 8+len(udp.Payload) {
		r.t.Fatalf("lengths %d and %d of a payload of %d", ip.Length, udp.Length, len(udp.Payload))
	}
	wantIP, wantUDP := ip.Checksum, udp.Checksum
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		r.t.Fatal(err)
	}
	b := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{ComputeChecksums: true}, ip, udp, gopacket.Payload(udp.Payload))
	if err != nil {
		r.t.Fatal(err)
	}
	if udp.Checksum == 0 && wantUDP == 0xFFFF {
		return // RFC 768: a sum of 0 is sent as all ones; gopacket sends 0, which says that there is none
	}
	if !bytes.HasSuffix(frame, b.Bytes()) {
		r.t.Fatalf("checksums %04x %04x: gopacket has %04x %04x", wantIP, wantUDP, ip.Checksum, udp.Checksum)
	}
}

// carried runs a day of ITCH over lines.
func carried(t *testing.T, messages uint64, cfg WireConfig) (*recorder, *Oracle, []arrived) {
	t.Helper()
	w, err := NewWire(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{t: t, lines: w.LineConfigs()}
	clean := &recorder{t: t, lines: r.lines[:1]}
	cfg.Merged = r
	o, err := Generate(newExchange(t, Config{Seed: cfg.Seed, Messages: messages}), cfg, clean, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, o, clean.frames
}

func (r *recorder) of(line int) []arrived {
	var list []arrived
	for _, f := range r.frames {
		if f.line == line {
			list = append(list, f)
		}
	}
	return list
}

func TestPerfectLines(t *testing.T) {
	r, o, clean := carried(t, 3000, WireConfig{Lines: []LineConfig{{VLAN: 7}, {DelayNS: 700}}})
	for line, delay := range []uint64{0, 700} {
		got := r.of(line)
		if len(got) != len(clean) || uint64(len(got)) != o.Datagrams {
			t.Fatalf("line %d has %d frames, clean %d, datagrams %d", line, len(got), len(clean), o.Datagrams)
		}
		for i := range got {
			if got[i].payload != clean[i].payload || got[i].ts != clean[i].ts+delay {
				t.Fatalf("line %d: frame %d differs from the clean one", line, i)
			}
		}
	}
	if len(o.LostOnAll) != 0 {
		t.Errorf("lost: %v", o.LostOnAll)
	}
}

// missing lists the sequence numbers that a set of frames does not bring.
func missing(all, got []arrived) []Range {
	have := map[uint64]bool{}
	for _, f := range got {
		if f.count > 0 {
			have[f.seq] = true
		}
	}
	var lost []Range
	for _, f := range all {
		if f.count > 0 && !have[f.seq] {
			addRange(&lost, &Datagram{Seq: f.seq, Count: f.count})
		}
	}
	return lost
}

func TestLossIsExact(t *testing.T) {
	for seed := range uint64(4) {
		r, o, clean := carried(t, 20_000, WireConfig{Seed: seed, Lines: []LineConfig{
			{LossPPM: 20_000, BurstPPM: 1000, BurstEndPPM: 100_000, BurstLossPPM: 900_000},
			{LossPPM: 50_000},
		}})
		for line := range 2 {
			if want := missing(clean, r.of(line)); !slices.Equal(o.Lines[line].LostRanges, want) {
				t.Errorf("seed %d line %d: lost %v, want %v", seed, line, o.Lines[line].LostRanges, want)
			}
		}
		if want := missing(clean, r.frames); !slices.Equal(o.LostOnAll, want) || len(want) == 0 {
			t.Errorf("seed %d: lost on all %v, want %v", seed, o.LostOnAll, want)
		}
		b := o.Lines[1]
		if share := float64(b.Lost) / float64(b.Sent); share < 0.04 || share > 0.06 {
			t.Errorf("seed %d: line B lost %.3f, want 0.05", seed, share)
		}
		// Gilbert-Elliott: a hundredth of the time is bad, and there nine of ten are lost.
		if share := float64(o.Lines[0].Lost) / float64(o.Lines[0].Sent); share < 0.02 || share > 0.045 {
			t.Errorf("seed %d: line A lost %.3f, want 0.029", seed, share)
		}
	}
}

func TestBurstsAreBursts(t *testing.T) {
	_, o, _ := carried(t, 60_000, WireConfig{Seed: 3, Lines: []LineConfig{{BurstPPM: 1000, BurstEndPPM: 100_000, BurstLossPPM: 1_000_000}}})
	lost, runs := o.Lines[0].Lost, uint64(len(o.Lines[0].LostRanges))
	if runs == 0 || lost/runs < 5 || lost/runs > 20 {
		t.Errorf("%d lost in %d runs, want runs of about ten", lost, runs)
	}
}

func TestNoDoubleLoss(t *testing.T) {
	for seed := range uint64(4) {
		r, o, clean := carried(t, 5000, WireConfig{Seed: seed, NoDoubleLoss: true, Lines: []LineConfig{
			{LossPPM: 400_000, ReorderPPM: 50_000, DuplicatePPM: 50_000, Down: []Window{{0, 5_000_000}}},
			{LossPPM: 600_000, JitterNS: 5000, Drop: []Range{{1, 1000}}},
		}})
		if lost := missing(clean, r.frames); len(lost) != 0 || len(o.LostOnAll) != 0 {
			t.Errorf("seed %d: lost %v, told %v", seed, lost, o.LostOnAll)
		}
	}
}

// TestReorderDepth counts how many later packets overtake each one.
func TestReorderDepth(t *testing.T) {
	r, o, clean := carried(t, 30_000, WireConfig{Seed: 1, Lines: []LineConfig{{ReorderPPM: 30_000, ReorderDepth: 4}}})
	if len(r.frames) != len(clean) {
		t.Fatalf("%d frames of %d", len(r.frames), len(clean))
	}
	overtaken, deepest := 0, 0
	for i, f := range r.frames {
		depth := 0
		for _, e := range r.frames[max(0, i-40):i] {
			if e.seq > f.seq && e.count > 0 {
				depth++
			}
		}
		if depth > 0 {
			overtaken++
		}
		deepest = max(deepest, depth)
	}
	if want := int(o.Lines[0].Reordered); overtaken < want*9/10 || overtaken > want || want < len(clean)/50 {
		t.Errorf("%d packets overtaken, %d held, of %d", overtaken, want, len(clean))
	}
	if deepest < 2 || deepest > 4 {
		t.Errorf("a packet was overtaken by %d, want at most 4", deepest)
	}
}

func TestDuplicates(t *testing.T) {
	r, o, clean := carried(t, 20_000, WireConfig{Seed: 1, Lines: []LineConfig{{DuplicatePPM: 20_000, DuplicateNS: 9000}}})
	if want := uint64(len(clean)) + o.Lines[0].Duplicated; uint64(len(r.frames)) != want || o.Lines[0].Frames != want {
		t.Errorf("%d frames, want %d", len(r.frames), want)
	}
	if share := float64(o.Lines[0].Duplicated) / float64(len(clean)); share < 0.015 || share > 0.025 {
		t.Errorf("%.4f duplicated, want 0.02", share)
	}
}

// TestJitterKeepsOrder: jitter alone never reorders.
func TestJitterKeepsOrder(t *testing.T) {
	r, _, clean := carried(t, 10_000, WireConfig{Seed: 1, Lines: []LineConfig{{DelayNS: 1000, JitterNS: 50_000}}})
	moved := 0
	for i := range r.frames {
		if r.frames[i].payload != clean[i].payload {
			t.Fatalf("frame %d is out of order", i)
		}
		late := r.frames[i].ts - clean[i].ts
		if late < 1000 {
			t.Fatalf("frame %d is %d ns late", i, late)
		}
		if late > 1000 {
			moved++
		}
	}
	if moved < len(clean)/2 {
		t.Errorf("only %d of %d frames have jitter", moved, len(clean))
	}
}

func TestLineDeath(t *testing.T) {
	window := Window{20_000_000, 60_000_000}
	r, o, clean := carried(t, 10_000, WireConfig{Lines: []LineConfig{{}, {Down: []Window{window}, ReorderPPM: 100_000}}})
	start, inside := clean[0].ts, uint64(0)
	for _, f := range clean {
		if at := f.ts - start; at >= window.FromNS && at < window.ToNS {
			inside++
		}
	}
	if o.Lines[1].Lost != inside || inside == 0 || len(o.Lines[1].LostRanges) != 1 || len(o.LostOnAll) != 0 {
		t.Errorf("line B lost %d in %v, want the %d of the window", o.Lines[1].Lost, o.Lines[1].LostRanges, inside)
	}
	for _, f := range r.of(1) {
		if at := f.ts - start; at > window.FromNS+501_000 && at < window.ToNS {
			t.Errorf("line B brings sequence %d while it is dead, at %d", f.seq, at)
		}
	}
}

func TestDropList(t *testing.T) {
	drop := []Range{{100, 1}, {5000, 20}}
	r, o, clean := carried(t, 10_000, WireConfig{Lines: []LineConfig{{Drop: drop}, {Drop: drop[:1]}}})
	brought := [2]map[uint64]bool{{}, {}}
	for _, f := range r.frames {
		brought[f.line][f.seq] = brought[f.line][f.seq] || f.count > 0
	}
	for _, f := range clean {
		hit := func(d Range) bool { return f.count > 0 && f.seq < d.First+d.Count && d.First < f.seq+uint64(f.count) }
		for line, want := range []bool{hit(drop[0]) || hit(drop[1]), hit(drop[0])} {
			if have := !brought[line][f.seq]; have != want && f.count > 0 {
				t.Errorf("line %d sequence %d: lost %v, want %v", line, f.seq, have, want)
			}
		}
	}
	if len(o.LostOnAll) != 1 || o.LostOnAll[0].First > 100 || o.LostOnAll[0].First+o.LostOnAll[0].Count <= 100 {
		t.Errorf("lost on all: %v, want the datagram of 100", o.LostOnAll)
	}
}

// TestWireIsDeterministic: equal seeds, equal frames; the lines' fates are their own.
func TestWireIsDeterministic(t *testing.T) {
	lines := []LineConfig{
		{LossPPM: 10_000, ReorderPPM: 10_000, DuplicatePPM: 10_000, JitterNS: 900},
		{LossPPM: 10_000, ReorderPPM: 10_000, DuplicatePPM: 10_000, JitterNS: 900},
	}
	first, o, _ := carried(t, 5000, WireConfig{Seed: 8, Lines: lines})
	again, _, _ := carried(t, 5000, WireConfig{Seed: 8, Lines: lines})
	if !slices.Equal(first.frames, again.frames) {
		t.Error("the same seed gives two captures")
	}
	if slices.Equal(o.Lines[0].LostRanges, o.Lines[1].LostRanges) {
		t.Error("both lines lose the same packets")
	}
	lines[1] = LineConfig{}
	other, _, _ := carried(t, 5000, WireConfig{Seed: 8, Lines: lines})
	if !slices.Equal(first.of(0), other.of(0)) {
		t.Error("line A changes with line B's orders")
	}
}

func TestPerLineSinksAndOracle(t *testing.T) {
	var files [2]bytes.Buffer
	var merged bytes.Buffer
	sink := func(b *bytes.Buffer) (Sink, *capture.Writer) {
		w, err := capture.NewWriter(b, true)
		if err != nil {
			t.Fatal(err)
		}
		return SinkFunc(w.Write), w
	}
	m, mw := sink(&merged)
	a, aw := sink(&files[0])
	b, bw := sink(&files[1])
	o, err := Generate(newExchange(t, Config{Messages: 500}), WireConfig{Merged: m, PerLine: []Sink{a, b}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*capture.Writer{mw, aw, bw} {
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if files[0].Len() != files[1].Len() || merged.Len() != files[0].Len()*2-24 {
		t.Errorf("captures of %d, %d and %d bytes", files[0].Len(), files[1].Len(), merged.Len())
	}
	var text bytes.Buffer
	if err := o.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var back Oracle
	if err := json.Unmarshal(text.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Final.LastSeq != o.Final.LastSeq || len(back.Final.Instruments) != 32 || back.Messages != o.Final.Messages {
		t.Errorf("oracle comes back with %d messages, %d instruments", back.Messages, len(back.Final.Instruments))
	}
}

func TestSinkErrorEndsTheDay(t *testing.T) {
	full := errors.New("no space left")
	_, err := Generate(newExchange(t, Config{Messages: 500}), WireConfig{
		Merged: SinkFunc(func(uint64, []byte) error { return full }),
	}, nil, nil)
	if !errors.Is(err, full) || !strings.Contains(err.Error(), "line A") {
		t.Errorf("error is %v", err)
	}
}

func TestLineConfigErrors(t *testing.T) {
	_, err := NewWire(WireConfig{Lines: []LineConfig{
		{Group: netip.MustParseAddrPort("10.1.1.1:5"), VLAN: 5000}, {LossPPM: 2_000_000, Down: []Window{{5, 5}}},
	}})
	if err == nil {
		t.Fatal("wrong lines are accepted")
	}
	for _, part := range []string{"line A: Group is 10.1.1.1:5", "line A: VLAN is 5000", "line B: LossPPM is 2000000", "line B: Down"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}
