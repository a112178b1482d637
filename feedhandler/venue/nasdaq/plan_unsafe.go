package nasdaq

import (
	"encoding/binary"
	"unsafe"

	"wirebook/book"
)

// u8 and u64 read at an offset of the message that starts at m. The offset comes from the plan of the message's own type,
// whose layout the caller has checked the message to hold; a masked field has offset 0, where even eight bytes lie inside
// the shortest layout.

func (p *plan) u8(m *orderDelete, off uint8) byte {
	return *(*byte)(unsafe.Add(unsafe.Pointer(m), off))
}

func (p *plan) u64(m *orderDelete, off uint8) uint64 {
	return binary.BigEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(m), off))[:])
}

// time is the six bytes of the timestamp, by one load that takes two of the order number behind it along.
func (p *plan) time(m *orderDelete) uint64 {
	return binary.BigEndian.Uint64((*[8]byte)(unsafe.Pointer(&m.Timestamp))[:]) >> 16
}

// messageAt lays an order message over the bytes of payload from off, which must lie inside. Nothing is known of the
// message's length: the caller compares it with the plan's before it reads more than the type.
func messageAt(payload []byte, off uint16) *orderDelete {
	return (*orderDelete)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(payload)), off))
}

// tailWord and setTail read and write an event's last eight bytes (kind, side, flags, attributes, level, packet) as one
// word: six stores less for every message. Words of single fields are put together by or, in any byte order.

func tailWord(e *book.Event) uint64 { return *(*uint64)(unsafe.Pointer(&e.Kind)) }

func setTail(e *book.Event, word uint64) { *(*uint64)(unsafe.Pointer(&e.Kind)) = word }
