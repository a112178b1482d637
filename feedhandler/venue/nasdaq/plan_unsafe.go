package nasdaq

import (
	"encoding/binary"
	"unsafe"
)

// u8, u32 and u64 read at an offset of the message that starts at m. The offset comes from the plan of the
// message's own type, whose layout the caller has checked the message to hold; a masked field has offset 0,
// where even eight bytes lie inside the shortest layout.

func (p *plan) u8(m *orderDelete, off uint8) byte {
	return *(*byte)(unsafe.Add(unsafe.Pointer(m), off))
}

func (p *plan) u32(m *orderDelete, off uint8) uint32 {
	return binary.BigEndian.Uint32((*[4]byte)(unsafe.Add(unsafe.Pointer(m), off))[:])
}

func (p *plan) u64(m *orderDelete, off uint8) uint64 {
	return binary.BigEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(m), off))[:])
}
