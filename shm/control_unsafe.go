package shm

import (
	"sync/atomic"
	"unsafe"
)

// tableAt returns count entries of T at offset of mem, not a copy. The caller has checked that they fit.
func tableAt[T any](mem []byte, offset uint64, count uint32) []T {
	if count == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[offset])), count)
}

// snapshot copies an entry word by word with atomic loads. Words are whole; whether they belong together is
// for the caller to know (a sequence lock, or counters that stand alone).
func snapshot[T any](src *T) (v T) {
	for off := uintptr(0); off+8 <= unsafe.Sizeof(v); off += 8 {
		*word(unsafe.Pointer(&v), off) = atomic.LoadUint64(word(unsafe.Pointer(src), off))
	}
	return v
}

// assign stores an entry word by word with atomic stores, from byte offset from on.
func assign[T any](dst, src *T, from uintptr) {
	for off := from; off+8 <= unsafe.Sizeof(*src); off += 8 {
		atomic.StoreUint64(word(unsafe.Pointer(dst), off), *word(unsafe.Pointer(src), off))
	}
}

// pair is two neighbouring words as one, so that both are stored at once. low is 8-aligned.
func pair(low, high *uint32) *uint64 {
	if uintptr(unsafe.Pointer(high))-uintptr(unsafe.Pointer(low)) != 4 {
		panic("shm: the words of a pair are not neighbours")
	}
	return (*uint64)(unsafe.Pointer(low))
}
