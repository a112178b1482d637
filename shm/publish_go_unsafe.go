//go:build (!amd64 && !arm64) || purego || race

package shm

import (
	"sync/atomic"
	"unsafe"
)

// claim returns memory of the writer's own in the shape of a slot. The processor, or the race detector, wants every
// store that readers may see to be atomic, so the record is built aside and commit copies it.
func claim(w *Writer) unsafe.Pointer { return w.asideSlot() }

func commit(w *Writer, _ unsafe.Pointer) { w.commitAside() }

func publishN(slot unsafe.Pointer, committed uint64, src unsafe.Pointer, words, extraAt uintptr, extra, channel uint64) {
	publishAtomic(slot, committed, src, words, extraAt, extra, channel)
}

var pauseWord uint32

func pause(n uint32) {
	for ; n > 0; n-- {
		atomic.LoadUint32(&pauseWord)
	}
}
