package feedhandler_test

import "unsafe"

// asBytes views words as bytes: ring memory must be 8-aligned, which a []byte of the heap need not be.
func asBytes(w []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), 8*len(w))
}
