package capture

import (
	"encoding/binary"
	"fmt"
	"testing"
)

func TestERF(t *testing.T) {
	for _, kind := range []uint8{erfEth, erfColorEth, erfDsmColorEth, erfColorHashEth} {
		for exts := range 4 {
			for _, pack := range []string{"plain", "zstd"} {
				t.Run(fmt.Sprintf("type %d/%d extensions/%s", kind, exts, pack), func(t *testing.T) {
					want := samples(50, startNS, 999)
					for i := range want {
						want[i].iface = uint32(i % 4)
					}
					b := erfBytes(kind, exts, want)
					if pack == "zstd" {
						b = zstded(t, b)
					}
					got, warnings, files, err := readAll(t, Options{}, write(t, "x.dat", b))
					if err != nil || len(warnings) > 0 {
						t.Fatal(err, warnings)
					}
					same(t, got, want)
					if files[0].Format != ERF {
						t.Errorf("format %v", files[0].Format)
					}
				})
			}
		}
	}
}

func TestERFTimeRounds(t *testing.T) {
	for _, c := range []struct{ fixed, ns uint64 }{
		{1 << 32, 1_000_000_000},
		{1<<32 | 1<<31, 1_500_000_000},
		{1<<32 | 4, 1_000_000_001},                    // 0.93 ns
		{1<<32 | 2, 1_000_000_000},                    // 0.47 ns
		{1<<32 | 0xffffffff, 2_000_000_000},           // into the next second
		{0x5e330000<<32 | 1<<30, 1580400640250000000}, // high seconds lose nothing
	} {
		if ns := erfTime(c.fixed); ns != c.ns {
			t.Errorf("%#x: %d, want %d", c.fixed, ns, c.ns)
		}
	}
}

func TestERFTroubles(t *testing.T) {
	recs := samples(4, startNS, 1000)
	for _, c := range []struct {
		name    string
		change  func(b []byte) []byte
		trouble Trouble
		packets int
	}{
		{"other type", func(b []byte) []byte { b[8] = 1; return b }, ForeignRecord, 3},
		{"cut by the card", func(b []byte) []byte { binary.BigEndian.PutUint16(b[14:], 1500); return b }, SnapCut, 4},
		{"receive error", func(b []byte) []byte { b[9] |= erfRxError; return b }, RxError, 4},
		{"file cut", func(b []byte) []byte { return b[:len(b)-5] }, CutShort, 3},
		{"header cut", func(b []byte) []byte { return b[:len(b)-100] }, CutShort, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := c.change(erfBytes(erfEth, 0, recs))
			got, warnings, _, err := readAll(t, Options{}, write(t, "x.erf", b))
			if err != nil {
				t.Fatal(err)
			}
			oneTrouble(t, warnings, c.trouble)
			if len(got) != c.packets {
				t.Errorf("%d packets, want %d", len(got), c.packets)
			}
		})
	}
	b := erfBytes(erfEth, 0, recs)
	last := len(b) - erfHeader - (len(recs[3].data)+2+7)/8*8
	binary.BigEndian.PutUint16(b[last+10:], 3)
	got, warnings, _, err := readAll(t, Options{Format: ERF}, write(t, "x.erf", b))
	if err != nil || len(got) != 3 {
		t.Fatal(err, len(got))
	}
	if w := oneTrouble(t, warnings, AbsurdLength); w.Offset != int64(last) {
		t.Errorf("offset %d, want %d", w.Offset, last)
	}
}
