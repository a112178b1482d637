package capture

import "encoding/binary"

// ERF, Endace's record format. All big-endian but the time:
//
//	time u64 little-endian, seconds in 32.32 | type u8 | flags u8 | record length u16 | loss or colour u16 | wire length u16
//	extension headers of 8 bytes while the bit 7 of the type, then of each one's first byte, is set
//	for Ethernet: offset u8, pad u8, frame with its FCS, padding
const (
	erfHeader = 16
	erfExt    = 8
	erfPad    = 2 // in front of an Ethernet frame
	erfMore   = 0x80
	erfType   = 0x7f

	erfEth          = 2
	erfColorEth     = 11
	erfDsmColorEth  = 16
	erfColorHashEth = 20
	erfMaxType      = 48 // PAD

	erfIfaceMask = 0x03
	erfRxError   = 0x10
)

// erfReader walks an ERF file and gives its Ethernet records.
type erfReader struct{ file }

func newERF(f file) *erfReader {
	f.detail = "32.32 fixed point"
	return &erfReader{file: f}
}

// Next gives the next Ethernet record's frame.
func (r *erfReader) Next(p *Packet) error {
	for {
		if r.ended {
			r.w.pos = len(r.w.buf)
		}
		if !r.w.fill(erfHeader) {
			return r.rest("record header", erfHeader)
		}
		n := int(binary.BigEndian.Uint16(r.w.buf[r.w.pos+10:]))
		if n < erfHeader {
			err := r.end(AbsurdLength, "record claims %d bytes, less than its own header", n)
			r.w.pos = len(r.w.buf)
			return err
		}
		if !r.w.fill(n) {
			return r.rest("last record", n)
		}
		if r.record(p, r.w.buf[r.w.pos:r.w.pos+n:r.w.pos+n]) {
			r.w.pos += n
			return nil
		}
		r.w.pos += n
	}
}

func (r *erfReader) rest(what string, want int) error {
	err := r.ran(what, want)
	r.w.pos = len(r.w.buf)
	return err
}

// record reads one whole record and says whether it holds a frame.
func (r *erfReader) record(p *Packet, b []byte) bool {
	frame, ok := erfFrame(b)
	if !ok {
		if t := b[8] & erfType; r.note(ForeignRecord) {
			r.tell(ForeignRecord, "record of type %d holds no Ethernet frame: such records are left out", t)
		}
		return false
	}
	wire := binary.BigEndian.Uint16(b[14:])
	// The record is padded to 8 bytes, so what is longer than the wire length is padding.
	if len(frame) > int(wire) {
		frame = frame[:wire:wire]
	}
	if b[9]&erfRxError != 0 && r.note(RxError) {
		r.tell(RxError, "packet %d was received with an error, as the capturing card says", r.index)
	}
	if lost := binary.BigEndian.Uint16(b[12:]); lost > 0 && b[8]&erfType == erfEth { // the coloured kinds have a colour there
		r.drops(int64(lost), "before packet %d", r.index)
	}
	ts := erfTime(binary.LittleEndian.Uint64(b))
	if len(frame) != int(wire) || ts < r.lastTS {
		r.oddities(uint32(len(frame)), uint32(wire), ts)
	}
	*p = Packet{
		Data: frame, TS: ts, WireLen: int(wire), Offset: r.w.offset(), Index: r.index, File: r.number,
		Iface: uint32(b[9] & erfIfaceMask), LinkType: Ethernet, StampSource: captureSource(ts),
	}
	r.index++
	r.lastTS = ts
	return true
}

// erfFrame finds the Ethernet frame, with the record's padding, in a record.
func erfFrame(b []byte) ([]byte, bool) {
	if !erfEthernet(b[8] & erfType) {
		return nil, false
	}
	at, more := erfHeader, b[8]&erfMore != 0
	for more {
		if len(b) < at+erfExt {
			return nil, false
		}
		more = b[at]&erfMore != 0
		at += erfExt
	}
	if len(b) < at+erfPad {
		return nil, false
	}
	return b[at+erfPad:], true
}

// erfTime turns 32.32 seconds into nanoseconds, rounded to the nearest as Wireshark does.
func erfTime(t uint64) uint64 {
	return t>>32*1_000_000_000 + (t&0xffffffff*1_000_000_000+1<<31)>>32
}

// looksERF walks the records in head and says whether all of them could be ERF. whole says that head is all there is.
func looksERF(head []byte, whole bool) bool {
	const (
		enough      = 8
		sec1980     = 315532800
		sec2100     = 4102444800
		mostExt     = 8 * erfExt // no card writes more
		mostPadding = erfExt + erfPad
	)
	var last uint64
	seen := 0
	for ; len(head) >= erfHeader && seen < enough; seen++ {
		n := int(binary.BigEndian.Uint16(head[10:]))
		wire := int(binary.BigEndian.Uint16(head[14:]))
		sec := binary.LittleEndian.Uint64(head) >> 32
		kind := head[8] & erfType
		switch {
		case kind == 0 || kind > erfMaxType || n < erfHeader:
			return false
		case sec < sec1980 || sec > sec2100:
			return false
		case seen > 0 && (sec > last+86400 || sec+86400 < last):
			return false
		case erfEthernet(kind) && n > erfHeader+mostExt+max(wire, 64)+mostPadding:
			return false
		}
		last = sec
		if n > len(head) {
			// Cut: by our window, or because the file is a stump, which then must be of the usual kind.
			return seen > 0 || whole && erfEthernet(kind)
		}
		if erfEthernet(kind) {
			if _, ok := erfFrame(head[:n]); !ok {
				return false
			}
		}
		head = head[n:]
	}
	return seen > 0
}

func erfEthernet(kind uint8) bool {
	return kind == erfEth || kind == erfColorEth || kind == erfDsmColorEth || kind == erfColorHashEth
}
