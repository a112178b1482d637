package feedtest

import (
	"bufio"
	"encoding/binary"
	"io"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcapgo"
)

// Payloads calls visit for every frame of a pcap or pcapng file, gzip or not: its number from 1, capture time in ns
// and its UDP or TCP payload. It is the oracle of our own reader and wire parser, so it shares no code with them.
// The UDP length counts, not IP's: some captures have an IP total length that disagrees.
func Payloads(tb testing.TB, path string, visit func(no int, ns int64, payload []byte)) {
	tb.Helper()
	f := Open(tb, path)
	defer f.Close()
	buffered := bufio.NewReaderSize(f, 1<<20)
	next, err := packets(buffered)
	if err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	for no := 1; ; no++ {
		frame, info, err := next()
		if err == io.EOF {
			return
		}
		if err != nil {
			tb.Fatalf("%s: packet %d: %v", path, no, err)
		}
		payload, ok := transport(frame)
		if !ok {
			tb.Fatalf("%s: packet %d: neither UDP nor TCP over IPv4 over Ethernet", path, no)
		}
		visit(no, info.Timestamp.UnixNano(), payload)
	}
}

func packets(r *bufio.Reader) (func() ([]byte, gopacket.CaptureInfo, error), error) {
	magic, err := r.Peek(4)
	if err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(magic) == 0x0A0D0D0A {
		ng, err := pcapgo.NewNgReader(r, pcapgo.DefaultNgReaderOptions)
		if err != nil {
			return nil, err
		}
		return ng.ReadPacketData, nil
	}
	pcap, err := pcapgo.NewReader(r)
	if err != nil {
		return nil, err
	}
	return pcap.ReadPacketData, nil
}

// transport strips Ethernet, VLAN tags, IPv4 and the UDP or TCP header.
func transport(frame []byte) ([]byte, bool) {
	if len(frame) < 14 {
		return nil, false
	}
	kind, p := binary.BigEndian.Uint16(frame[12:]), frame[14:]
	for kind == 0x8100 || kind == 0x88A8 {
		if len(p) < 4 {
			return nil, false
		}
		kind, p = binary.BigEndian.Uint16(p[2:]), p[4:]
	}
	if kind != 0x0800 || len(p) < 20 || p[0]>>4 != 4 {
		return nil, false
	}
	header, total, protocol := int(p[0]&15)*4, int(binary.BigEndian.Uint16(p[2:])), p[9]
	if header < 20 || len(p) < header {
		return nil, false
	}
	segment := p[header:]
	switch {
	case protocol == 17 && len(segment) >= 8:
		n := int(binary.BigEndian.Uint16(segment[4:]))
		if n < 8 || n > len(segment) {
			return nil, false
		}
		return segment[8:n], true
	case protocol == 6 && total >= header && total <= len(p) && total-header >= 20:
		segment = p[header:total]
		offset := int(segment[12]>>4) * 4
		if offset < 20 || offset > len(segment) {
			return nil, false
		}
		return segment[offset:], true
	}
	return nil, false
}
