package afxdp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"wirebook/afxdp/internal/netns"
)

// pair is a veth pair between two namespaces: one end sends, the other has a program that redirects everything to the
// socket of its queue.
type pair struct {
	tb      testing.TB
	tx, rx  *netns.NS
	txIndex int
	rxIndex int
	sockets *ebpf.Map
	prog    *ebpf.Program
	link    link.Link
}

// newPair makes the pair; flags is how the program is attached, 0 for not at all.
func newPair(tb testing.TB, queues, mtu int, flags link.XDPAttachFlags) *pair {
	tb.Helper()
	p := &pair{tb: tb, tx: netns.New(tb), rx: netns.New(tb)}
	p.txIndex, p.rxIndex = netns.Veth(tb, p.tx, "xtx0", p.rx, "xrx0", queues, mtu)
	if flags != 0 {
		p.attach(flags)
	}
	return p
}

func (p *pair) attach(flags link.XDPAttachFlags) {
	p.tb.Helper()
	p.sockets, p.prog = redirectAll(p.tb)
	if err := p.rx.Do(func() (err error) {
		p.link, err = link.AttachXDP(link.XDPOptions{Program: p.prog, Interface: p.rxIndex, Flags: flags})
		return err
	}); err != nil {
		p.tb.Fatalf("attach: %v", err)
	}
	p.tb.Cleanup(func() { p.link.Close() })
}

// redirectAll loads a program that sends each packet, in however many buffers, to the socket of its queue.
func redirectAll(tb testing.TB) (*ebpf.Map, *ebpf.Program) {
	tb.Helper()
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: 16})
	if err != nil {
		tb.Fatalf("make an XSKMAP: %v", err)
	}
	const hasFrags, rxQueueIndex, xdpPass = 1 << 5, 16, 2
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Flags: hasFrags, Instructions: asm.Instructions{
		asm.LoadMem(asm.R2, asm.R1, rxQueueIndex, asm.Word),
		asm.LoadMapPtr(asm.R1, m.FD()),
		asm.Mov.Imm(asm.R3, xdpPass),
		asm.FnRedirectMap.Call(),
		asm.Return(),
	}})
	if err != nil {
		tb.Fatalf("load the test program: %v", err)
	}
	tb.Cleanup(func() { prog.Close(); m.Close() })
	return m, prog
}

func newUMEM(tb testing.TB, o UMEMOptions) *UMEM {
	tb.Helper()
	u, err := NewUMEM(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := u.Close(); err != nil {
			tb.Error(err)
		}
	})
	return u
}

// open opens a socket in a namespace and closes it with the test, if the test has not.
func open(tb testing.TB, ns *netns.NS, o Options) *Socket {
	tb.Helper()
	var s *Socket
	if err := ns.Do(func() (err error) { s, err = Open(o); return err }); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if s.fd >= 0 {
			if err := s.Close(); err != nil {
				tb.Error(err)
			}
		}
	})
	return s
}

// receiver opens a receiving socket and gives it the packets of its queue.
func (p *pair) receiver(o Options) *Socket {
	p.tb.Helper()
	o.Ifindex = p.rxIndex
	if o.TXFrames == 0 {
		o.TXFrames = -1
	}
	s := open(p.tb, p.rx, o)
	if err := p.sockets.Put(uint32(o.Queue), uint32(s.FD())); err != nil {
		p.tb.Fatal(err)
	}
	return s
}

// sender opens a sending socket with a UMEM of its own.
func (p *pair) sender(o Options) *Socket {
	p.tb.Helper()
	o.Ifindex = p.txIndex
	if o.UMEM == nil {
		o.UMEM = newUMEM(p.tb, UMEMOptions{Frames: 512})
	}
	o.RXFrames = -1
	if o.TXFrames == 0 {
		o.TXFrames = 256
	}
	return open(p.tb, p.tx, o)
}

// frame returns a test frame: a number, and content that follows from it.
func frame(number uint64, size int) []byte {
	b := make([]byte, size)
	copy(b, []byte{0x01, 0, 0x5e, 1, 2, 3, 2, 0, 0, 0, 0, 1, 0x88, 0xb5}) // an EtherType for local experiments
	binary.LittleEndian.PutUint64(b[14:], number)
	for i := 22; i < size; i++ {
		b[i] = byte(uint64(i) * (number + 7))
	}
	return b
}

// send sends frames numbered from first, size bytes each.
func send(tb testing.TB, s *Socket, first uint64, count, size int) {
	tb.Helper()
	b := NewTxBatch(64)
	for sent, deadline := 0, time.Now().Add(5*time.Second); sent < count; {
		n := s.Reserve(b, min(64, count-sent))
		for i := range n {
			if !b.Put(i, frame(first+uint64(sent+i), size)) {
				tb.Fatalf("a packet of %d bytes does not fit a frame", size)
			}
		}
		if err := s.Submit(b, n); err != nil {
			tb.Fatal(err)
		}
		if sent += n; time.Now().After(deadline) {
			tb.Fatalf("sent %d of %d in 5 s", sent, count)
		}
		if n == 0 {
			time.Sleep(50 * time.Microsecond)
			_ = s.Flush(time.Second)
		}
	}
	if err := s.Flush(2 * time.Second); err != nil {
		tb.Fatal(err)
	}
}

// expect receives count packets numbered from first, in order, and compares their content.
func expect(tb testing.TB, s *Socket, first uint64, count, size int) {
	tb.Helper()
	b, scratch := NewBatch(64), make([]byte, 1<<16)
	got := 0
	for deadline := time.Now().Add(5 * time.Second); got < count; {
		n := s.Poll(b)
		for i := 0; i < n; {
			var data []byte
			data, i = b.Packet(i, scratch)
			if want := frame(first+uint64(got), size); !bytes.Equal(data, want) {
				tb.Fatalf("packet %d: got %d bytes starting %x, want %d starting %x", got, len(data), data[:min(32, len(data))], size, want[:32])
			}
			got++
		}
		s.Release(b)
		if n == 0 {
			if _, err := s.Wait(10 * time.Millisecond); err != nil {
				tb.Fatal(err)
			}
		}
		if time.Now().After(deadline) {
			st, _ := s.Statistics()
			tb.Fatalf("received %d of %d in 5 s; %s; %+v", got, count, s.Report(), st)
		}
	}
}

func wantErr(tb testing.TB, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Errorf("got error %v, want one that is %v", err, want)
	}
}
