package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/gopacket/pcapgo"
)

const benchPackets = 500_000

// benchFile is a capture of MoldUDP64-sized frames: 60 to 300 bytes, about 196 on average.
func benchFile(b *testing.B) (string, []byte) {
	b.Helper()
	recs := make([]rec, benchPackets)
	data := udp(400)
	for i := range recs {
		n := 62 + (i*37)%238
		recs[i] = rec{ts: startNS + uint64(i)*700, data: data[:n], wire: n}
	}
	raw := pcapBytes(binary.LittleEndian, pcapNano, recs)
	path := filepath.Join(b.TempDir(), "bench.pcap")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		b.Fatal(err)
	}
	return path, raw
}

var sink uint64

// touch reads what the walk of the customer's table reads: the MoldUDP64 sequence and count.
func touch(frame []byte) uint64 {
	return binary.BigEndian.Uint64(frame[moldAt+10:]) + uint64(binary.BigEndian.Uint16(frame[moldAt+18:]))
}

// BenchmarkWalk reads every packet to its MoldUDP64 header; one operation is one packet. hand is the loop that one would
// write for this file alone, pcapgo the zero-copy reader of gopacket.
func BenchmarkWalk(b *testing.B) {
	path, raw := benchFile(b)
	perPacket := func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(raw) / benchPackets))
	}
	b.Run("hand", func(b *testing.B) {
		perPacket(b)
		for n := 0; n < b.N; {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			m, unmap, err := mapFile(f, int64(len(raw)))
			if err != nil {
				b.Skip("no memory maps here")
			}
			for at := pcapHeader; at+pcapRecord <= len(m) && n < b.N; n++ {
				kept := int(binary.LittleEndian.Uint32(m[at+8:]))
				ts := uint64(binary.LittleEndian.Uint32(m[at:]))*1e9 + uint64(binary.LittleEndian.Uint32(m[at+4:]))
				sink += ts + touch(m[at+pcapRecord:at+pcapRecord+kept])
				at += pcapRecord + kept
			}
			_ = unmap()
			_ = f.Close()
		}
	})
	source := func(o Options, paths ...string) func(b *testing.B) {
		return func(b *testing.B) {
			perPacket(b)
			var p Packet
			for n := 0; n < b.N; {
				s, err := Open(paths, o)
				if err != nil {
					b.Fatal(err)
				}
				for n < b.N && s.Next(&p) == nil {
					sink += p.TS + touch(p.Data)
					n++
				}
				_ = s.Close()
			}
		}
	}
	b.Run("wirebook", source(Options{}, path))
	b.Run("wirebook/trailer", source(Options{Trailer: "metawatch"}, path))
	b.Run("wirebook/merge of 2", source(Options{}, path, path))
	b.Run("pcapgo", func(b *testing.B) {
		perPacket(b)
		for n := 0; n < b.N; {
			r, err := pcapgo.NewReader(bytes.NewReader(raw))
			if err != nil {
				b.Fatal(err)
			}
			for ; n < b.N; n++ {
				data, ci, err := r.ZeroCopyReadPacketData()
				if err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				sink += uint64(ci.Timestamp.UnixNano()) + touch(data)
			}
		}
	})
}

func BenchmarkBinaryFILE(b *testing.B) {
	var msgs [][]byte
	for i := range 200_000 {
		msgs = append(msgs, itch('A', 36, uint64(i)*20_000))
	}
	path := filepath.Join(b.TempDir(), "01302020.itch50")
	if err := os.WriteFile(path, binaryBytes(msgs), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var p Packet
	for b.Loop() {
		s, err := Open([]string{path}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for s.Next(&p) == nil {
			sink += touch(p.Data)
		}
		_ = s.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(msgs)), "ns/message")
}
