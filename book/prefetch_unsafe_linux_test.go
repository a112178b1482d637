//go:build amd64 || arm64

package book

import (
	"syscall"
	"testing"
	"unsafe"
)

// TestFetchLinesKeepsToItsList lays lists of every length against a page that nobody may read: what goes past the end
// ends the test. The addresses asked for need not be anybody's.
func TestFetchLinesKeepsToItsList(t *testing.T) {
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Skip("no memory to map: ", err)
	}
	defer syscall.Munmap(memory)
	if err := syscall.Mprotect(memory[page:], syscall.PROT_NONE); err != nil {
		t.Skip("memory cannot be protected: ", err)
	}
	list := unsafe.Slice((*uintptr)(unsafe.Pointer(&memory[0])), page/8)
	for i := range list {
		list[i] = uintptr(i) << 40
	}
	for n := range 100 {
		fetchLines(&list[len(list)-max(n, 1)], n)
	}
	fetchLines(&list[0], -1)
}
