package shm

import (
	"sync/atomic"
	"unsafe"
)

// header returns the ring header at the start of mem, or nil when mem is too short or not aligned.
func ringHeader(mem []byte) *RingHeader { return view[RingHeader](mem) }

// slotArray is the slots behind a header page. Its methods do not check indexes: callers mask or compare first.
type slotArray struct {
	base unsafe.Pointer
	size uint64
}

// slotsOf returns the slots in mem, which the caller has checked to hold the header page and all slots.
func slotsOf(mem []byte, size uint64) slotArray {
	return slotArray{base: unsafe.Pointer(&mem[HeaderBytes]), size: size}
}

// word returns the 8-byte word at byte off of slot i, for atomic use. Word 0 is the sequence.
func (a slotArray) word(i, off uint64) *uint64 {
	return (*uint64)(unsafe.Add(a.base, i*a.size+off))
}

// load copies the first len(dst) payload bytes of slot i, a multiple of 8 that the slot has.
func (a slotArray) load(dst []byte, i uint64) {
	loadWords(unsafe.Pointer(unsafe.SliceData(dst)), unsafe.Add(a.base, i*a.size), uintptr(len(dst))/8)
}

// slotAt returns slot index of slots of size bytes. The caller masks index.
func slotAt(base unsafe.Pointer, index, size uint64) unsafe.Pointer {
	return unsafe.Add(base, index*size)
}

// word returns the 8-byte word at byte offset off of slot, for atomic use.
func word(slot unsafe.Pointer, off uintptr) *uint64 { return (*uint64)(unsafe.Add(slot, off)) }

// loadWords copies n words from the slot's payload to dst, each by one atomic load, so that the copy is
// free of data races in the language's sense, and ordered between the two checks on every processor.
// On amd64 and arm64 such a load is one instruction.
func loadWords(dst, slot unsafe.Pointer, n uintptr) {
	for ; n >= 7; n -= 7 { // a whole MBO or trade
		a := atomic.LoadUint64((*uint64)(unsafe.Add(slot, 8)))
		b := atomic.LoadUint64((*uint64)(unsafe.Add(slot, 16)))
		c := atomic.LoadUint64((*uint64)(unsafe.Add(slot, 24)))
		d := atomic.LoadUint64((*uint64)(unsafe.Add(slot, 32)))
		e := atomic.LoadUint64((*uint64)(unsafe.Add(slot, 40)))
		f := atomic.LoadUint64((*uint64)(unsafe.Add(slot, 48)))
		g := atomic.LoadUint64((*uint64)(unsafe.Add(slot, 56)))
		*(*uint64)(dst) = a
		*(*uint64)(unsafe.Add(dst, 8)) = b
		*(*uint64)(unsafe.Add(dst, 16)) = c
		*(*uint64)(unsafe.Add(dst, 24)) = d
		*(*uint64)(unsafe.Add(dst, 32)) = e
		*(*uint64)(unsafe.Add(dst, 40)) = f
		*(*uint64)(unsafe.Add(dst, 48)) = g
		slot, dst = unsafe.Add(slot, 56), unsafe.Add(dst, 56)
	}
	for ; n > 0; n-- {
		*(*uint64)(dst) = atomic.LoadUint64((*uint64)(unsafe.Add(slot, 8)))
		slot, dst = unsafe.Add(slot, 8), unsafe.Add(dst, 8)
	}
}

// storeWords stores n words of src into the slot's payload from byte offset off, each atomically.
func storeWords(slot unsafe.Pointer, off uintptr, src unsafe.Pointer, n uintptr) {
	for i := uintptr(0); i < n; i++ {
		atomic.StoreUint64(word(slot, off+8*i), *(*uint64)(unsafe.Add(src, 8*i)))
	}
}

// publishAtomic is the portable way to publish: every word by an atomic store, so that the mark is seen before
// any payload word and the commit after all of them. It is also what the assembly is tested against.
// channel noChannel means that there is no word behind extra.
func publishAtomic(slot unsafe.Pointer, committed uint64, src unsafe.Pointer, words, extraAt uintptr, extra, channel uint64) {
	atomic.StoreUint64(word(slot, 0), committed|1)
	storeWords(slot, 8, src, words)
	atomic.StoreUint64(word(slot, extraAt), extra)
	if channel != noChannel {
		atomic.StoreUint64(word(slot, extraAt+8), channel)
	}
	atomic.StoreUint64(word(slot, 0), committed)
}

// asideSlot is memory beside the ring in the shape of a slot, and commitAside publishes what was built there: claim and
// commit by atomic stores alone.
func (w *Writer) asideSlot() unsafe.Pointer {
	if w.aside == nil {
		w.aside = make([]uint64, w.slots.size/8)
	}
	return unsafe.Pointer(&w.aside[0])
}

func (w *Writer) commitAside() {
	p := w.pos
	slot := slotAt(w.slots.base, p&w.mask, w.slots.size)
	publishAll(slot, committed(p), unsafe.Pointer(&w.aside[1]), uintptr(len(w.aside)-1))
	w.pos = p + 1
}

// publish puts n bytes of src, which fit the schema, into the next slot.
func (w *Writer) publish(src unsafe.Pointer, n, extra uint64) uint64 {
	p := w.pos
	slot := slotAt(w.slots.base, p&w.mask, w.slots.size)
	switch {
	case w.bodyMax+8 == w.slots.size: // mbo and marks: no extras
		publishAll(slot, committed(p), src, uintptr(w.bodyMax/8))
	case w.bodyMax+24 <= w.slots.size:
		publishN(slot, committed(p), src, uintptr(n/8), uintptr(8+w.bodyMax), extra, w.channel)
	default:
		publishN(slot, committed(p), src, uintptr(n/8), uintptr(8+w.bodyMax), extra, noChannel)
	}
	w.pos = p + 1
	return p
}

// claimUnit marks the next slot of an admin ring and stores its record's unit; publish, which is to follow, marks it once more
// and fills the rest. Both stores are atomic: no reader finds the unit in a slot that still holds the record of before.
func (w *Writer) claimUnit(unit uint64) {
	slot := slotAt(w.slots.base, w.pos&w.mask, w.slots.size)
	atomic.StoreUint64(word(slot, 0), committed(w.pos)|1)
	atomic.StoreUint64(word(slot, unsafe.Offsetof(SlotAdmin{}.Unit)), unit)
}

// publishAll publishes a slot without extras: its last word goes where publishN puts the extra.
func publishAll(slot unsafe.Pointer, committed uint64, src unsafe.Pointer, words uintptr) {
	last := *(*uint64)(unsafe.Add(src, 8*(words-1)))
	publishN(slot, committed, src, words-1, 8*words, last, noChannel)
}

// slot returns the next slot, marked, in its schema's shape.
func slot[T SlotMBO | SlotTrade | SlotMBP1 | SlotMBP10 | SlotMark](w *Writer) *T {
	return (*T)(claim(w))
}

func commitSlot[T SlotMBO | SlotTrade | SlotMBP1 | SlotMBP10 | SlotMark](w *Writer, s *T) {
	commit(w, unsafe.Pointer(s))
}

func bodyPointer(body []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(body)) }
