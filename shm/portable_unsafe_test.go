package shm

import "unsafe"

// publishPortable is Publish by atomic stores alone.
func (w *Writer) publishPortable(body []byte, extra uint64) {
	slot := slotAt(w.slots.base, w.pos&w.mask, w.slots.size)
	src := unsafe.Pointer(&body[0])
	words, at, channel := uintptr(len(body)/8), uintptr(8+w.bodyMax), noChannel
	if w.schema == SchemaMBO {
		words, at, extra = words-1, 56, *(*uint64)(unsafe.Add(src, 48))
	}
	if w.bodyMax+24 <= w.slots.size {
		channel = w.channel
	}
	publishAtomic(slot, committed(w.pos), src, words, at, extra, channel)
	w.pos++
}

// copyWords copies a slot's payload, without its sequence word.
func copyWords(dst unsafe.Pointer, slot []byte, words int) {
	copy(unsafe.Slice((*byte)(dst), 8*words)[8:], slot[8:8*words])
}
