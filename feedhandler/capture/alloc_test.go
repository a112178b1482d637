package capture

import (
	"encoding/binary"
	"testing"
)

// No allocation per packet, for any format, packing, merge and trailer.
func TestNextDoesNotAllocate(t *testing.T) {
	le := binary.LittleEndian
	recs := samples(30_000, startNS, 1000)
	ng := ngIfaceBytes(le, ngSectionBytes(le, nil), 9, 0)
	for _, r := range recs {
		ng = ngPacketBytes(le, ng, 0, r.ts, r.data, r.wire)
	}
	var msgs [][]byte
	for i := range 30_000 {
		msgs = append(msgs, itch('A', 36, uint64(i)*200_000))
	}
	plain := pcapBytes(le, pcapNano, recs)
	for _, c := range []struct {
		name  string
		files [][]byte
		o     Options
	}{
		{"pcap", [][]byte{plain}, Options{}},
		{"pcap big-endian", [][]byte{pcapBytes(binary.BigEndian, pcapMicro, recs)}, Options{}},
		{"pcap gzip", [][]byte{gzipped(t, plain)}, Options{}},
		{"pcap zstd", [][]byte{zstded(t, plain)}, Options{}},
		{"pcapng", [][]byte{ng}, Options{}},
		{"erf", [][]byte{erfBytes(erfEth, 1, recs)}, Options{}},
		{"binaryfile", [][]byte{binaryBytes(msgs)}, Options{Format: BinaryFILE}},
		{"merge", [][]byte{plain, ng, plain}, Options{}},
		{"trailer", [][]byte{plain}, Options{Trailer: "metawatch"}},
		{"trailer arista7150", [][]byte{plain}, Options{Trailer: "arista7150"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var paths []string
			for _, b := range c.files {
				paths = append(paths, write(t, "x", b))
			}
			s, err := Open(paths, c.o)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			var p Packet
			next := func() {
				if err := s.Next(&p); err != nil {
					t.Fatal(err)
				}
			}
			for range 1000 { // the windows have their size
				next()
			}
			// The unpacking goroutine is counted too: thousands of packets to one of its occasional allocations.
			if n := testing.AllocsPerRun(10_000, next); n != 0 {
				t.Errorf("%v allocations a packet", n)
			}
		})
	}
}
