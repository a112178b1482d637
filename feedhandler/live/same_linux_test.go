package live

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/checksum"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/socket"
	"wirebook/ptp"
)

// twoLines are a channel of two lines, the first untagged, the second under a VLAN.
const twoLines = `
  - name: one1
    profile: nasdaq.itch50
    session_date: "2026-03-02"
    max_instruments: 64
    max_orders: 65536
    lines:
      - {name: A, group: 239.10.1.1, port: 26477}
      - {name: B, group: 239.10.2.1, port: 26478, vlan: %d}
`

// trunk makes the interface on which the kernel has VLAN 100 of the receiving end.
func trunk(t testing.TB) {
	t.Helper()
	if out, err := exec.Command("ip", "link", "add", "link", wiretest.RX, "name", wiretest.RX+".100", "type", "vlan", "id", "100").CombinedOutput(); err != nil {
		t.Skipf("this kernel has no VLAN interfaces (8021q: %v: %s); this check did not run", err, bytes.TrimSpace(out))
	}
	for key, v := range map[string]string{"accept_local": "1", "rp_filter": "0"} {
		// /proc/sys/net is that of the thread that opens it. A dot in a name is a slash in sysctl's names, not here.
		if err := os.WriteFile("/proc/sys/net/ipv4/conf/"+wiretest.RX+".100/"+key, []byte(v), 0); err != nil {
			t.Fatal(err)
		}
	}
	wiretest.IP(t, "addr add 10.98.0.2/16 dev "+wiretest.RX+".100")
	wiretest.IP(t, "link set "+wiretest.RX+".100 up")
}

// tag puts tags into a frame, in the place of those it has.
func tag(frame []byte, tags ...uint32) []byte {
	at := 12
	for binary.BigEndian.Uint16(frame[at:]) == 0x8100 {
		at += 4
	}
	out := bytes.Clone(frame[:12])
	for _, t := range tags {
		out = binary.BigEndian.AppendUint32(out, t)
	}
	return append(out, frame[at:]...)
}

// ipOf is where a frame's IPv4 header begins.
func ipOf(frame []byte) int {
	if binary.BigEndian.Uint16(frame[12:]) == 0x8100 {
		return 18
	}
	return 14
}

// altered is a frame with a payload that is another's, checksum made right again: nothing but its VLAN tells.
func altered(frame []byte) []byte {
	f := bytes.Clone(frame)
	ip := ipOf(f)
	udp := ip + 20
	f[udp+8+4] ^= 0x5A // in the session
	binary.BigEndian.PutUint16(f[udp+6:], 0)
	length := int(binary.BigEndian.Uint16(f[udp+4:])) // a short frame is padded
	binary.BigEndian.PutUint16(f[udp+6:], checksum.UDP(checksum.Sum(checksum.Sum(17+uint32(length), f[ip+12:udp]), f[udp:udp+length])))
	return f
}

// TestEveryModeTakesTheSame sends a day among datagrams of its groups under other VLANs and with wrong checksums: in every
// receive mode the same are taken, and all others counted by name.
func TestEveryModeTakesTheSame(t *testing.T) {
	for _, mode := range []string{"native", "generic", "socket"} {
		t.Run(mode, func(t *testing.T) { takesTheSame(t, mode, 0) })
		t.Run(mode+" on a trunk", func(t *testing.T) { takesTheSame(t, mode, 100) })
	}
}

func takesTheSame(t *testing.T, mode string, vlan uint16) {
	wiretest.New(t)
	if vlan != 0 && mode == "socket" {
		trunk(t)
	}
	c := parsed(t, fmt.Sprintf(twoLines, vlan))
	if c.Live.RX = "socket"; mode != "socket" {
		c.Live.RX, c.Live.XDPMode = "xdp", mode
	}
	clean := built(t, &c.Channels[0])
	for i := range clean.Lines {
		clean.Lines[i].VLAN = feedhandler.AnyVLAN
	}
	pipe, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{*clean}})
	if err != nil {
		t.Fatal(err)
	}
	x, err := sim.New(sim.Config{Seed: 11, Encoding: sim.ITCH50, Symbols: 4, Messages: 5_000, LiveOrders: 200, Rate: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	line := func(n byte, port uint16, vlan uint16) sim.LineConfig {
		return sim.LineConfig{LossPPM: 50_000, VLAN: vlan, Source: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 99, 0, 77}), 30001),
			Group: netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 10, n, 1}), port)}
	}
	var frames [][]byte
	var good, foreign, udp, ip uint64
	_, err = sim.Generate(x, sim.WireConfig{Seed: 11, NoDoubleLoss: true, Lines: []sim.LineConfig{line(1, 26477, 0), line(2, 26478, vlan)},
		Merged: sim.SinkFunc(func(_ uint64, frame []byte) error {
			frame = bytes.Clone(frame)
			if binary.BigEndian.Uint16(frame[12:]) != 0x8100 && good%3 == 0 {
				frame = tag(frame, 0x8100_E000) // a priority is no VLAN
			}
			good++
			// Before the frame that they ape, so that a line that believes them has them first.
			var bad []byte
			other := altered(tag(frame))
			switch {
			case good%17 == 1:
				bad, foreign = tag(other, 0x8100_0000|200), foreign+1
			case good%17 == 3:
				bad, foreign = tag(other, 0x88A8_0000|100), foreign+1
			case good%17 == 5:
				bad, foreign = tag(other, 0x9100_0000|100), foreign+1
			case good%17 == 7:
				bad, foreign = tag(other, 0x8100_0000|100, 0x8100_0000|100), foreign+1
			case good%17 == 9:
				bad, foreign = tag(other, 0x8100_0000|99), foreign+1
			case good%17 == 11:
				bad = bytes.Clone(frame)
				bad[ipOf(bad)+20+8+4] ^= 0x5A
				udp++
			case good%17 == 13:
				bad = bytes.Clone(frame)
				bad[ipOf(bad)+10] ^= 0x55
				ip++
			}
			if bad != nil {
				frames = append(frames, bad)
			}
			frames = append(frames, frame)
			return nil
		})}, sim.SinkFunc(func(ts uint64, frame []byte) error {
		pipe.OnFrame(frame, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
		return nil
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	pipe.End()
	if foreign == 0 || udp == 0 || ip == 0 {
		t.Fatalf("%d under other VLANs, %d and %d of wrong checksums: nothing is tested", foreign, udp, ip)
	}
	h, log := start(t, c, nil)
	v := h.view(t)
	out, err := socket.OpenFrameSender(wiretest.TX)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for i, frame := range frames {
		if err := out.Send(frame); err != nil {
			t.Fatal(err)
		}
		if i%64 == 63 {
			time.Sleep(time.Millisecond)
		}
	}
	eventually(t, "what is right is received", func() bool { return counter(v, "wire_ok", "") >= good })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	sameDigests(t, channelOf(t, v, "one1"), pipe.Channels()[0])
	want := map[string]uint64{"wire_ok": good, "wire_other_vlan": 0, "wire_unrouted": 0, "kernel_drops": 0, "socket_drops": 0}
	if mode == "socket" {
		want["socket_checksum_errors"], want["socket_ip_checksum_errors"] = udp, ip
	} else {
		want["xdp_filter_other_vlan"], want["wire_udp_checksum"], want["wire_ip_checksum"] = foreign, udp, ip
		want["socket_datagrams"] = 0
	}
	for name, n := range want {
		if got := counter(v, name, ""); got != n {
			t.Errorf("%s %d, want %d", name, got, n)
		}
	}
	if s := h.Summary(); len(s.Dropped) != 0 || len(s.Gaps) != 0 {
		t.Errorf("dropped %v, lost %v", s.Dropped, s.Gaps)
	}
	if said := log.String(); strings.Contains(said, "too slow") || !strings.Contains(said, "wrong checksum") || mode != "socket" && !strings.Contains(said, "another VLAN") {
		t.Errorf("said of wrong checksums: %s", said)
	}
}

func parsed(t testing.TB, channels string) *config.Config {
	t.Helper()
	c := configuration(t, "one1")
	more, err := config.Parse("test.yaml", []byte("channels:"+channels))
	if err != nil {
		t.Fatal(err)
	}
	c.Channels = more.Channels
	return c
}

// TestOffloadedChecksumsAreTaken: over veth the kernel's sender leaves the pseudo header's sum, or none, and both are counted.
func TestOffloadedChecksumsAreTaken(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		for _, with := range []bool{true, false} {
			name := mode + "/absent"
			if with {
				name = mode + "/partial"
			}
			t.Run(name, func(t *testing.T) {
				wiretest.New(t)
				c := xdpConfiguration(t, mode, "one1")
				list, clean, _ := day(t, 3, 2_000, 1, sim.WireConfig{Seed: 3}, built(t, &c.Channels[0]))
				h, _ := start(t, c, nil)
				v := h.view(t)
				out, err := socket.OpenSender(socket.SenderOptions{Interface: wiretest.TX, Checksums: with})
				if err != nil {
					t.Fatal(err)
				}
				defer out.Close()
				sendAll(t, out, list)
				eventually(t, "everything is received", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)) })
				if err := h.Close(); err != nil {
					t.Fatal(err)
				}
				sameDigests(t, channelOf(t, v, "one1"), clean)
				want := map[string]uint64{"udp_checksum_partial": 0, "udp_checksum_absent": uint64(len(list)), "wire_udp_checksum": 0}
				if with {
					want["udp_checksum_partial"], want["udp_checksum_absent"] = uint64(len(list)), 0
				}
				// The sender's port is another in every run: now and then a bare sum happens to be the whole one.
				const chance = 3
				for name, n := range want {
					if got := counter(v, name, ""); got > n || got+chance < n || !with && got != n {
						t.Errorf("%s %d, want %d", name, got, n)
					}
				}
			})
		}
	}
}

// TestWhatSocketsCannotDoOfAVLAN is said before anything is opened, with the way out; by AF_XDP it is a remark.
func TestWhatSocketsCannotDoOfAVLAN(t *testing.T) {
	wiretest.New(t)
	for vlan, want := range map[config.VLAN][]string{
		100:            {"channel one1 line B", "no interface for VLAN 100 of " + wiretest.RX, "ip link add link wbrx name wbrx.100 type vlan id 100"},
		config.AnyVLAN: {"channel one1 line B", "vlan: any", "use rx: xdp"},
	} {
		c := parsed(t, fmt.Sprintf(twoLines, 100))
		c.Live.RX = "socket"
		c.Channels[0].Lines[1].VLAN = vlan
		err := Check(c)
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("VLAN %d: %v, want %q", vlan, err, w)
			}
		}
		c.Live.RX, c.Live.XDPMode = "xdp", "native"
		h, log := start(t, c, nil)
		if !strings.Contains(log.String(), "the group is joined untagged") {
			t.Errorf("VLAN %d by AF_XDP: what the membership lacks is not said: %s", vlan, log)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}
