package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/gopacket/pcapgo"
)

const startNS = 1_580_394_600_123_456_000

// oracle reads a pcap with pcapgo.
func oracle(tb testing.TB, b []byte) []rec {
	tb.Helper()
	r, err := pcapgo.NewReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	var out []rec
	for {
		data, ci, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			tb.Fatal(err)
		}
		out = append(out, rec{ts: uint64(ci.Timestamp.UnixNano()), data: data, wire: ci.Length})
	}
}

func TestPcapEveryMagicAndOrder(t *testing.T) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, magic := range []uint32{pcapMicro, pcapNano} {
			for _, pack := range []string{"plain", "gzip", "zstd"} {
				t.Run(fmt.Sprintf("%v/%x/%s", order, magic, pack), func(t *testing.T) {
					step := uint64(1_000)
					if magic == pcapNano {
						step = 1
					}
					want := samples(300, startNS, step)
					b := pcapBytes(order, magic, want)
					same(t, oracle(t, b), want)
					switch pack {
					case "gzip":
						b = gzipped(t, b)
					case "zstd":
						b = zstded(t, b)
					}
					got, warnings, files, err := readAll(t, Options{}, write(t, "x.bin", b))
					if err != nil || len(warnings) > 0 {
						t.Fatal(err, warnings)
					}
					same(t, got, want)
					if f := files[0]; f.Format != PCAP || f.Compression.String() != pack || f.Packets != 300 {
						t.Errorf("file info %+v", f)
					}
				})
			}
		}
	}
}

func TestPcapTroubles(t *testing.T) {
	big := samples(3, startNS, 1000)
	edit := func(change func(recs []rec)) []byte {
		recs := samples(3, startNS, 1000)
		change(recs)
		return pcapBytes(binary.LittleEndian, pcapNano, recs)
	}
	second := pcapHeader + pcapRecord + len(big[0].data)
	for _, c := range []struct {
		name    string
		b       []byte
		trouble Trouble
		packets int
		offset  int64
		text    string
	}{
		{"snap length", edit(func(r []rec) { r[1].wire = 1500 }), SnapCut, 3, int64(second), "of 1500 bytes"},
		{"longer than wire", edit(func(r []rec) { r[1].wire = 4 }), LongerThanWire, 3, int64(second), "given as 4"},
		{"backwards", edit(func(r []rec) { r[1].ts -= 5000 }), TimeBackwards, 3, int64(second), "4000 ns earlier"},
		{"cut record", edit(func([]rec) {})[:second+20], CutShort, 1, int64(second), "20 of 83 bytes"},
		{"cut record header", edit(func([]rec) {})[:second+3], CutShort, 1, int64(second), "3 of 16 bytes"},
		{"absurd length", func() []byte {
			b := edit(func([]rec) {})
			binary.LittleEndian.PutUint32(b[second+8:], 0x7fffffff)
			return b
		}(), AbsurdLength, 1, int64(second), "claims 2147483647 bytes"},
		{"fraction over", func() []byte {
			b := edit(func([]rec) {})
			binary.LittleEndian.PutUint32(b[second+4:], 1_000_000_001)
			return b
		}(), FractionOver, 3, int64(second), "1000000001"},
		{"not ethernet", func() []byte {
			b := edit(func([]rec) {})
			b[20] = 147
			return b
		}(), NotRead, 3, pcapHeader, "link type 147 (user 0)"},
	} {
		for _, pack := range []string{"plain", "gzip"} {
			t.Run(c.name+"/"+pack, func(t *testing.T) {
				b := c.b
				if pack == "gzip" {
					b = gzipped(t, b)
				}
				path := write(t, "x.pcap", b)
				got, warnings, files, err := readAll(t, Options{}, path)
				if err != nil {
					t.Fatal(err)
				}
				if c.trouble == FractionOver {
					if len(warnings) != 2 || warnings[1].Trouble != TimeBackwards {
						t.Fatalf("warnings %v", warnings)
					}
					if want := uint64(1_580_394_601_000_000_001); got[1].ts != want {
						t.Errorf("fraction carried to %d, want %d", got[1].ts, want)
					}
					warnings = warnings[:1]
				}
				w := oneTrouble(t, warnings, c.trouble)
				if w.File != path || w.Offset != c.offset || !strings.Contains(w.String(), c.text) {
					t.Errorf("warning %q, want offset %d and %q", w, c.offset, c.text)
				}
				if len(got) != c.packets {
					t.Errorf("%d packets, want %d", len(got), c.packets)
				}
				name, times := c.trouble.String(), int64(1)
				if c.trouble == NotRead {
					name, times = "not_read_link_type_147", 3
				}
				if n := files[0].Troubles[name]; n != times {
					t.Errorf("counted %d times, want %d", n, times)
				}
			})
		}
	}
}

func TestEveryTroubleIsWarnedOfOnce(t *testing.T) {
	recs := samples(50, startNS, 1000)
	for i := range recs {
		recs[i].wire = 2000
	}
	_, warnings, files, err := readAll(t, Options{}, write(t, "x.pcap", pcapBytes(binary.LittleEndian, pcapNano, recs)))
	if err != nil {
		t.Fatal(err)
	}
	oneTrouble(t, warnings, SnapCut)
	if n := files[0].Troubles["snap_cut"]; n != 50 {
		t.Errorf("counted %d, want 50", n)
	}
}

// The modified pcap of Kuznetzov, in both byte orders: 8 bytes more in front of every frame.
func TestModifiedPcap(t *testing.T) {
	want := samples(40, startNS-startNS%1000, 1000)
	for _, o := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		b := pcapBytes(o, pcapMicro, nil)
		o.PutUint32(b, pcapModified)
		for _, r := range want {
			b = o.AppendUint32(o.AppendUint32(b, uint32(r.ts/1e9)), uint32(r.ts%1e9/1000))
			b = o.AppendUint32(o.AppendUint32(b, uint32(len(r.data))), uint32(len(r.data)))
			b = append(o.AppendUint16(o.AppendUint32(b, 3), 0x0800), 0, 0)
			b = append(b, r.data...)
		}
		for _, file := range [][]byte{b, gzipped(t, b)} {
			got, warnings, files, err := readAll(t, Options{}, write(t, "x", file))
			if err != nil || len(warnings) > 0 || !strings.Contains(files[0].Detail, "a1b2cd34") {
				t.Fatal(err, warnings, files[0].Detail)
			}
			same(t, got, want)
		}
		_, warnings, _, _ := readAll(t, Options{}, write(t, "x", b[:len(b)-1]))
		oneTrouble(t, warnings, CutShort)
	}
}
