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

// load copies the record of size bytes at offset off, without its sequence word, each word by one atomic load.
func (a chunkArea) load(dst []byte, off, size uint64) {
	loadWords(unsafe.Add(unsafe.Pointer(unsafe.SliceData(dst)), 8), unsafe.Add(a.base, off), uintptr(size/8-1))
}

// storeAside copies the record of size bytes in src to offset off, without its sequence word, each word by one atomic store.
func (a chunkArea) storeAside(off uint64, src []uint64, size uint64) {
	for i := uint64(1); i < size/8; i++ {
		atomic.StoreUint64(a.word(off+8*i), src[i])
	}
}

// asideHeader and asidePayload are a record built beside the ring.
func asideHeader(words []uint64) *PacketHeader { return (*PacketHeader)(unsafe.Pointer(&words[0])) }

func asidePayload(words []uint64, n uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(&words[0]), SizePacketHeader)), n)
}

// alignedBytes returns n zeroed bytes, 8-aligned; n is a multiple of 8 and not 0.
func alignedBytes(n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&make([]uint64, n/8)[0])), n)
}
