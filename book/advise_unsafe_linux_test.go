package book

import (
	"syscall"
	"unsafe"
)

// hugePages asks for 2 MB pages under a table, as the process that owns the books does.
func hugePages[T any](table []T) {
	var t T
	start := uintptr(unsafe.Pointer(&table[0]))
	end := start + uintptr(len(table))*unsafe.Sizeof(t)
	start = (start + 4095) &^ 4095
	end &^= 4095
	if end > start {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, start, end-start, 14) // MADV_HUGEPAGE
	}
}
