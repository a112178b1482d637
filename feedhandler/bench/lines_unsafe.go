package bench

import "unsafe"

// linesOf lays n cache lines over mem, which is page aligned and long enough.
func linesOf(mem []byte, n int) [][8]uint64 {
	return unsafe.Slice((*[8]uint64)(unsafe.Pointer(unsafe.SliceData(mem))), n)
}
