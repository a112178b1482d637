//go:build arm64 && !purego && !race

package shm

import "unsafe"

// claim marks the slot of the next position, sees to it that nothing the caller stores comes before the mark, and returns
// the slot.
//
//go:noescape
func claim(w *Writer) unsafe.Pointer
