package shm

import "unsafe"

// Body is any body that a ring carries.
type Body interface {
	MBO | Trade | MBP1 | MBP10 | Status | Imbalance | Statistics | Definition | Appliance | Mark
}

// Bytes returns the bytes of *v, not a copy. T is a flat struct without pointers.
func Bytes[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// View returns b as a *T, not a copy. It is nil when b is shorter than T or not 8-aligned.
func View[T Body](b []byte) *T {
	return view[T](b)
}

func view[T any](b []byte) *T {
	var v T
	if uintptr(len(b)) < unsafe.Sizeof(v) || uintptr(unsafe.Pointer(unsafe.SliceData(b)))%8 != 0 {
		return nil
	}
	return (*T)(unsafe.Pointer(unsafe.SliceData(b)))
}

// wordBytes returns the bytes of words, not a copy.
func wordBytes(words []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 8*len(words))
}
