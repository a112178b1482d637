package layout

import "encoding/binary"

// Wire types: byte arrays, so a struct of them has no padding and alignment one. [n]byte stands for text;
// Opaque tags (`wire:",bytes"`) mark padding and reserved bytes.
type (
	U8    [1]byte
	I8    [1]byte
	Char  [1]byte
	U16BE [2]byte
	U32BE [4]byte
	U48BE [6]byte
	U64BE [8]byte
	I32BE [4]byte
	I64BE [8]byte
	U16LE [2]byte
	U32LE [4]byte
	U64LE [8]byte
	I16LE [2]byte
	I32LE [4]byte
	I64LE [8]byte
)

func (v *U8) Get() uint8     { return v[0] }
func (v *I8) Get() int8      { return int8(v[0]) }
func (v *Char) Get() byte    { return v[0] }
func (v *U16BE) Get() uint16 { return binary.BigEndian.Uint16(v[:]) }
func (v *U32BE) Get() uint32 { return binary.BigEndian.Uint32(v[:]) }
func (v *U64BE) Get() uint64 { return binary.BigEndian.Uint64(v[:]) }
func (v *I32BE) Get() int32  { return int32(binary.BigEndian.Uint32(v[:])) }
func (v *I64BE) Get() int64  { return int64(binary.BigEndian.Uint64(v[:])) }
func (v *U16LE) Get() uint16 { return binary.LittleEndian.Uint16(v[:]) }
func (v *U32LE) Get() uint32 { return binary.LittleEndian.Uint32(v[:]) }
func (v *U64LE) Get() uint64 { return binary.LittleEndian.Uint64(v[:]) }
func (v *I16LE) Get() int16  { return int16(binary.LittleEndian.Uint16(v[:])) }
func (v *I32LE) Get() int32  { return int32(binary.LittleEndian.Uint32(v[:])) }
func (v *I64LE) Get() int64  { return int64(binary.LittleEndian.Uint64(v[:])) }
func (v *U48BE) Get() uint64 {
	return uint64(binary.BigEndian.Uint16(v[:2]))<<32 | uint64(binary.BigEndian.Uint32(v[2:]))
}

// Put methods write the value in wire order; the simulator and tests use them.
func (v *U8) Put(x uint8)     { v[0] = x }
func (v *I8) Put(x int8)      { v[0] = byte(x) }
func (v *Char) Put(x byte)    { v[0] = x }
func (v *U16BE) Put(x uint16) { binary.BigEndian.PutUint16(v[:], x) }
func (v *U32BE) Put(x uint32) { binary.BigEndian.PutUint32(v[:], x) }
func (v *U64BE) Put(x uint64) { binary.BigEndian.PutUint64(v[:], x) }
func (v *I32BE) Put(x int32)  { binary.BigEndian.PutUint32(v[:], uint32(x)) }
func (v *I64BE) Put(x int64)  { binary.BigEndian.PutUint64(v[:], uint64(x)) }
func (v *U16LE) Put(x uint16) { binary.LittleEndian.PutUint16(v[:], x) }
func (v *U32LE) Put(x uint32) { binary.LittleEndian.PutUint32(v[:], x) }
func (v *U64LE) Put(x uint64) { binary.LittleEndian.PutUint64(v[:], x) }
func (v *I16LE) Put(x int16)  { binary.LittleEndian.PutUint16(v[:], uint16(x)) }
func (v *I32LE) Put(x int32)  { binary.LittleEndian.PutUint32(v[:], uint32(x)) }
func (v *I64LE) Put(x int64)  { binary.LittleEndian.PutUint64(v[:], uint64(x)) }
func (v *U48BE) Put(x uint64) {
	binary.BigEndian.PutUint16(v[:2], uint16(x>>32))
	binary.BigEndian.PutUint32(v[2:], uint32(x))
}
