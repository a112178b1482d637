package bench

import (
	"encoding/binary"

	"wirebook/book"
)

const (
	pcapHead   = 24
	pcapRecord = 16
	moldAt     = 14 + 20 + 8 // of a frame without tags and IP options
	moldHead   = 20
)

// walkPcap is the loop one would write for one uncompressed pcap of MoldUDP64 frames and nothing else: to each
// packet's Mold header, no checks. It returns packets and something the compiler cannot leave out.
func walkPcap(mem []byte, lap func(int)) (packets int, sum uint64) {
	be, le := binary.BigEndian, binary.LittleEndian
	mark := 0
	for at := pcapHead; at+pcapRecord <= len(mem); packets++ {
		kept := int(le.Uint32(mem[at+8:]))
		ts := uint64(le.Uint32(mem[at:]))*1e9 + uint64(le.Uint32(mem[at+4:]))
		if kept > len(mem)-at-pcapRecord {
			break // cut short
		}
		frame := mem[at+pcapRecord : at+pcapRecord+kept]
		if len(frame) >= moldAt+moldHead {
			sum += ts + be.Uint64(frame[moldAt+10:]) + uint64(be.Uint16(frame[moldAt+18:]))
		}
		at += pcapRecord + kept
		if packets-mark == lapPackets {
			lap(lapPackets)
			mark = packets
		}
	}
	return packets, sum
}

// walkable says whether walkPcap can read a file: the byte order is the machines' own of today.
func walkable(mem []byte) bool {
	if len(mem) < pcapHead {
		return false
	}
	magic := binary.LittleEndian.Uint32(mem)
	return magic == 0xA1B2C3D4 || magic == 0xA1B23C4D // microseconds, nanoseconds
}

// walkMold goes over every message of a MoldUDP64 payload and reads length and type: the framing floor.
func walkMold(payload []byte) (messages int, sum uint64) {
	if len(payload) < moldHead {
		return 0, 0
	}
	be := binary.BigEndian
	n := int(be.Uint16(payload[18:]))
	for at := moldHead; messages < n && at+3 <= len(payload); messages++ {
		sum += uint64(payload[at+2])
		at += 2 + int(be.Uint16(payload[at:]))
	}
	return messages, sum
}

// decodeMold decodes every field of every order message by hand into one reused event: no directory, no batch, no check
// but that a message lies in its packet. It is the decode floor.
func decodeMold(e *book.Event, payload []byte) (messages int) {
	if len(payload) < moldHead {
		return 0
	}
	be := binary.BigEndian
	n := int(be.Uint16(payload[18:]))
	if n == 0xFFFF {
		return 0
	}
	seq := be.Uint64(payload[10:])
	for at := moldHead; messages < n; messages++ {
		if at+2 > len(payload) {
			break
		}
		end := at + 2 + int(be.Uint16(payload[at:]))
		if end > len(payload) {
			break
		}
		e.Seq = uint32(seq) + uint32(messages)
		decodeITCH(e, payload[at+2:end])
		at = end
	}
	return messages
}

func decodeITCH(e *book.Event, m []byte) {
	be := binary.BigEndian
	if len(m) < 19 {
		return
	}
	e.Instrument = uint32(be.Uint16(m[1:]))
	e.TsEvent = uint64(be.Uint16(m[5:]))<<32 | uint64(be.Uint32(m[7:]))
	e.OrderID = be.Uint64(m[11:])
	switch m[0] {
	case 'A', 'F':
		_ = m[35]
		e.Kind, e.Side = book.KindAdd, book.Side(m[19])
		e.Qty, e.Price = uint64(be.Uint32(m[20:])), int64(be.Uint32(m[32:]))
	case 'D':
		e.Kind = book.KindDelete
	case 'E':
		_ = m[30]
		e.Kind, e.Qty, e.Ref = book.KindExecute, uint64(be.Uint32(m[19:])), be.Uint64(m[23:])
	case 'C':
		_ = m[35]
		e.Kind, e.Qty, e.Ref = book.KindExecuteAt, uint64(be.Uint32(m[19:])), be.Uint64(m[23:])
		e.Price = int64(be.Uint32(m[32:]))
	case 'X':
		_ = m[22]
		e.Kind, e.Qty = book.KindReduce, uint64(be.Uint32(m[19:]))
	case 'U':
		_ = m[34]
		e.Kind, e.Ref, e.OrderID = book.KindReplace, be.Uint64(m[11:]), be.Uint64(m[19:])
		e.Qty, e.Price = uint64(be.Uint32(m[27:])), int64(be.Uint32(m[31:]))
	}
}
