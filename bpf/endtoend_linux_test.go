package bpf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"wirebook/afxdp"
)

// TestEndToEnd: frames on a wire, through the attached filter, into a socket. The two packages know each other only here.
func TestEndToEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		o      Options
		mode   afxdp.Mode
		source StampSource
	}{
		{"best", Options{}, afxdp.ModeNativeCopy, SourceDriver}, // veth has no clock: hardware is asked for and driver comes
		{"native, driver stamps", Options{Stamps: StampsDriver}, afxdp.ModeNativeCopy, SourceDriver},
		{"generic", Options{Hook: HookGeneric}, afxdp.ModeGeneric, SourceDriver},
		{"no stamps", Options{Stamps: StampsNone}, afxdp.ModeNativeCopy, SourceNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			inNamespace(t, 1500, func(ifindex int) error { return endToEnd(t, ifindex, c.o, c.mode, c.source) })
		})
	}
}

func endToEnd(t *testing.T, ifindex int, o Options, mode afxdp.Mode, source StampSource) error {
	send, done, err := wire()
	if err != nil {
		return err
	}
	defer done()
	o.Ifindex = ifindex
	f, err := Load(o)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Attach(); err != nil {
		return err
	}
	umem, err := afxdp.NewUMEM(afxdp.UMEMOptions{Frames: 128})
	if err != nil {
		return err
	}
	defer umem.Close()
	s, err := afxdp.Open(afxdp.Options{Ifindex: ifindex, UMEM: umem})
	if err != nil {
		return err
	}
	defer s.Close()
	if s.Report().Mode != mode {
		t.Errorf("%s, want %s", s.Report(), mode)
	}
	if err := f.SetSocket(0, s.FD()); err != nil {
		return err
	}
	if err := f.Subscribe(Subscription{Group: groupA, ID: 7}); err != nil {
		return err
	}
	for round := range 20 {
		before := now(t)
		for _, p := range []packet{{payload: 100 + round}, {group: groupB}, {ethType: 0x88f7}, {proto: 2}} {
			if err := send(p.bytes()); err != nil {
				return err
			}
		}
		data, meta, err := receive(s)
		if err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		after := now(t)
		if want := (packet{payload: 100 + round}).bytes(); !bytes.Equal(data, want) {
			t.Errorf("round %d: got %x, want %x", round, data, want)
		}
		stamped := meta.StampNS >= before && meta.StampNS <= after
		if meta.ID != 7 || meta.Source != source || stamped != (source == SourceDriver) {
			t.Errorf("round %d: metadata %+v, sent between %d and %d", round, meta, before, after)
		}
	}
	if err := f.Unsubscribe(Subscription{Group: groupA}); err != nil {
		return err
	}
	if err := send(packet{}.bytes()); err != nil {
		return err
	}
	if data, _, err := receive(s); err == nil {
		t.Errorf("received %d bytes without a subscription", len(data))
	}
	if err := f.Subscribe(Subscription{Group: groupA, ID: 7}); err != nil {
		return err
	}
	if err := s.Close(); err != nil { // it leaves the map by itself
		return err
	}
	if err := send(packet{}.bytes()); err != nil {
		return err
	}
	time.Sleep(50 * time.Millisecond)
	c, err := f.Counters()
	if err != nil {
		return err
	}
	want := Counters{Redirected: 20, Unsubscribed: 21, NotIPv4: 20, NotUDP: 20, NoSocket: 1}
	if want[StampDriver] = 20; source == SourceNone {
		want[StampDriver], want[StampNone] = 0, 20
	}
	if c != want {
		t.Errorf("counters %v, want %v", c, want)
	}
	return nil
}

// wire sets both ends of the test's veth pair up and returns how to send a frame from wb1 to wb0.
func wire() (send func([]byte) error, done func(), err error) {
	var peer int
	for _, name := range []string{"wb1", "wb0"} {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return nil, nil, err
		}
		if err := netlink.LinkSetUp(l); err != nil {
			return nil, nil, err
		}
		if name == "wb1" {
			peer = l.Attrs().Index
		}
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	to := &unix.SockaddrLinklayer{Ifindex: peer}
	return func(b []byte) error { return unix.Sendto(fd, b, 0, to) }, func() { unix.Close(fd) }, nil
}

// receive returns the next packet of s and its metadata, or an error after 100 ms.
func receive(s *afxdp.Socket) (data []byte, m Meta, err error) {
	b := afxdp.NewBatch(1)
	for deadline := time.Now().Add(100 * time.Millisecond); time.Now().Before(deadline); {
		if s.Poll(b) == 0 {
			if _, err := s.Wait(5 * time.Millisecond); err != nil {
				return nil, m, err
			}
			continue
		}
		defer s.Release(b)
		m, ok := TakeMeta(b.Meta(0, MetaBytes))
		if !ok {
			return nil, m, fmt.Errorf("no metadata in front of the frame: %x", binary.LittleEndian.AppendUint16(nil, metaMagic))
		}
		return bytes.Clone(b.Data(0)), m, nil
	}
	return nil, m, fmt.Errorf("nothing in 100 ms; %s", s.Report())
}
