package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// rec is a packet as a test wants it written or has read it.
type rec struct {
	ts    uint64
	data  []byte
	wire  int
	iface uint32
	stamp uint64
	file  int
}

// samples are n frames of rising time and odd sizes.
func samples(n int, startNS, stepNS uint64) []rec {
	out := make([]rec, n)
	for i := range out {
		data := make([]byte, 60+(i*7)%61)
		for j := range data {
			data[j] = byte(i + j)
		}
		out[i] = rec{ts: startNS + uint64(i)*stepNS, data: data, wire: len(data)}
	}
	return out
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// pcapBytes writes a pcap by hand, so that every byte order can be had.
func pcapBytes(o byteOrder, magic uint32, recs []rec) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(o.AppendUint16(b, 2), 4)
	b = o.AppendUint32(o.AppendUint32(b, 0), 0)
	b = o.AppendUint32(o.AppendUint32(b, 65535), 1)
	for _, r := range recs {
		frac := uint32(r.ts % 1e9)
		if magic == pcapMicro {
			frac /= 1000
		}
		b = o.AppendUint32(o.AppendUint32(b, uint32(r.ts/1e9)), frac)
		b = o.AppendUint32(o.AppendUint32(b, uint32(len(r.data))), uint32(r.wire))
		b = append(b, r.data...)
	}
	return b
}

// ngBlock appends a block of pcapng.
func ngBlock(o byteOrder, b []byte, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	n := uint32(len(body) + ngBlockFrame)
	b = o.AppendUint32(o.AppendUint32(b, kind), n)
	return o.AppendUint32(append(b, body...), n)
}

func ngSectionBytes(o byteOrder, b []byte) []byte {
	body := o.AppendUint32(nil, ngByteOrder)
	body = o.AppendUint16(o.AppendUint16(body, 1), 0)
	return ngBlock(o, b, ngSection, o.AppendUint64(body, ^uint64(0)))
}

// ngIfaceBytes appends an interface; resol 0 and offset 0 leave the options out.
func ngIfaceBytes(o byteOrder, b []byte, resol uint8, offset int64) []byte {
	body := o.AppendUint16(o.AppendUint16(nil, 1), 0)
	body = o.AppendUint32(body, 0)
	body = append(o.AppendUint16(o.AppendUint16(body, 2), 3), "eth\x00"...) // if_name, to be passed over
	if resol != 0 {
		body = append(o.AppendUint16(o.AppendUint16(body, ngOptResol), 1), resol, 0, 0, 0)
	}
	if offset != 0 {
		body = o.AppendUint64(o.AppendUint16(o.AppendUint16(body, ngOptOffset), 8), uint64(offset))
	}
	return ngBlock(o, b, ngInterface, o.AppendUint32(body, 0))
}

func ngPacketBytes(o byteOrder, b []byte, id uint32, units uint64, data []byte, wire int) []byte {
	body := o.AppendUint32(nil, id)
	body = o.AppendUint32(o.AppendUint32(body, uint32(units>>32)), uint32(units))
	body = o.AppendUint32(o.AppendUint32(body, uint32(len(data))), uint32(wire))
	return ngBlock(o, b, ngEnhanced, append(body, data...))
}

// erfBytes writes records of one type with n extension headers.
func erfBytes(kind uint8, exts int, recs []rec) []byte {
	var b []byte
	for _, r := range recs {
		fixed := r.ts/1e9<<32 | (r.ts%1e9<<32)/1e9
		body := append([]byte{0, 0}, r.data...)
		for len(body)%8 != 0 {
			body = append(body, 0)
		}
		b = binary.LittleEndian.AppendUint64(b, fixed)
		t := kind
		if exts > 0 {
			t |= erfMore
		}
		b = append(b, t, 0x04|byte(r.iface))
		b = binary.BigEndian.AppendUint16(b, uint16(erfHeader+exts*erfExt+len(body)))
		b = binary.BigEndian.AppendUint16(b, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(r.wire))
		for i := range exts {
			e := make([]byte, erfExt)
			e[0] = 4
			if i < exts-1 {
				e[0] |= erfMore
			}
			b = append(b, e...)
		}
		b = append(b, body...)
	}
	return b
}

func write(tb testing.TB, name string, b []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func gzipped(tb testing.TB, b []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func zstded(tb testing.TB, b []byte) []byte {
	tb.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	return w.EncodeAll(b, nil)
}

// readAll opens and reads everything, and checks what must hold for any source on the way.
func readAll(tb testing.TB, o Options, paths ...string) ([]rec, []Warning, []FileInfo, error) {
	tb.Helper()
	var warnings []Warning
	o.Warn = func(w Warning) { warnings = append(warnings, w) }
	s, err := Open(paths, o)
	if err != nil {
		return nil, warnings, nil, err
	}
	defer func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	}()
	var out []rec
	next := make([]int64, len(paths))
	for {
		var p Packet
		if err := s.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
		if p.Index != next[p.File] {
			tb.Fatalf("file %d: packet has index %d, want %d", p.File, p.Index, next[p.File])
		}
		next[p.File]++
		r := rec{ts: p.TS, data: bytes.Clone(p.Data), wire: p.WireLen, iface: p.Iface, file: p.File}
		if p.StampOK {
			r.stamp = p.Stamp
		}
		out = append(out, r)
	}
	if err := s.Next(&Packet{}); !errors.Is(err, io.EOF) {
		tb.Errorf("Next after the end: %v, want io.EOF again", err)
	}
	if read, total := s.Progress(); read != total && len(warnings) == 0 {
		tb.Errorf("progress at the end: %d of %d", read, total)
	}
	return out, warnings, s.Files(), nil
}

func same(tb testing.TB, got, want []rec) {
	tb.Helper()
	if len(got) != len(want) {
		tb.Fatalf("%d packets, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.ts != w.ts || g.wire != w.wire || g.iface != w.iface || g.file != w.file || g.stamp != w.stamp || !bytes.Equal(g.data, w.data) {
			t := "packet %d: got ts %d wire %d iface %d file %d stamp %d data %x\nwant ts %d wire %d iface %d file %d stamp %d data %x"
			tb.Fatalf(t, i, g.ts, g.wire, g.iface, g.file, g.stamp, g.data, w.ts, w.wire, w.iface, w.file, w.stamp, w.data)
		}
	}
}

// oneTrouble checks that exactly this was warned of, once.
func oneTrouble(tb testing.TB, warnings []Warning, want Trouble) Warning {
	tb.Helper()
	if len(warnings) != 1 || warnings[0].Trouble != want {
		tb.Fatalf("warnings %v, want one of %v", warnings, want)
	}
	return warnings[0]
}
