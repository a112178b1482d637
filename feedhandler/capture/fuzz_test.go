package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
)

// walk reads b as a mapped file and as a stream of small reads, which must agree, and returns the packets.
func walk(t *testing.T, format Format, b []byte) []rec {
	t.Helper()
	var both [2][]rec
	var words [2][]string
	for i := range both {
		in := &input{w: mapped(b)}
		if i == 1 {
			in.w = window{buf: make([]byte, 0, 64), src: &smallReads{b, 5}}
		}
		f := file{in: in, w: &in.w, name: "01302020.itch50", format: format}
		f.warn = func(w Warning) { words[i] = append(words[i], w.String()) }
		if f.format == Auto {
			var err error
			if f.format, err = formatOf(f.w, f.name); err != nil {
				return nil
			}
		}
		var s Source
		var err error
		switch f.format {
		case PCAP:
			s, err = newPcap(f)
		case PCAPNG:
			s, err = newNG(f)
		case ERF:
			s = newERF(f)
		case BinaryFILE:
			s = newBinaryFILE(f, &Options{}, 0)
		}
		if err != nil {
			return nil
		}
		for {
			var p Packet
			err := s.Next(&p)
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if p.Index != int64(len(both[i])) || p.Offset < 0 || p.Offset > int64(len(b)) {
				t.Fatalf("packet %d has index %d and offset %d of %d", len(both[i]), p.Index, p.Offset, len(b))
			}
			both[i] = append(both[i], rec{ts: p.TS, data: bytes.Clone(p.Data), wire: p.WireLen, iface: p.Iface})
			if len(both[i]) > len(b)+1 {
				t.Fatal("more packets than bytes")
			}
		}
	}
	same(t, both[1], both[0])
	if a, b := len(words[0]), len(words[1]); a != b {
		t.Fatalf("warnings mapped %q, streamed %q", words[0], words[1])
	}
	return both[0]
}

func FuzzPcap(f *testing.F) {
	for _, o := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		f.Add(pcapBytes(o, pcapNano, samples(3, startNS, 9)))
		f.Add(pcapBytes(o, pcapMicro, samples(2, startNS, 9)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 4 {
			return
		}
		for _, o := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
			for _, magic := range []uint32{pcapNano, pcapMicro} {
				c := bytes.Clone(b)
				o.PutUint32(c, magic)
				walk(t, PCAP, c)
			}
		}
		walk(t, Auto, b)
	})
}

func FuzzPcapng(f *testing.F) {
	for _, o := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		d := samples(2, 0, 0)
		b := ngIfaceBytes(o, ngIfaceBytes(o, ngSectionBytes(o, nil), 0x94, -5), 9, 0)
		b = ngPacketBytes(o, b, 1, startNS, d[0].data, d[0].wire)
		b = ngBlock(o, b, ngSimple, append(o.AppendUint32(nil, 61), d[1].data...))
		f.Add(ngBlock(o, b, ngOldPacket, make([]byte, 40)))
	}
	f.Fuzz(func(t *testing.T, b []byte) { walk(t, PCAPNG, b) })
}

func FuzzERF(f *testing.F) {
	f.Add(erfBytes(erfEth, 0, samples(3, startNS, 9)))
	f.Add(erfBytes(erfColorHashEth, 2, samples(2, startNS, 9)))
	f.Fuzz(func(t *testing.T, b []byte) {
		walk(t, ERF, b)
		walk(t, Auto, b)
	})
}

// Whatever the bytes, the messages that come out are the ones that went in, in order, and numbered without a hole. What
// comes behind a length of 0 begins with all that came before it.
func FuzzBinaryFILE(f *testing.F) {
	f.Add(binaryBytes([][]byte{itch('S', 12, 1), itch('A', 36, 2), {'x'}}))
	f.Add(append(binaryBytes([][]byte{itch('S', 12, 1<<48-1), itch('A', 36, 2)}), 0, 0, 9, 9))
	day := binaryBytes([][]byte{append(itch('S', 11, 1), 'O'), itch('A', 36, 2), append(itch('S', 11, 3), 'C')})
	f.Add(append(append(bytes.Clone(day), 0, 0), day...))
	f.Add(append(append(bytes.Clone(day), 0, 0, 0, 0, 0), day[14:]...))
	f.Add(soupBytes([][]byte{append(itch('S', 11, 1), 'O'), itch('A', 36, 2)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if looksSoup(b) {
			walk(t, BinaryFILE, b)
			return
		}
		var want []byte
		zero := false
		for rest := b; len(rest) >= 2; {
			n := 2 + int(binary.BigEndian.Uint16(rest))
			if zero = n == 2; zero || n > len(rest) || n > binMostBytes-moldHeader {
				break
			}
			want, rest = append(want, rest[:n]...), rest[n:]
		}
		var got []byte
		next, session := uint64(1), ""
		for _, r := range walk(t, BinaryFILE, b) {
			mold := r.data[moldAt:]
			if s := string(mold[:10]); s != session {
				next, session = 1, s
			}
			seq, count := binary.BigEndian.Uint64(mold[10:]), binary.BigEndian.Uint16(mold[18:])
			if seq != next {
				t.Fatalf("sequence %d, want %d", seq, next)
			}
			if count != moldEnd {
				next += uint64(count)
			}
			got = append(got, mold[moldHeader:]...)
		}
		if zero && bytes.HasPrefix(got, want) {
			return
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("messages %x, want %x", got, want)
		}
	})
}
