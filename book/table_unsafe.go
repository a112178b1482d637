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

// Entries without the bounds check, which is a tenth of the work of an event. Every index in the tables was handed out by
// the tables themselves, homes are remainders, memos are masked to theirs, sides are of valid instruments, and no table
// ever becomes smaller: an index stays in range, be it as stale as the look-ahead's. Under the race detector, and with the
// build tag invariants, it is checked all the same.

func (b *Books) levelAt(i uint32) *level { return at(b.levels, int(i)) }
func (b *Books) memoAt(i uint32) *uint32 { return at(b.memos, int(i)) }
func (b *Books) sideAt(i uint32) *side   { return at(b.sides, int(i)) }
func (b *Books) entryAt(i int) *entry    { return at(b.entries.mem, i) }

func at[T any](table []T, i int) *T {
	if checked {
		return &table[i]
	}
	return (*T)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(table)), i*int(unsafe.Sizeof(*new(T)))))
}

// The same of the order table, whose places are counted in words.

func (t *orderTable) at(i uint32) *order            { return (*order)(t.word(i)) }
func (t *orderTable) annexedAt(i uint32) *annexed   { return (*annexed)(t.word(i)) }
func (t *orderTable) lineAt(home uint32) *orderLine { return (*orderLine)(t.word(home)) }
func (t *orderTable) word(i uint32) unsafe.Pointer {
	if checked {
		_ = t.lines[i/lineWords]
	}
	return unsafe.Add(unsafe.Pointer(unsafe.SliceData(t.lines)), uintptr(i)*4)
}
