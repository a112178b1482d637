package book

import "unsafe"

// newTable makes a table of n zeroed entries and shows its memory to advise, unless that is nil. T has no pointers.
func newTable[T any](n int, advise func(memory []byte)) []T {
	table := make([]T, n)
	if advise != nil && n > 0 {
		advise(unsafe.Slice((*byte)(unsafe.Pointer(&table[0])), n*int(unsafe.Sizeof(table[0]))))
	}
	return table
}

// touch writes to every page of new memory.
func touch(memory []byte) {
	for at := 0; at < len(memory); at += 4096 {
		memory[at] = 0
	}
}
