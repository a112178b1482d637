//go:build amd64 && !purego && !race

package shm

import "unsafe"

// claim marks the slot of the next position and returns it.
//
// The mark is a plain store. That no store of the caller's comes before it is the compiler's habit (all stores of a
// function are one chain) and the processor's promise; TestMarkIsStoredFirst looks at the machine code. A call of
// assembly instead costs 0.7 ns a record, a quarter of publishing it. The mark cannot be left out as shadowed: commit is
// a call that might read it.
func claim(w *Writer) unsafe.Pointer {
	slot := slotAt(w.slots.base, w.pos&w.mask, w.slots.size)
	*(*uint64)(slot) = w.pos<<1 + 3 // committed(pos) | 1
	return slot
}
