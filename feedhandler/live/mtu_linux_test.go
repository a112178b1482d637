package live

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/socket"
)

// larger is a day with as many messages in each datagram as go into one of so many bytes.
func larger(list []packet, bytes int) (out []packet) {
	open := map[uint32]int{} // by group: the datagram that is filled
	for _, p := range list {
		count := binary.BigEndian.Uint16(p.payload[18:])
		if at, is := open[p.group]; is && count > 0 && count < 0xFFFF && len(out[at].payload)+len(p.payload)-20 <= bytes {
			q := &out[at]
			binary.BigEndian.PutUint16(q.payload[18:], binary.BigEndian.Uint16(q.payload[18:])+count)
			q.payload = append(q.payload, p.payload[20:]...)
			continue
		}
		p.payload = append([]byte(nil), p.payload...)
		out = append(out, p)
		open[p.group] = len(out) - 1
	}
	return out
}

// TestTheMTUIsRaised while the run is at work: what is larger than the sockets were opened for is received.
func TestTheMTUIsRaised(t *testing.T) {
	for _, mode := range []string{"native", "generic", "socket"} {
		t.Run(mode, func(t *testing.T) {
			wiretest.New(t)
			c := configuration(t, "one1")
			if mode != "socket" {
				c = xdpConfiguration(t, mode, "one1")
			}
			list, clean, _ := day(t, 47, 8_000, 1, sim.WireConfig{Seed: 47}, built(t, &c.Channels[0]))
			h, log := start(t, c, nil)
			v := h.view(t)
			small := sender(t)
			half := len(list) / 2
			sendAll(t, small, list[:half])
			eventually(t, "the first half is received", func() bool { return counter(v, "wire_ok", "") == uint64(half) })
			wiretest.IP(t, "link set "+wiretest.TX+" mtu 9000")
			wiretest.IP(t, "link set "+wiretest.RX+" mtu 9000")
			h.lookAround()
			if counter(v, "mtu_changes", "") != 1 || (mode != "socket" && !strings.Contains(log.String(), "the interface is back")) {
				t.Fatalf("nothing was noticed: %s", log)
			}
			big := larger(list[half:], 8_000)
			if len(big)*4 > len(list[half:]) {
				t.Fatalf("%d datagrams of %d: they are not larger", len(big), half)
			}
			sendAll(t, sender(t), big)
			eventually(t, "everything is received", func() bool { return channelOf(t, v, "one1").NextSequence == clean.Arbitration().Next })
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			sameDigests(t, channelOf(t, v, "one1"), clean)
			if mode != "socket" {
				noDrops(t, v)
			}
			if n := counter(v, "socket_truncated", ""); n != 0 {
				t.Errorf("%d datagrams were cut", n)
			}
		})
	}
}

// TestTheMTUOfAVLANsParent: the socket of a line under a VLAN is on that VLAN's own interface, and takes what the one below it may
// bring.
func TestTheMTUOfAVLANsParent(t *testing.T) {
	wiretest.New(t)
	h, _ := start(t, configuration(t, "one1"), nil)
	f := h.feeds[0]
	// This kernel may have no VLAN interfaces: the other end of the pair plays one.
	o := f.Sockets[1].Options()
	o.Interface, o.MaxPayload, o.Port = wiretest.TX, 0, 26999
	s, err := socket.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	was := f.Sockets[1]
	put := func(s *socket.Socket) {
		if err := h.workers[f.Worker].Do(func() { f.Sockets[1] = s }); err != nil {
			t.Fatal(err)
		}
	}
	put(s)
	defer put(was)
	wiretest.IP(t, "link set "+wiretest.RX+" mtu 9000")
	h.watchMTU()
	if n := s.Options().MaxPayload; n != 9000-28 {
		t.Errorf("it takes %d bytes, want %d", n, 9000-28)
	}
}

// TestWhatIsCutIsSaid: datagrams that come before the raised MTU was noticed are counted by name, said, and in the summary.
func TestWhatIsCutIsSaid(t *testing.T) {
	wiretest.New(t)
	c := configuration(t, "one1")
	list, _, _ := day(t, 51, 2_000, 1, sim.WireConfig{Seed: 51}, built(t, &c.Channels[0]))
	h, log := start(t, c, nil)
	v := h.view(t)
	wiretest.IP(t, "link set "+wiretest.TX+" mtu 9000")
	wiretest.IP(t, "link set "+wiretest.RX+" mtu 9000")
	big := larger(list, 8_000)
	sendAll(t, sender(t), big)
	cut := uint64(0)
	for i := range big {
		if len(big[i].payload) > 1472 {
			cut++
		}
	}
	eventually(t, "what was cut is counted", func() bool { return counter(v, "socket_truncated", "") == cut })
	h.lookAround()
	if cut == 0 || h.Summary().Dropped["socket_truncated"] != cut || !strings.Contains(log.String(), "were larger than the MTU") {
		t.Errorf("%d cut, %v in the summary; said: %s", cut, h.Summary().Dropped, log)
	}
}

// TestALiveInterfaceIsNotGone where a process has no descriptor left to ask for it.
func TestALiveInterfaceIsNotGone(t *testing.T) {
	wiretest.New(t)
	c := xdpConfiguration(t, "native", "one1")
	list, clean, _ := day(t, 49, 2_000, 1, sim.WireConfig{Seed: 49}, built(t, &c.Channels[0]))
	h, log := start(t, c, nil)
	v, out := h.view(t), sender(t)
	sendAll(t, out, list[:len(list)/2])
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	lowest := null.Fd() // no descriptor below it is free
	defer null.Close()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(lowest) + 1, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	h.lookAround()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	if said := log.String(); strings.Contains(said, "is gone") || !strings.Contains(said, "no descriptor left") || !strings.Contains(said, "memberships cannot be verified") {
		t.Errorf("said: %s", said)
	}
	if h.links[0].Filter == nil {
		t.Fatal("the link was given up")
	}
	sendAll(t, out, list[len(list)/2:])
	eventually(t, "everything is received", func() bool { return channelOf(t, v, "one1").NextSequence == clean.Arbitration().Next })
	if n := counter(v, "socket_datagrams", ""); n != 0 {
		t.Errorf("%d datagrams by kernel sockets, want 0", n)
	}
}
