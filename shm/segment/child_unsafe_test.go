package segment

import "unsafe"

func wordAt(mem []byte, at int) *uint64 { return (*uint64)(unsafe.Pointer(&mem[at])) }

func alignedBytes(n int) []byte {
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
}
