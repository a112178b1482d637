package decap

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

var be = binary.BigEndian

// mac is where every frame here goes and comes from.
var mac = []byte{0x01, 0x00, 0x5e, 0x36, 0x0c, 0x6f, 0x02, 0, 0, 0, 0, 1}

// udp is a UDP datagram to port with its header.
func udp(port uint16, payload []byte) []byte {
	b := be.AppendUint16(be.AppendUint16(nil, 30000), port)
	return append(be.AppendUint32(b, uint32(udpBytes+len(payload))<<16), payload...)
}

// ipv4 is a datagram with a right checksum.
func ipv4(proto byte, body []byte) []byte {
	b := make([]byte, ipBytes)
	b[0], b[8], b[9] = 0x45, 16, proto
	be.PutUint16(b[2:], uint16(ipBytes+len(body)))
	be.PutUint16(b[4:], 77)
	copy(b[12:], []byte{10, 1, 1, 1, 233, 54, 12, 111})
	putSum(b)
	return append(b, body...)
}

func ipv6(next byte, body []byte) []byte {
	b := make([]byte, 40)
	b[0], b[6], b[7] = 0x60, next, 64
	be.PutUint16(b[4:], uint16(len(body)))
	return append(b, body...)
}

// ether puts addresses and an EtherType in front.
func ether(t uint16, body []byte) []byte {
	return append(be.AppendUint16(bytes.Clone(mac), t), body...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// feedIP and feed are what the exchange sent.
var (
	feedIP = ipv4(protoUDP, udp(26477, []byte("SESSION001\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00")))
	feed   = ether(typeIPv4, feedIP)
)

func gre(flags, protocol uint16, rest ...[]byte) []byte {
	return ether(typeIPv4, ipv4(protoGRE, join(append([][]byte{be.AppendUint16(be.AppendUint16(nil, flags), protocol)}, rest...)...)))
}

// coatsRead are the coats that are read: the IPv4 datagram inside is feedIP in each.
var coatsRead = []struct {
	name  string
	link  uint16
	frame []byte
}{
	{"three tags", 1, ether(0x88a8, join([]byte{0, 100, 0x81, 0, 0, 141, 0x81, 0, 0, 5, 8, 0}, feedIP))},
	{"four tags", 1, ether(0x9100, join([]byte{0, 1, 0x88, 0xa8, 0, 100, 0x81, 0, 0, 141, 0x81, 0, 0, 5, 8, 0}, feedIP))},
	{"TPID 0x9200", 1, ether(0x9200, join([]byte{0, 1, 8, 0}, feedIP))},
	{"VN-tag", 1, ether(0x8926, join([]byte{0, 1, 0, 2, 8, 0}, feedIP))},
	{"E-tag and VLAN", 1, ether(0x893f, join([]byte{0, 1, 0, 2, 0, 0, 0x81, 0, 0, 5, 8, 0}, feedIP))},
	{"LLC/SNAP", 1, ether(uint16(8+len(feedIP)), join([]byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, feedIP, []byte("pad and FCS")))},
	{"LLC/SNAP behind a tag", 1, ether(0x8100, join([]byte{0, 5, 0, byte(8 + len(feedIP)), 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, feedIP))},
	{"LLC to IP", 1, ether(uint16(3+len(feedIP)), join([]byte{6, 6, 3}, feedIP))},
	{"PPPoE", 1, ether(0x8864, join([]byte{0x11, 0, 0, 7, 0, byte(2 + len(feedIP)), 0, 0x21}, feedIP))},
	{"MPLS", 1, ether(typeMPLS, join([]byte{0, 1, 0x21, 0x40}, feedIP))},
	{"MPLS, three labels, multicast", 1, ether(typeMPLSM, join([]byte{0, 1, 0x20, 0x40, 0, 2, 0x20, 0x40, 0, 3, 0x21, 0x40}, feedIP))},
	{"MPLS pseudowire", 1, ether(typeMPLS, join([]byte{0, 1, 0x21, 0x40}, feed))},
	{"MPLS pseudowire with control word", 1, ether(typeMPLS, join([]byte{0, 1, 0x21, 0x40, 0, 0, 0, 9}, feed))},
	{"IP in IP", 1, ether(typeIPv4, ipv4(protoIPIP, feedIP))},
	{"IP in IPv6", 1, ether(typeIPv6, ipv6(protoIPIP, feedIP))},
	{"IP in IPv6 with options", 1, ether(typeIPv6, ipv6(60, join([]byte{protoIPIP, 0, 4, 1, 4, 1, 1, 0}, feedIP)))},
	{"MPLS in IP", 1, ether(typeIPv4, ipv4(protoMPLS, join([]byte{0, 1, 0x21, 0x40}, feedIP)))},
	{"EtherIP", 1, ether(typeIPv4, ipv4(protoEtherIP, join([]byte{0x30, 0}, feed)))},
	{"GRE", 1, gre(0, typeIPv4, feedIP)},
	{"GRE with checksum, key, sequence", 1, gre(0xb000, typeIPv4, make([]byte, 12), feedIP)},
	{"GRE with Ethernet", 1, gre(0, typeTEB, feed)},
	{"GRE with MPLS", 1, gre(0, typeMPLS, []byte{0, 1, 0x21, 0x40}, feedIP)},
	{"GRE over IPv6", 1, ether(typeIPv6, ipv6(protoGRE, join([]byte{0, 0, 8, 0}, feedIP)))},
	{"ERSPAN I", 1, gre(0, typeERSPAN, feed)},
	{"ERSPAN II", 1, gre(0x1000, typeERSPAN, []byte{0, 0, 0, 1, 0x10, 0x8d, 0x18, 0x64, 0, 0, 0, 0}, feed)},
	{"ERSPAN III", 1, gre(0x1000, typeERSPAN3, []byte{0, 0, 0, 1, 0x20, 0x8d, 0x18, 0x64, 1, 2, 3, 4, 0, 0, 0, 0}, feed)},
	{"ERSPAN III with the platform's part", 1, gre(0x1000, typeERSPAN3, []byte{0, 0, 0, 1, 0x20, 0x8d, 0x18, 0x64, 1, 2, 3, 4, 0, 0, 0, 1}, make([]byte, 8), feed)},
	{"ERSPAN III of IP", 1, gre(0x1000, typeERSPAN3, []byte{0, 0, 0, 1, 0x20, 0x8d, 0x18, 0x64, 1, 2, 3, 4, 0, 0, 8, 0}, feedIP)},
	{"VXLAN", 1, ether(typeIPv4, ipv4(protoUDP, udp(portVXLAN, join([]byte{8, 0, 0, 0, 0, 0, 141, 0}, feed))))},
	{"VXLAN with a policy", 1, ether(typeIPv4, ipv4(protoUDP, udp(portVXLAN, join([]byte{0x88, 0, 1, 2, 0, 0, 141, 0}, feed))))},
	{"VXLAN at its old port, over IPv6", 1, ether(typeIPv6, ipv6(protoUDP, udp(portVXLANLinux, join([]byte{8, 0, 0, 0, 0, 0, 141, 0}, feed))))},
	{"VXLAN with a tag inside and outside", 1, ether(0x8100, join([]byte{0, 1, 8, 0}, ipv4(protoUDP, udp(portVXLAN, join([]byte{8, 0, 0, 0, 0, 0, 141, 0}, ether(0x8100, join([]byte{0, 9, 8, 0}, feedIP)))))))},
	{"VXLAN-GPE", 1, ether(typeIPv4, ipv4(protoUDP, udp(portGPE, join([]byte{0x0c, 0, 0, 3, 0, 0, 141, 0}, feed))))},
	{"Geneve with options", 1, ether(typeIPv4, ipv4(protoUDP, udp(portGeneve, join([]byte{2, 0, 0x65, 0x58, 0, 0, 9, 0}, make([]byte, 8), feed))))},
	{"ERSPAN around VXLAN around MPLS", 1, gre(0x1000, typeERSPAN, []byte{0, 0, 0, 1, 0x10, 0x8d, 0x18, 0x64, 0, 0, 0, 0},
		ether(typeIPv4, ipv4(protoUDP, udp(portVXLAN, join([]byte{8, 0, 0, 0, 0, 0, 141, 0}, ether(typeMPLS, join([]byte{0, 1, 0x21, 0x40}, feedIP)))))))},
	{"null, little-endian", LinkNull, join([]byte{2, 0, 0, 0}, feedIP)},
	{"null, big-endian", LinkNull, join([]byte{0, 0, 0, 2}, feedIP)},
	{"loop", linkLoop, join([]byte{0, 0, 0, 2}, feedIP)},
	{"raw 12", linkRawBSD, feedIP},
	{"raw 14", linkRawOpen, feedIP},
	{"raw 101", linkRaw, feedIP},
	{"IPv4 228", linkIPv4, feedIP},
	{"SLL", linkSLL, join([]byte{0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0}, feedIP)},
	{"SLL with a tag", linkSLL, join([]byte{0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 5, 8, 0}, feedIP)},
	{"SLL of a GRE device", linkSLL, join([]byte{0, 0, 3, 10, 0, 4, 10, 0, 0, 1, 0, 0, 0, 0, 8, 0}, feedIP)},
	{"SLL2", linkSLL2, join([]byte{8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, feedIP)},
	{"PPP", linkPPP, join([]byte{0, 0x21}, feedIP)},
	{"PPP in HDLC", linkPPPHDLC, join([]byte{0xff, 3, 0, 0x21}, feedIP)},
	{"Cisco HDLC", linkCHDLC, join([]byte{0x0f, 0, 8, 0}, feedIP)},
	{"ERF", linkERF, join(make([]byte, 8), []byte{2, 4, 0, 0, 0, 0, 0, byte(len(feed)), 0, 0}, feed, []byte("padding"))},
	{"ERF with extensions", linkERF, join(make([]byte, 8), []byte{0x82, 4, 0, 0, 0, 0, 0, byte(len(feed))}, []byte{0x84, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0}, []byte{0, 0}, feed)},
}

// ipOf passes the Ethernet header and at most two tags: what the wire decoder does.
func ipOf(t *testing.T, frame []byte) []byte {
	t.Helper()
	at := macBytes
	for tags := 0; be16(frame[at:]) != typeIPv4; tags++ {
		if typ := be16(frame[at:]); tags == 2 || typ != 0x8100 && typ != 0x88a8 && typ != 0x9100 {
			t.Fatalf("EtherType %#x behind %d tags", typ, tags)
		}
		at += 4
	}
	return frame[at+2:]
}

func TestEveryCoatComesOff(t *testing.T) {
	var r Reader
	for _, c := range coatsRead {
		t.Run(c.name, func(t *testing.T) {
			before := bytes.Clone(c.frame)
			got, outcome := r.Read(c.link, 0, 0, c.frame)
			if outcome != Unwrapped {
				t.Fatalf("outcome %d, %v", outcome, r.Not)
			}
			if ip := ipOf(t, got); !bytes.HasPrefix(ip, feedIP) {
				t.Errorf("got % x\nwant % x", ip, feedIP)
			}
			if !bytes.Equal(before, c.frame) {
				t.Error("the frame was written to")
			}
			// Cut anywhere it must not fail.
			for n := range c.frame {
				r.Read(c.link, 0, 0, c.frame[:n:n])
			}
			if n := testing.AllocsPerRun(100, func() { r.Read(c.link, 0, 0, c.frame) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// A plain frame is handed on as it is, and so is what carries no feed at all.
func TestPlainFramesAreNotTouched(t *testing.T) {
	for name, frame := range map[string][]byte{
		"feed": feed, "one tag": ether(0x8100, join([]byte{0, 5, 8, 0}, feedIP)), "QinQ": ether(0x88a8, join([]byte{0, 1, 0x81, 0, 0, 5, 8, 0}, feedIP)),
		"QinQ 0x9100":          ether(0x9100, join([]byte{0, 1, 0x81, 0, 0, 5, 8, 0}, feedIP)),
		"ARP":                  ether(0x0806, make([]byte, 46)),
		"LLDP":                 ether(0x88cc, make([]byte, 46)),
		"spanning tree":        ether(38, join([]byte{0x42, 0x42, 3}, make([]byte, 43))),
		"IPv6":                 ether(typeIPv6, ipv6(protoUDP, udp(1, nil))),
		"TCP":                  ether(typeIPv4, ipv4(6, make([]byte, 20))),
		"cut by the snap":      feed[:50],
		"short":                feed[:10],
		"a feed on 4789":       ether(typeIPv4, ipv4(protoUDP, udp(portVXLAN, []byte("SESSION001\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00")))),
		"a feed on 6081":       ether(typeIPv4, ipv4(protoUDP, udp(portGeneve, []byte("SESSION001\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00")))),
		"CME's eighth on 4789": ether(typeIPv4, ipv4(protoUDP, udp(portVXLAN, join([]byte{8, 0, 0, 0, 0, 1, 2, 0}, make([]byte, 60))))),
	} {
		var r Reader
		got, outcome := r.Read(LinkEthernet, 0, 0, frame)
		if outcome != Plain || !bytes.Equal(got, frame) || len(got) > 0 && &got[0] != &frame[0] {
			t.Errorf("%s: outcome %d, %v, % x", name, outcome, r.Not, got)
		}
	}
}

func TestWhatIsNotReadIsNamed(t *testing.T) {
	for _, c := range []struct {
		name, words string
		link        uint16
		frame       []byte
	}{
		{"link_type_147", "link type 147 (user 0)", 147, feed},
		{"link_type_4711", "link type 4711", 4711, feed},
		{"macsec", "MACsec", 1, ether(0x88e5, feed)},
		{"pbb", "backbone", 1, ether(0x88e7, feed)},
		{"arista7280", "trailer arista7280 takes", 1, ether(0xd28b, feed)},
		{"ethertype_0x1234", "0x1234", 1, ether(0x1234, feed)},
		{"mpls", "MPLS around", 1, ether(typeMPLS, join([]byte{0, 1, 0x21, 0x40}, bytes.Repeat([]byte{0xff}, 40)))},
		{"esp", "ESP", 1, ether(typeIPv4, ipv4(protoESP, feed))},
		{"l2tp", "L2TPv3", 1, ether(typeIPv4, ipv4(protoL2TP, feed))},
		{"gre_protocol_0x1234", "GRE with protocol 0x1234", 1, gre(0, 0x1234, feed)},
		{"gre_0x3001", "flags 0x3001", 1, gre(0x3001, 0x880b, feed)},
		{"erspan_version_5", "ERSPAN version 5", 1, gre(0x1000, typeERSPAN, []byte{0, 0, 0, 1, 0x50, 0x8d, 0x18, 0x64, 0, 0, 0, 0}, feed)},
		{"macsec", "MACsec", 1, gre(0, typeTEB, ether(0x88e5, feed))},
		{"depth", "more than 16", 1, func() []byte {
			b := feedIP
			for range 20 {
				b = ipv4(protoIPIP, b)
			}
			return ether(typeIPv4, b)
		}()},
		{"erf_type_5", "ERF record type 5", linkERF, join(make([]byte, 8), []byte{5, 4, 0, 0, 0, 0, 0, 50}, feed)},
	} {
		var r Reader
		if _, outcome := r.Read(c.link, 0, 0, c.frame); outcome != Unread || r.Not.Name != c.name || !strings.Contains(r.Not.Words, c.words) {
			t.Errorf("%s: outcome %d, %+v", c.name, outcome, r.Not)
		}
	}
	// Any number of kinds is bounded.
	var r Reader
	for n := range 1000 {
		r.Read(uint16(1000+n), 0, 0, feed)
	}
	if n := len(r.coats.byNumber); n > mostCoats {
		t.Errorf("%d names", n)
	}
	if r.Not.Name != "other" {
		t.Errorf("%+v", r.Not)
	}
}

func TestLengthsThatAreNotThere(t *testing.T) {
	for _, c := range []struct {
		name      string
		ip, udp   bool
		behind    int
		wantUDP   int
		wantTotal int
	}{
		{"total length 0", true, false, 0, len(feedIP) - ipBytes, len(feedIP)},
		{"total length 0, padded", true, false, 9, len(feedIP) - ipBytes, len(feedIP)},
		{"UDP length 0", false, true, 9, 0, len(feedIP)},
		{"both 0", true, true, 0, len(feedIP) - ipBytes, len(feedIP)},
		{"both 0, padded", true, true, 6, len(feedIP) - ipBytes + 6, len(feedIP) + 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			ip := bytes.Clone(feedIP)
			if c.ip {
				be.PutUint16(ip[2:], 0)
				putSum(ip[:ipBytes])
			}
			if c.udp {
				be.PutUint16(ip[ipBytes+4:], 0)
			}
			var r Reader
			got, outcome := r.Read(LinkEthernet, 0, 0, ether(typeIPv4, append(ip, make([]byte, c.behind)...)))
			if outcome != Unwrapped {
				t.Fatalf("outcome %d", outcome)
			}
			ip = ipOf(t, got)
			if c.wantUDP == 0 {
				c.wantUDP = len(feedIP) - ipBytes
			}
			if total, n := int(be16(ip[2:])), int(be16(ip[ipBytes+4:])); total != c.wantTotal || n != c.wantUDP {
				t.Errorf("total %d, UDP %d, want %d and %d", total, n, c.wantTotal, c.wantUDP)
			}
			if !sumRight(ip[:ipBytes]) {
				t.Error("the header's sum is wrong")
			}
		})
	}
}
