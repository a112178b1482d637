package book

import "math/bits"

// order is a resting order: two to a cache line.
//
//	0        8     12     16     20    24    28    32
//	| id     | qty | side | level| prev| next| hash |
//
// prev and next are its neighbours in the level's queue, hash is the next order under the same head (or, in a free
// order, the next free one).
type order struct {
	id         uint64
	qty        uint32
	side       uint32 // instrument << 1, plus 1 for asks
	level      uint32
	prev, next uint32
	hash       uint32
}

// level is a price with orders, from head (oldest) to tail. In a free level head is the next free one.
type level struct {
	price      int64
	qty        uint64
	count      uint32
	head, tail uint32
	side       uint32
}

// head returns where the chain of an id starts. Venues number upwards, so the heads of headRun consecutive ids lie side
// by side, and the processor's own prefetcher has the next ones ready; where a run starts is spread by Fibonacci hashing
// over every head, so ids with a stride find as many heads as others do. With 2^n heads the bits from 41+n up do not
// count: ids that differ in nothing else, which no venue has, would share a chain.
func (b *Books) head(id uint64) uint32 {
	return (uint32(id/headRun*b.headStep>>32) + uint32(id%headRun)) & b.headMask
}

const headRun = 512

// newHeads makes a table of heads, all empty, for a number of orders: about as many heads as orders.
func (b *Books) newHeads(orders int) {
	n := max(bits.Len(uint(orders-1)), 4)
	b.heads = newTable[uint32](1<<n, b.advise)
	b.headStep, b.headMask = goldenStep(n), uint32(1)<<n-1
}

// newMemos makes a table of memos: one for eight orders.
func (b *Books) newMemos(orders int) {
	n := max(bits.Len(uint(orders-1))-3, 4)
	b.memos = newTable[uint32](1<<n, b.advise)
	b.memoStep, b.memoMask = goldenStep(n), uint32(1)<<n-1
}

// golden is the golden ratio's share of 2^64. goldenStep is its share of 2^n entries with 32 bits behind the point: so
// far apart numbers that follow each other are spread, and no shift depends on the table.
const golden = 0x9E3779B97F4A7C15

func goldenStep(n int) uint64 { return golden >> (32 - n) }

// find returns the order of an id, or 0, and what names it: its head, or the order before it in the chain. The pointer
// is good until the tables change.
func (b *Books) find(id uint64) (i uint32, link *uint32) {
	link = b.headAt(b.head(id))
	for i = *link; i != 0; i = *link {
		o := b.orderAt(i)
		if o.id == id {
			break
		}
		link = &o.hash
	}
	return i, link
}

// moreOrders puts an order that was never used on the empty list of free ones. It fails when MaxOrders are live.
func (b *Books) moreOrders() bool {
	if int(b.nextOrder) == len(b.orders) && !b.growOrders() {
		return false
	}
	b.freeOrder = b.nextOrder
	b.orders[b.freeOrder].hash = 0
	b.nextOrder++
	return true
}

// growOrders doubles the order table up to its maximum and spreads the chains over a larger table of heads.
func (b *Books) growOrders() bool {
	n := min(2*(len(b.orders)-1), b.maxOrders) + 1
	if n <= len(b.orders) {
		return false
	}
	bigger := newTable[order](n, b.advise)
	copy(bigger, b.orders)
	b.orders = bigger
	b.growths++
	old := b.heads
	b.newHeads(n - 1)
	b.newMemos(n - 1)
	for _, i := range old {
		for i != 0 {
			o := &b.orders[i]
			next := o.hash
			h := b.head(o.id)
			o.hash, b.heads[h] = b.heads[h], i
			i = next
		}
	}
	return true
}

// release takes an order out of its chain and frees it.
func (b *Books) release(i uint32) {
	o := &b.orders[i]
	_, link := b.find(o.id)
	*link = o.hash
	o.hash, b.freeOrder = b.freeOrder, i
	b.live--
}

// newLevel returns a level that was never used, or 0 when MaxLevels are live.
func (b *Books) newLevel() uint32 {
	if int(b.nextLevel) == len(b.levels) {
		n := min(2*(len(b.levels)-1), b.maxLevels) + 1
		if n <= len(b.levels) {
			return 0
		}
		bigger := newTable[level](n, b.advise)
		copy(bigger, b.levels)
		b.levels = bigger
		b.growths++
	}
	b.nextLevel++
	return b.nextLevel - 1
}
