package capture

import (
	"encoding/binary"
	"fmt"
)

// Block types and the parts of blocks we read (draft-ietf-opsawg-pcapng).
const (
	ngSection   = 0x0a0d0d0a
	ngInterface = 1
	ngOldPacket = 2
	ngSimple    = 3
	ngStats     = 5
	ngEnhanced  = 6

	ngByteOrder   = 0x1a2b3c4d
	ngBlockFrame  = 12 // type, length, and the length again at the end
	ngSectionMin  = 28
	ngIfaceMin    = 20
	ngPacketFixed = 20 // enhanced and old packets: from the interface to the frame

	ngOptEnd    = 0
	ngOptResol  = 9
	ngOptOffset = 14
	ngOptIfDrop = 5 // of interface statistics
	ngOptOSDrop = 7
	ngStatsMin  = 12
)

// mostIfaces bounds what a section's descriptions take in memory: packed they are small, and no host has so many.
const mostIfaces = 1 << 16

// ngReader walks a pcapng file: any number of sections, each with interfaces of its own.
//
//	block: type u32 | length u32 | body, padded to 4 | length u32
type ngReader struct {
	file
	big    bool
	ifaces []ngIface // of the section
	base   uint32    // interfaces of the sections before
}

// newNG starts at the first section. Its block type has been seen.
func newNG(f file) (*ngReader, error) {
	r := &ngReader{file: f}
	h := r.w.peek(ngSectionMin)
	if len(h) < ngSectionMin {
		return nil, fmt.Errorf("%s: pcapng section header cut short: %d of %d bytes", r.name, len(h), ngSectionMin)
	}
	if !r.order(h[8:]) {
		return nil, fmt.Errorf("%s: pcapng section with byte order mark % x: not a pcapng file", r.name, h[8:12])
	}
	if n := r.u32(h[4:]); n < ngSectionMin || n%4 != 0 || n > maxRecord {
		return nil, fmt.Errorf("%s: pcapng section header with a length of %d: not a pcapng file", r.name, n)
	}
	if major := r.u16(h[12:]); major != 1 {
		return nil, fmt.Errorf("%s: pcapng version %d.%d: only 1.x is known", r.name, major, r.u16(h[14:]))
	}
	r.detail = "little-endian"
	if r.big {
		r.detail = "big-endian"
	}
	return r, nil
}

func (r *ngReader) order(mark []byte) bool {
	r.big = binary.BigEndian.Uint32(mark) == ngByteOrder
	return r.big || binary.LittleEndian.Uint32(mark) == ngByteOrder
}

func (r *ngReader) u16(b []byte) uint16 {
	if r.big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (r *ngReader) u32(b []byte) uint32 {
	if r.big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (r *ngReader) u64(b []byte) uint64 {
	if r.big {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// Next gives the next packet block's frame.
func (r *ngReader) Next(p *Packet) error {
	for {
		b := r.w.buf[r.w.pos:]
		if len(b) >= ngBlockFrame {
			n := r.u32(b[4:])
			if n >= ngBlockFrame+ngPacketFixed && n&3 == 0 && n <= maxRecord && uint64(n) <= uint64(len(b)) &&
				r.u32(b) == ngEnhanced && r.u32(b[n-4:]) == n {
				kept, wire, id := r.u32(b[20:]), r.u32(b[24:]), r.u32(b[8:])
				if kept <= n-ngBlockFrame-ngPacketFixed && uint64(id) < uint64(len(r.ifaces)) {
					iface := &r.ifaces[id]
					stamp := uint64(r.u32(b[12:]))<<32 | uint64(r.u32(b[16:]))
					ts, ok := iface.ns(stamp)
					if !ok || kept != wire || ts < r.lastTS {
						r.odd(ok, stamp, kept, wire, ts)
					}
					r.give(p, b[28:28+kept:28+kept], wire, ts, id)
					r.w.pos += int(n)
					return nil
				}
			}
		}
		ok, err := r.block(p)
		if ok || err != nil {
			return err
		}
	}
}

// give fills p and goes on to the next index. Offset is that of the block in hand.
func (r *ngReader) give(p *Packet, frame []byte, wire uint32, ts uint64, id uint32) {
	*p = Packet{
		Data: frame, TS: ts, WireLen: int(wire), Offset: r.w.offset(), Index: r.index, File: r.number,
		Iface: r.base + id, LinkType: r.ifaces[id].link, StampSource: captureSource(ts),
	}
	r.index++
	r.lastTS = ts
}

func (r *ngReader) odd(ok bool, stamp uint64, kept, wire uint32, ts uint64) {
	if !ok && r.note(TimeOverflow) {
		r.tell(TimeOverflow, "packet %d has the time %d in its interface's units, which does not fit: given as %d ns", r.index, stamp, ts)
	}
	r.oddities(kept, wire, ts)
}

// block handles what the fast path left: other blocks, blocks not yet at hand, and damage. It says whether p was filled.
func (r *ngReader) block(p *Packet) (bool, error) {
	if r.ended {
		r.w.pos = len(r.w.buf)
	}
	if !r.w.fill(ngBlockFrame) {
		err := r.ran("block header", ngBlockFrame)
		r.w.pos = len(r.w.buf)
		return false, err
	}
	b := r.w.buf[r.w.pos:]
	// A section may change the byte order, so its mark is read before its length.
	kind := r.u32(b)
	if kind == ngSection && !r.order(b[8:]) {
		return false, r.stop(Corrupt, "section with byte order mark % x", b[8:12])
	}
	n := r.u32(b[4:])
	if n < ngBlockFrame || n&3 != 0 {
		return false, r.stop(AbsurdLength, "block of type %#x claims %d bytes: no multiple of 4, or less than a block's own frame", kind, n)
	}
	switch kind {
	case ngSection, ngInterface, ngOldPacket, ngSimple, ngEnhanced, ngStats:
	default: // names, statistics, secrets, custom blocks: nothing for us, whatever their size
		if at := r.w.offset(); !r.w.skip(int64(n)) {
			return false, r.endAt(at, CutShort, "block of type %#x cut short", kind)
		}
		return false, nil
	}
	if n > maxRecord {
		return false, r.stop(AbsurdLength, "block of type %#x claims %d bytes", kind, n)
	}
	if !r.w.fill(int(n)) {
		err := r.ran("last block", int(n))
		r.w.pos = len(r.w.buf)
		return false, err
	}
	b = r.w.buf[r.w.pos : r.w.pos+int(n)]
	if again := r.u32(b[n-4:]); again != n {
		return false, r.stop(Corrupt, "block of type %#x has the length %d in front and %d behind", kind, n, again)
	}
	ok, err := r.body(p, kind, b)
	if err == nil {
		r.w.pos += int(n)
	}
	return ok, err
}

// body reads a whole block.
func (r *ngReader) body(p *Packet, kind uint32, b []byte) (bool, error) {
	body := b[8 : len(b)-4]
	switch kind {
	case ngSection:
		if len(b) < ngSectionMin {
			return false, r.stop(Corrupt, "section header of %d bytes", len(b))
		}
		r.base += uint32(len(r.ifaces))
		r.ifaces = r.ifaces[:0]
	case ngInterface:
		if len(b) < ngIfaceMin {
			return false, r.stop(Corrupt, "interface description of %d bytes", len(b))
		}
		if len(r.ifaces) == mostIfaces {
			return false, r.stop(Corrupt, "section with more than %d interfaces", mostIfaces)
		}
		r.ifaces = append(r.ifaces, r.iface(body))
	case ngStats:
		r.statistics(body)
	case ngSimple:
		return r.simple(p, body)
	case ngOldPacket, ngEnhanced:
		return r.packet(p, kind, body)
	}
	return false, nil
}

// packet gives an enhanced packet that the fast path would not, or an obsolete packet block:
// interface u16, drops u16 in the place of interface u32, the rest alike.
func (r *ngReader) packet(p *Packet, kind uint32, body []byte) (bool, error) {
	if len(body) < ngPacketFixed {
		return false, r.stop(Corrupt, "packet block of %d bytes", len(body))
	}
	id := r.u32(body)
	if kind == ngOldPacket {
		id = uint32(r.u16(body))
	}
	kept, wire := r.u32(body[12:]), r.u32(body[16:])
	if uint64(kept) > uint64(len(body)-ngPacketFixed) {
		return false, r.stop(AbsurdLength, "packet %d claims %d bytes in a block that holds %d", r.index, kept, len(body)-ngPacketFixed)
	}
	if uint64(id) >= uint64(len(r.ifaces)) {
		if r.note(UnknownIface) {
			r.tell(UnknownIface, "packet of interface %d, of which there is no description (%d so far): left out", id, len(r.ifaces))
		}
		return false, nil
	}
	stamp := uint64(r.u32(body[4:]))<<32 | uint64(r.u32(body[8:]))
	ts, ok := r.ifaces[id].ns(stamp)
	r.odd(ok, stamp, kept, wire, ts)
	r.give(p, body[ngPacketFixed:ngPacketFixed+kept:ngPacketFixed+kept], wire, ts, id)
	return true, nil
}

// simple gives a simple packet block: length on the wire u32 and the frame, interface 0, no time.
func (r *ngReader) simple(p *Packet, body []byte) (bool, error) {
	if len(body) < 4 {
		return false, r.stop(Corrupt, "simple packet block of %d bytes", len(body))
	}
	if len(r.ifaces) == 0 {
		if r.note(UnknownIface) {
			r.tell(UnknownIface, "simple packet without any interface description: left out")
		}
		return false, nil
	}
	wire := r.u32(body)
	kept := min(wire, uint32(len(body)-4))
	if snap := r.ifaces[0].snap; snap != 0 {
		kept = min(kept, snap)
	}
	if r.note(NoTime) {
		r.tell(NoTime, "packet %d is a simple packet block, which has no time: it takes that of the packet before", r.index)
	}
	r.oddities(kept, wire, r.lastTS)
	r.give(p, body[4:4+kept:4+kept], wire, r.lastTS, 0)
	return true, nil
}

// statistics takes over what an interface lost: interface u32, time u64, options. The numbers run over the capture.
func (r *ngReader) statistics(body []byte) {
	if len(body) < ngStatsMin || uint64(r.u32(body)) >= uint64(len(r.ifaces)) {
		return
	}
	id, lost := r.u32(body), uint64(0)
	for opt := body[ngStatsMin:]; len(opt) >= 4; {
		code, n := r.u16(opt), int(r.u16(opt[2:]))
		if opt = opt[4:]; code == ngOptEnd || n > len(opt) {
			break
		}
		if (code == ngOptIfDrop || code == ngOptOSDrop) && n == 8 {
			lost += min(r.u64(opt), 1<<40)
		}
		opt = opt[min(len(opt), (n+3)&^3):]
	}
	i := &r.ifaces[id]
	if lost > i.lost {
		r.drops(int64(lost-i.lost), "on interface %d", r.base+id)
		i.lost = lost
	}
}

// stop ends the file for damage.
func (r *ngReader) stop(t Trouble, text string, args ...any) error {
	err := r.end(t, text, args...)
	r.w.pos = len(r.w.buf)
	return err
}
