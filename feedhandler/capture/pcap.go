package capture

import (
	"encoding/binary"
	"fmt"
)

const (
	pcapMicro = 0xa1b2c3d4
	pcapNano  = 0xa1b23c4d
	// pcapModified is Kuznetzov's: behind the lengths of a record stand interface u32, protocol u16, kind u8, a pad.
	pcapModified = 0xa1b2cd34
	pcapHeader   = 24
	pcapRecord   = 16
	pcapMore     = 8
	// A frame may be longer than a file's snap length says (some writers leave it 0), but not longer than this
	// unless the snap length is.
	maxFrame = 256 << 10
)

// pcapReader walks a pcap file.
//
//	file:   magic u32 | version u16 u16 | zone i32 | sigfigs u32 | snap length u32 | link type u32
//	record: seconds u32 | fraction u32 | bytes kept u32 | bytes on the wire u32 | frame
type pcapReader struct {
	file
	big   bool
	unit  uint64 // ns of one fraction
	over  uint32 // fractions of a second
	limit uint32 // longest record
	head  int    // bytes in front of a frame
	link  LinkType
}

// newPcap reads the file header. The magic has been seen.
func newPcap(f file) (*pcapReader, error) {
	r := &pcapReader{file: f}
	h := r.w.peek(pcapHeader)
	if len(h) < pcapHeader {
		return nil, fmt.Errorf("%s: pcap file header cut short: %d of %d bytes", r.name, len(h), pcapHeader)
	}
	var magic uint32
	magic, r.big = pcapOrder(h)
	r.head = pcapRecord
	r.unit, r.over, r.detail = 1000, 1_000_000, "microseconds"
	if magic == pcapNano {
		r.unit, r.over, r.detail = 1, 1_000_000_000, "nanoseconds"
	}
	if magic == pcapModified {
		r.head += pcapMore
		r.detail += ", modified (a1b2cd34)"
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if r.big {
		order = binary.BigEndian
		r.detail += ", big-endian"
	}
	if major := order.Uint16(h[4:]); major != 2 {
		return nil, fmt.Errorf("%s: pcap version %d.%d: only 2.x is known", r.name, major, order.Uint16(h[6:]))
	}
	// The upper half of the link word tells of an FCS, which does not matter here: the IP length says where data ends.
	r.link = LinkType(order.Uint32(h[20:]))
	r.limit = max(maxFrame, min(order.Uint32(h[16:]), maxRecord))
	r.w.pos += pcapHeader
	return r, nil
}

// Next gives the next record.
func (r *pcapReader) Next(p *Packet) error {
	for {
		b := r.w.buf[r.w.pos:]
		if len(b) >= r.head {
			var sec, frac, kept, wire uint32
			if !r.big {
				sec, frac = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
				kept, wire = binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
			} else {
				sec, frac = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
				kept, wire = binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
			}
			if kept <= r.limit && len(b)-r.head >= int(kept) {
				ts := uint64(sec)*1_000_000_000 + uint64(frac)*r.unit
				if frac >= r.over || kept != wire || ts < r.lastTS {
					r.odd(frac, kept, wire, ts)
				}
				end := r.head + int(kept)
				p.Data = b[r.head:end:end]
				p.TS = ts
				p.WireLen = int(wire)
				p.Offset = r.w.offset()
				p.Index = r.index
				p.File = r.number
				p.Iface = 0
				p.LinkType = r.link
				p.StampOK, p.StampBad, p.StampSource, p.Stamp = false, false, captureSource(ts), 0
				r.w.pos += end
				r.index++
				r.lastTS = ts
				return nil
			}
		}
		if err := r.more(); err != nil {
			return err
		}
	}
}

// more brings the next record to hand, or says why there is none.
func (r *pcapReader) more() error {
	if r.ended {
		r.w.pos = len(r.w.buf)
	}
	if !r.w.fill(r.head) {
		return r.ran("record header", r.head)
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if r.big {
		order = binary.BigEndian
	}
	kept := order.Uint32(r.w.buf[r.w.pos+8:])
	if kept > r.limit {
		err := r.end(AbsurdLength, "packet %d claims %d bytes, more than the %d that a frame can have here", r.index, kept, r.limit)
		r.w.pos = len(r.w.buf)
		return err
	}
	if !r.w.fill(r.head + int(kept)) {
		err := r.ran("last record", r.head+int(kept))
		r.w.pos = len(r.w.buf)
		return err
	}
	return nil
}

// odd is the cold half of Next.
func (r *pcapReader) odd(frac, kept, wire uint32, ts uint64) {
	if frac >= r.over && r.note(FractionOver) {
		r.tell(FractionOver, "packet %d has a fraction of %d, a second has %d here: carried into the seconds; is the file's time unit right?", r.index, frac, r.over)
	}
	r.oddities(kept, wire, ts)
}
