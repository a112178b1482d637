package shm

import "unsafe"

// reach returns where mem begins and ends, to compare the address of a fault with.
func reach(mem []byte) (low, high uintptr) {
	low = uintptr(unsafe.Pointer(unsafe.SliceData(mem)))
	return low, low + uintptr(len(mem))
}
