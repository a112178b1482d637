package bpf

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"wirebook/afxdp"
)

const (
	xdpPass     = 2
	xdpRedirect = 4
	clockTAI    = unix.CLOCK_TAI
)

// bench is a loaded filter whose programs run on packets, without an interface.
type bench struct {
	tb   testing.TB
	f    *Filter
	prog *ebpf.Program
}

func newBench(tb testing.TB, program string, queues ...int) *bench {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("loading a program needs root; this check did not run")
	}
	f, err := Load(Options{Ifindex: 1, MaxSubscriptions: 8})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	prog, err := f.load(variant{program: program})
	if err != nil {
		tb.Fatalf("load %s: %v", program, err)
	}
	tb.Cleanup(func() { prog.Close() })
	for _, q := range queues {
		// Bound to anything: the program is run without an interface, and only has to find a socket in the map.
		inNamespace(tb, 1500, func(ifindex int) error {
			umem, err := afxdp.NewUMEM(afxdp.UMEMOptions{Frames: 1})
			if err != nil {
				return err
			}
			s, err := afxdp.Open(afxdp.Options{Ifindex: ifindex, UMEM: umem})
			if err != nil {
				return err
			}
			tb.Cleanup(func() { s.Close(); umem.Close() })
			return f.SetSocket(q, s.FD())
		})
	}
	return &bench{tb, f, prog}
}

// xdpMD is struct xdp_md. Data offsets are relative to the buffer given to the kernel.
type xdpMD struct{ Data, DataEnd, DataMeta, IngressIfindex, RxQueueIndex, EgressIfindex uint32 }

// run runs the program on meta and data as they came to queue, and returns its verdict, metadata and data after it.
func (b *bench) run(meta, data []byte) (verdict uint32, metaOut, dataOut []byte) {
	b.tb.Helper()
	in := append(bytes.Clone(meta), data...)
	out := make([]byte, len(in)+256)
	ctx, after := xdpMD{Data: uint32(len(meta)), DataEnd: uint32(len(in))}, xdpMD{}
	o := ebpf.RunOptions{Data: in, DataOut: out, Context: ctx, ContextOut: &after}
	verdict, err := b.prog.Run(&o)
	if err != nil {
		b.tb.Fatalf("run the program on %d bytes: %v", len(in), err)
	}
	return verdict, o.DataOut[:after.Data], o.DataOut[after.Data:after.DataEnd]
}

func (b *bench) counters() Counters {
	b.tb.Helper()
	c, err := b.f.Counters()
	if err != nil {
		b.tb.Fatal(err)
	}
	return c
}

func (b *bench) subscribe(s Subscription) {
	b.tb.Helper()
	if err := b.f.Subscribe(s); err != nil {
		b.tb.Fatal(err)
	}
}

// TestVerdicts runs every branch: the verdict, the one counter it moves, and that the packet is left as it was.
func TestVerdicts(t *testing.T) {
	b := newBench(t, filterProgFilterNone, 0)
	b.subscribe(Subscription{Group: groupA, ID: 7})
	b.subscribe(Subscription{Group: netip.MustParseAddrPort("239.1.1.1:5000"), Source: sender1, ID: 9})
	b.subscribe(Subscription{Group: groupA, VLAN: 100, ID: 8})
	b.subscribe(Subscription{Group: netip.MustParseAddrPort("239.1.1.2:5000"), VLAN: AnyVLAN, ID: 10})
	b.subscribe(Subscription{Group: netip.MustParseAddrPort("239.1.1.3:5000"), VLAN: 7, ID: 11})
	bySource, anyVLAN, oneVLAN := netip.MustParseAddrPort("239.1.1.1:5000"), netip.MustParseAddrPort("239.1.1.2:5000"), netip.MustParseAddrPort("239.1.1.3:5000")
	good := packet{payload: 30}
	cut := func(p packet, n int) []byte { return p.bytes()[:n] }
	for _, c := range []struct {
		name string
		data []byte
		want Counter
		id   uint16
	}{
		{"plain", good.bytes(), Redirected, 7},
		{"other sender, any wanted", packet{source: sender2}.bytes(), Redirected, 7},
		{"its VLAN", packet{vlans: []uint16{0x8100}}.bytes(), Redirected, 8},
		{"its VLAN, with a priority", packet{vlans: []uint16{0x8100}, tci: []uint16{0xe000 | 100}}.bytes(), Redirected, 8},
		{"another VLAN", packet{vlans: []uint16{0x8100}, tci: []uint16{101}}.bytes(), OtherVLAN, 0},
		{"a priority tag is no VLAN", packet{vlans: []uint16{0x8100}, tci: []uint16{0xe000}}.bytes(), Redirected, 7},
		{"a priority tag before the VLAN's", packet{vlans: []uint16{0x8100, 0x8100}, tci: []uint16{0xe000, 100}}.bytes(), Redirected, 8},
		{"service tag of its number", packet{vlans: []uint16{0x88a8}}.bytes(), OtherVLAN, 0},
		{"the old stacked tag of its number", packet{vlans: []uint16{0x9100}}.bytes(), OtherVLAN, 0},
		{"two VLAN tags", packet{vlans: []uint16{0x88a8, 0x8100}}.bytes(), OtherVLAN, 0},
		{"three VLAN tags", packet{vlans: []uint16{0x88a8, 0x8100, 0x8100}}.bytes(), VLANDepth, 0},
		{"three, the last of the old kind", packet{vlans: []uint16{0x88a8, 0x8100, 0x9100}}.bytes(), VLANDepth, 0},
		{"any VLAN: none", packet{group: anyVLAN}.bytes(), Redirected, 10},
		{"any VLAN: one", packet{group: anyVLAN, vlans: []uint16{0x8100}}.bytes(), Redirected, 10},
		{"any VLAN: the old stacked tag", packet{group: anyVLAN, vlans: []uint16{0x9100}}.bytes(), Redirected, 10},
		{"any VLAN: two", packet{group: anyVLAN, vlans: []uint16{0x9100, 0x8100}}.bytes(), Redirected, 10},
		{"one VLAN: untagged", packet{group: oneVLAN}.bytes(), OtherVLAN, 0},
		{"one VLAN: it", packet{group: oneVLAN, vlans: []uint16{0x8100}, tci: []uint16{7}}.bytes(), Redirected, 11},
		{"own source under a tag", packet{group: bySource, vlans: []uint16{0x8100}}.bytes(), OtherVLAN, 0},
		{"IPv4 options", packet{options: 4}.bytes(), Redirected, 7},
		{"most IPv4 options", packet{options: 40}.bytes(), Redirected, 7},
		{"VLAN and options", packet{vlans: []uint16{0x8100}, options: 24}.bytes(), Redirected, 8},
		{"don't fragment", packet{fragment: 0x4000}.bytes(), Redirected, 7},
		{"first fragment", packet{fragment: 0x2000}.bytes(), Fragment, 0},
		{"later fragment", packet{fragment: 0x0001}.bytes(), Fragment, 0},
		{"other port", packet{group: groupB}.bytes(), Unsubscribed, 0},
		{"other group", packet{group: netip.MustParseAddrPort("233.54.12.112:26477")}.bytes(), Unsubscribed, 0},
		{"own source", packet{group: bySource}.bytes(), Redirected, 9},
		{"wrong source", packet{group: bySource, source: sender2}.bytes(), OtherSource, 0},
		{"IGMP", packet{proto: 2}.bytes(), NotUDP, 0},
		{"TCP", packet{proto: 6}.bytes(), NotUDP, 0},
		{"ARP", packet{ethType: 0x0806}.bytes(), NotIPv4, 0},
		{"PTP over Ethernet", packet{ethType: 0x88f7}.bytes(), NotIPv4, 0},
		{"IPv6", packet{ethType: 0x86dd}.bytes(), NotIPv4, 0},
		{"ARP behind a tag", packet{vlans: []uint16{0x8100}, ethType: 0x0806}.bytes(), NotIPv4, 0},
		{"IP version 6 in an IPv4 frame", packet{version: 6}.bytes(), BadHeader, 0},
		{"header of 4 words", packet{headerAs: 4}.bytes(), BadHeader, 0},
		{"header of 15 words, none there", packet{headerAs: 15}.bytes(), Short, 0},
		{"cut in the UDP header", cut(good, 14+20+7), Short, 0},
		{"whole UDP header, no payload", cut(good, 14+20+8), Redirected, 7},
		{"cut in the IPv4 header", cut(good, 14+19), Short, 0},
		{"only Ethernet", cut(good, 14), Short, 0},
		{"cut in a tag", cut(packet{vlans: []uint16{0x8100, 0x8100}}, 14+6), Short, 0},
	} {
		before := b.counters()
		verdict, meta, data := b.run(nil, c.data)
		after := b.counters()
		want := uint32(xdpPass)
		if c.want == Redirected {
			want = xdpRedirect
		}
		if verdict != want {
			t.Errorf("%s: verdict %d, want %d", c.name, verdict, want)
		}
		for i := range MetaFailed {
			moved := after[i] - before[i]
			if i == c.want && moved != 1 || i != c.want && moved != 0 {
				t.Errorf("%s: counter %s moved by %d", c.name, i, moved)
			}
		}
		if after.Packets()-before.Packets() != 1 {
			t.Errorf("%s: counted %d packets, want 1", c.name, after.Packets()-before.Packets())
		}
		if !bytes.Equal(data, c.data) {
			t.Errorf("%s: the packet was changed", c.name)
		}
		if c.want != Redirected {
			if len(meta) != 0 {
				t.Errorf("%s: %d bytes of metadata on a packet that passes up", c.name, len(meta))
			}
			continue
		}
		if m, ok := TakeMeta(meta); !ok || m != (Meta{ID: c.id}) {
			t.Errorf("%s: metadata %+v, %v; want ID %d", c.name, m, ok, c.id)
		}
	}
	if c := b.counters(); c[StampNone] != c[Redirected] || c[MetaFailed] != 0 {
		t.Errorf("%d stamps of no source for %d redirected: %v", c[StampNone], c[Redirected], c)
	}
}

// TestNoSocket: a queue without a socket passes up, without metadata.
func TestNoSocket(t *testing.T) {
	b := newBench(t, filterProgFilterDriver, 1)
	b.subscribe(Subscription{Group: groupA, ID: 7})
	verdict, meta, _ := b.run(nil, packet{}.bytes())
	if c := b.counters(); verdict != xdpPass || len(meta) != 0 || c[NoSocket] != 1 || c[Redirected] != 0 {
		t.Errorf("verdict %d, %d bytes of metadata, counters %v; want pass, 0, no_socket 1", verdict, len(meta), c)
	}
	if err := b.f.ClearSocket(1); err != nil {
		t.Error(err)
	}
	if err := b.f.ClearSocket(1); err != nil {
		t.Errorf("clearing twice: %v", err)
	}
}

// TestStamps: what each variant writes, with and without metadata that came with the frame.
func TestStamps(t *testing.T) {
	carried := binary.LittleEndian.AppendUint64(nil, 1234567890123456789)
	carried = append(carried, byte(SourceHardware), 0, 0, 0, 0xff, 0xff)
	carried = binary.LittleEndian.AppendUint16(carried, metaMagic)
	foreign := bytes.Repeat([]byte{0xee}, 32)
	for _, c := range []struct {
		name, program string
		meta          []byte
		source        StampSource
		counter       Counter
		ns            uint64 // 0: now, in TAI, unless the source is none
	}{
		{"driver", filterProgFilterDriver, nil, SourceDriver, StampDriver, 0},
		{"driver over foreign metadata", filterProgFilterDriver, foreign, SourceDriver, StampDriver, 0},
		{"driver ignores carried", filterProgFilterDriver, carried, SourceDriver, StampDriver, 0},
		{"carried", filterProgFilterCarried, carried, SourceHardware, StampHardware, 1234567890123456789},
		{"nothing carried", filterProgFilterCarried, nil, SourceDriver, StampDriver, 0},
		{"something else carried", filterProgFilterCarried, foreign, SourceDriver, StampDriver, 0},
		{"none", filterProgFilterNone, nil, SourceNone, StampNone, 0},
		{"none over foreign metadata", filterProgFilterNone, foreign, SourceNone, StampNone, 0},
	} {
		b := newBench(t, c.program, 0)
		b.subscribe(Subscription{Group: groupA, ID: 0xfffe})
		data := packet{payload: 100}.bytes()
		before := now(t)
		verdict, meta, out := b.run(c.meta, data)
		after := now(t)
		if verdict != xdpRedirect || len(meta) != MetaBytes || !bytes.Equal(out, data) {
			t.Fatalf("%s: verdict %d, %d bytes of metadata, data kept %v", c.name, verdict, len(meta), bytes.Equal(out, data))
		}
		m, ok := TakeMeta(meta)
		if !ok || m.ID != 0xfffe || m.Source != c.source {
			t.Errorf("%s: metadata %+v, %v; want source %s", c.name, m, ok, c.source)
		}
		switch {
		case c.ns != 0 && m.StampNS != c.ns:
			t.Errorf("%s: stamp %d, want %d", c.name, m.StampNS, c.ns)
		case c.ns == 0 && c.source == SourceDriver && (m.StampNS < before || m.StampNS > after):
			t.Errorf("%s: stamp %d is not between %d and %d", c.name, m.StampNS, before, after)
		case c.source == SourceNone && m.StampNS != 0:
			t.Errorf("%s: stamp %d without a source", c.name, m.StampNS)
		}
		if got := b.counters(); got[c.counter] != 1 {
			t.Errorf("%s: counter %s is %d, want 1", c.name, c.counter, got[c.counter])
		}
		if _, again := TakeMeta(meta); again {
			t.Errorf("%s: metadata was taken twice", c.name)
		}
	}
}

func now(tb testing.TB) uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(clockTAI, &ts); err != nil {
		tb.Fatal(err)
	}
	return uint64(ts.Nano())
}

// TestJumbo: a packet in several buffers is redirected as a whole and counted with all its bytes.
func TestJumbo(t *testing.T) {
	b := newBench(t, filterProgFilterDriver, 0)
	b.subscribe(Subscription{Group: groupA})
	data := packet{payload: 8900}.bytes()
	if verdict, _, _ := b.run(nil, data); verdict != xdpRedirect {
		t.Fatalf("verdict %d, want redirect", verdict)
	}
	subs, err := b.f.Subscriptions()
	if err != nil {
		t.Fatal(err)
	}
	if len(subs) != 1 || subs[0].Packets != 1 || subs[0].Bytes != uint64(len(data)) {
		t.Errorf("subscriptions %+v, want 1 packet of %d bytes", subs, len(data))
	}
}
