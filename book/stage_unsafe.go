package book

import "unsafe"

// Addresses for the prefetch instruction. It reads nothing and cannot fault, so an address that has become stale, after
// a table grew, does no harm.

func (b *Books) headLine(i uint32) uintptr  { return uintptr(unsafe.Pointer(&b.heads[i])) }
func (b *Books) orderLine(i uint32) uintptr { return uintptr(unsafe.Pointer(&b.orders[i])) }
func (b *Books) levelLine(i uint32) uintptr { return uintptr(unsafe.Pointer(&b.levels[i])) }
func (b *Books) sideLine(i uint32) uintptr  { return uintptr(unsafe.Pointer(&b.sides[i])) }

// priceLines are the two lines at the end of a side's prices, where the touch is: eight prices on average.
func (b *Books) priceLines(s *side) (uintptr, uintptr) {
	end := int(s.prices.block)*poolBlock + s.prices.len()
	last := uintptr(unsafe.Pointer(&b.entries.mem[max(end-1, 0)]))
	return last, uintptr(unsafe.Pointer(&b.entries.mem[max(end-5, 0)]))
}
