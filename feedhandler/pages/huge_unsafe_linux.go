package pages

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Huge asks for large pages under what lies in mem from one boundary of such pages to another. Call it before the memory
// is touched. It is a hint: where transparent huge pages are off ('wirebook doctor' says so) nothing changes.
func Huge(mem []byte) {
	if len(mem) < hugeBytes {
		return
	}
	start := -int(uintptr(unsafe.Pointer(unsafe.SliceData(mem)))) & (hugeBytes - 1)
	end := len(mem) - int((uintptr(unsafe.Pointer(unsafe.SliceData(mem)))+uintptr(len(mem)))&(hugeBytes-1))
	if start < end {
		_ = unix.Madvise(mem[start:end], unix.MADV_HUGEPAGE)
	}
}
