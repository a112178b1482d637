package layout

import "unsafe"

// View lays T, a struct of wire types, over the front of msg; nil when msg is too short.
// The view borrows msg. T must consist of byte arrays only, which Of checks.
func View[T any](msg []byte) *T {
	var t T
	if uintptr(len(msg)) < unsafe.Sizeof(t) {
		return nil
	}
	return (*T)(unsafe.Pointer(unsafe.SliceData(msg)))
}

// Bytes returns the wire bytes of a message struct, for encoders.
func Bytes[T any](m *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(m)), unsafe.Sizeof(*m))
}
