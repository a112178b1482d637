package shm

import (
	"sync/atomic"
	"unsafe"
)

// packetsHeader returns the header at the start of mem, or nil when mem is too short or not aligned.
func packetsHeader(mem []byte) *PacketsHeader { return view[PacketsHeader](mem) }

// chunkArea is the bytes behind a header page. Its methods do not check offsets: callers mask them.
type chunkArea struct{ base unsafe.Pointer }

func chunksOf(mem []byte) chunkArea { return chunkArea{unsafe.Pointer(&mem[HeaderBytes])} }

func (a chunkArea) word(off uint64) *uint64 { return (*uint64)(unsafe.Add(a.base, off)) }

// header returns the packet header at offset off.
func (a chunkArea) header(off uint64) *PacketHeader { return (*PacketHeader)(unsafe.Add(a.base, off)) }

// payload returns the n bytes behind the packet header at offset off.
func (a chunkArea) payload(off, n uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(a.base, off+SizePacketHeader)), n)
}

// load copies len(dst) words from offset off on, each by one atomic load, so that the copy is free of data races in the language's
// sense, and ordered before what is loaded next on every processor.
func (a chunkArea) load(dst []uint64, off uint64) {
	for len(dst) >= 8 {
		dst[0] = atomic.LoadUint64(a.word(off))
		dst[1] = atomic.LoadUint64(a.word(off + 8))
		dst[2] = atomic.LoadUint64(a.word(off + 16))
		dst[3] = atomic.LoadUint64(a.word(off + 24))
		dst[4] = atomic.LoadUint64(a.word(off + 32))
		dst[5] = atomic.LoadUint64(a.word(off + 40))
		dst[6] = atomic.LoadUint64(a.word(off + 48))
		dst[7] = atomic.LoadUint64(a.word(off + 56))
		dst, off = dst[8:], off+64
	}
	for i := range dst {
		dst[i] = atomic.LoadUint64(a.word(off + 8*uint64(i)))
	}
}

// wordsHeader and wordsPayload are a record beside the ring.
func wordsHeader(words []uint64) *PacketHeader { return (*PacketHeader)(unsafe.Pointer(&words[0])) }

func wordsPayload(words []uint64, n uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 8*len(words))[SizePacketHeader : SizePacketHeader+n : SizePacketHeader+n]
}
