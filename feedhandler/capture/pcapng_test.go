package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/gopacket/pcapgo"
)

// ngOracle reads a pcapng with pcapgo.
func ngOracle(tb testing.TB, b []byte) []rec {
	tb.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.NgReaderOptions{WantMixedLinkType: true})
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
		out = append(out, rec{ts: uint64(ci.Timestamp.UnixNano()), data: data, wire: ci.Length, iface: uint32(ci.InterfaceIndex)})
	}
}

func TestPcapngInterfacesAndResolutions(t *testing.T) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			const sec = 1_600_000_000
			b := ngSectionBytes(order, nil)
			b = ngIfaceBytes(order, b, 0, 0)       // microseconds by default
			b = ngIfaceBytes(order, b, 9, 0)       // nanoseconds
			b = ngIfaceBytes(order, b, 3, 0)       // milliseconds
			b = ngIfaceBytes(order, b, 0x80|20, 0) // 2^-20
			b = ngIfaceBytes(order, b, 9, 1000)    // shifted by seconds
			frames := samples(7, 0, 0)
			var want []rec
			add := func(id uint32, units, ns uint64) {
				f := frames[len(want)%len(frames)]
				b = ngPacketBytes(order, b, id, units, f.data, f.wire)
				want = append(want, rec{ts: ns, data: f.data, wire: f.wire, iface: id})
			}
			add(0, sec*1e6+7, sec*1e9+7000)
			add(1, sec*1e9+7001, sec*1e9+7001)
			b = ngBlock(order, b, 5, make([]byte, 12)) // interface statistics
			add(2, sec*1e3+8, sec*1e9+8e6)
			same(t, ngOracle(t, b), want)
			// pcapgo 1.1.19 loses powers of two to rounding and takes the offset for units, so these are ours alone.
			add(3, sec<<20+1<<19, sec*1e9+5e8)
			add(4, sec*1e9, (sec+1000)*1e9)
			got, warnings, _, err := readAll(t, Options{}, write(t, "x", b))
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			same(t, got, want)
		})
	}
}

func TestPcapngSectionsAndOldBlocks(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	f := samples(5, 0, 0)
	b := ngIfaceBytes(le, ngSectionBytes(le, nil), 9, 0)
	b = ngPacketBytes(le, b, 0, 100, f[0].data, f[0].wire)
	simple := append(le.AppendUint32(nil, uint32(f[1].wire)), f[1].data...)
	b = ngBlock(le, b, ngSimple, simple)
	b = ngBlock(le, b, 0x0bad, make([]byte, 4000)) // unknown block
	b = ngSectionBytes(be, b)
	b = ngIfaceBytes(be, b, 9, 0)
	b = ngIfaceBytes(be, b, 6, 0)
	b = ngPacketBytes(be, b, 1, 2, f[2].data, f[2].wire)
	old := be.AppendUint16(be.AppendUint16(nil, 0), 3)
	old = be.AppendUint32(be.AppendUint32(old, 0), 3000)
	old = append(be.AppendUint32(be.AppendUint32(old, uint32(len(f[3].data))), uint32(f[3].wire)), f[3].data...)
	b = ngBlock(be, b, ngOldPacket, old)
	b = ngPacketBytes(be, b, 7, 4000, f[4].data, f[4].wire) // no such interface
	b = ngPacketBytes(be, b, 0, 5000, f[4].data, f[4].wire)
	want := []rec{
		{ts: 100, data: f[0].data, wire: f[0].wire},
		{ts: 100, data: f[1].data, wire: f[1].wire},
		{ts: 2000, data: f[2].data, wire: f[2].wire, iface: 2},
		{ts: 3000, data: f[3].data, wire: f[3].wire, iface: 1},
		{ts: 5000, data: f[4].data, wire: f[4].wire, iface: 1},
	}
	for _, pack := range [][]byte{b, zstded(t, b)} {
		got, warnings, _, err := readAll(t, Options{}, write(t, "x.pcap", pack))
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
		if len(warnings) != 2 || warnings[0].Trouble != NoTime || warnings[1].Trouble != UnknownIface {
			t.Errorf("warnings %v", warnings)
		}
	}
}

// Every resolution and offset against arithmetic without bounds.
func TestInterfaceTimeAgainstBigIntegers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	most := new(big.Int).SetUint64(math.MaxUint64)
	for range 200_000 {
		var i ngIface
		resol := uint8(rng.Uint32())
		i.resolution(resol)
		offset := int64(rng.Uint64()) >> (rng.UintN(64))
		if rng.IntN(2) == 0 {
			offset = 0
		}
		i.offset(offset)
		ticks := rng.Uint64() >> rng.UintN(64)

		exact := new(big.Int).Mul(new(big.Int).SetUint64(ticks), big.NewInt(1e9))
		if resol&0x80 != 0 {
			exact.Rsh(exact, uint(resol&0x7f))
		} else {
			exact.Quo(exact, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(resol)), nil))
		}
		fits := exact.Cmp(most) <= 0
		exact.Add(exact, big.NewInt(i.offsetNS))
		fits = fits && exact.Sign() >= 0 && exact.Cmp(most) <= 0

		ns, ok := i.ns(ticks)
		if ok != fits || ok && ns != exact.Uint64() {
			t.Fatalf("resolution %#x offset %d ticks %d: got %d %v, want %v %v", resol, offset, ticks, ns, ok, exact, fits)
		}
	}
}

func TestPcapngDamage(t *testing.T) {
	le := binary.LittleEndian
	f := samples(2, 0, 0)
	start := ngPacketBytes(le, ngIfaceBytes(le, ngSectionBytes(le, nil), 9, 0), 0, 100, f[0].data, f[0].wire)
	good := ngPacketBytes(le, nil, 0, 200, f[1].data, f[1].wire)
	change := func(at int, v uint32) []byte {
		b := bytes.Clone(good)
		le.PutUint32(b[at:], v)
		return append(bytes.Clone(start), b...)
	}
	for _, c := range []struct {
		name    string
		b       []byte
		trouble Trouble
	}{
		{"length too small", change(4, 8), AbsurdLength},
		{"length not of words", change(4, 33), AbsurdLength},
		{"length huge", change(4, 0xfffffff0), AbsurdLength},
		{"lengths differ", change(len(good)-4, 4), Corrupt},
		{"frame longer than block", change(20, 100_000), AbsurdLength},
		{"section without mark", append(bytes.Clone(start), ngBlock(le, nil, ngSection, make([]byte, 16))...), Corrupt},
		{"unknown block cut", append(bytes.Clone(start), ngBlock(le, nil, 99, make([]byte, 16))[:20]...), CutShort},
		{"simple block empty", append(bytes.Clone(start), ngBlock(le, nil, ngSimple, nil)...), Corrupt},
		{"interface too short", append(bytes.Clone(start), ngBlock(le, nil, ngInterface, nil)...), Corrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, warnings, _, err := readAll(t, Options{}, write(t, "x", c.b))
			if err != nil {
				t.Fatal(err)
			}
			w := oneTrouble(t, warnings, c.trouble)
			if len(got) != 1 || w.Offset != int64(len(start)) {
				t.Errorf("%d packets, warning %v, want offset %d", len(got), w, len(start))
			}
		})
	}
}

// TestPcapngInterfacesWithoutEnd: packed, a file that describes nothing but interfaces is small, and would take all memory.
func TestPcapngInterfacesWithoutEnd(t *testing.T) {
	le := binary.LittleEndian
	one := ngIfaceBytes(le, nil, 9, 0)
	b := append(ngSectionBytes(le, nil), bytes.Repeat(one, mostIfaces+1)...)
	_, warnings, _, err := readAll(t, Options{}, write(t, "x", b))
	if err != nil {
		t.Fatal(err)
	}
	if w := oneTrouble(t, warnings, Corrupt); w.Offset != int64(len(b)-len(one)) || !strings.Contains(w.Text, "more than 65536 interfaces") {
		t.Errorf("%v", w)
	}
}

// What the capturing host lost is told: it is no loss of a line.
func TestCaptureDropsAreTold(t *testing.T) {
	le := binary.LittleEndian
	d := samples(1, startNS, 1)[0]
	stats := func(b []byte, iface uint32, ifdrop, osdrop uint64) []byte {
		body := le.AppendUint64(le.AppendUint32(nil, iface), 0)
		for code, n := range map[uint16]uint64{ngOptIfDrop: ifdrop, ngOptOSDrop: osdrop} {
			body = le.AppendUint64(le.AppendUint16(le.AppendUint16(body, code), 8), n)
		}
		return ngBlock(le, b, ngStats, le.AppendUint32(body, 0))
	}
	b := ngIfaceBytes(le, ngIfaceBytes(le, ngSectionBytes(le, nil), 9, 0), 9, 0)
	b = ngPacketBytes(le, b, 0, d.ts, d.data, d.wire)
	b = stats(stats(b, 0, 0, 0), 9, 4, 4)
	for _, n := range []uint64{2, 3, 3} { // it counts on
		b = stats(b, 1, n, 5)
	}
	_, warnings, files, err := readAll(t, Options{}, write(t, "x", b))
	if err != nil {
		t.Fatal(err)
	}
	if w := oneTrouble(t, warnings, CaptureDrops); !strings.Contains(w.Text, "7 on interface 1") || files[0].Troubles["drops"] != 8 {
		t.Errorf("%v, %v", w, files[0].Troubles)
	}
	e := erfBytes(erfEth, 0, samples(3, startNS, 9))
	binary.BigEndian.PutUint16(e[12:], 17)
	_, warnings, files, err = readAll(t, Options{}, write(t, "x", e))
	if err != nil {
		t.Fatal(err)
	}
	if w := oneTrouble(t, warnings, CaptureDrops); !strings.Contains(w.Text, "17 before packet 0") || files[0].Troubles["drops"] != 17 {
		t.Errorf("%v, %v", w, files[0].Troubles)
	}
}
