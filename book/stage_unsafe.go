package book

import "unsafe"

// Addresses for the prefetch instruction. It reads nothing and cannot fault, so an address that has become stale, after
// a table grew, does no harm.

func (b *Books) orderLine(i uint32) uintptr { return lineOf(b.orders.lines, 0) + 4*uintptr(i) }
func (b *Books) levelLine(i uint32) uintptr { return lineOf(b.levels, int(i)) }
func (b *Books) sideLine(i uint32) uintptr  { return lineOf(b.sides, int(i)) }
func (b *Books) memoLine(i uint32) uintptr  { return lineOf(b.memos, int(i)) }

// priceLines are the two lines at the end of a side's prices, where the touch is: five to eight prices. Of an empty side
// they lie before the table.
func (b *Books) priceLines(s *side) (uintptr, uintptr) {
	end := lineOf(b.entries.mem, s.end())
	return end - entryBytes, end - 5*entryBytes
}

func lineOf[T any](table []T, i int) uintptr {
	var t T
	return uintptr(unsafe.Pointer(unsafe.SliceData(table))) + uintptr(i)*unsafe.Sizeof(t)
}
