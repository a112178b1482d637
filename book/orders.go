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

// head returns where the chain of an id starts. The low three bits of the id stay, so that eight consecutive ids (a
// venue numbers them so) share a cache line; the rest is spread by Fibonacci hashing.
func (b *Books) head(id uint64) uint32 {
	return uint32((id>>3*0x9E3779B97F4A7C15)>>(b.shift&63))<<3 | uint32(id&7)
}

// newHeads makes a table of heads, all empty, for a number of orders: about as many heads as orders.
func (b *Books) newHeads(orders int) {
	n := max(bits.Len(uint(orders-1)), 4)
	b.heads = make([]uint32, 1<<n)
	b.shift = uint32(64 - (n - 3))
}

// find returns the order of an id, or 0.
func (b *Books) find(id uint64) uint32 {
	i := b.heads[b.head(id)]
	for i != 0 && b.orders[i].id != id {
		i = b.orders[i].hash
	}
	return i
}

// take returns an unused order, or 0 when MaxOrders are live.
func (b *Books) take() uint32 {
	if i := b.freeOrder; i != 0 {
		b.freeOrder = b.orders[i].hash
		b.live++
		return i
	}
	if int(b.nextOrder) == len(b.orders) && !b.growOrders() {
		return 0
	}
	b.nextOrder++
	b.live++
	return b.nextOrder - 1
}

// growOrders doubles the order table up to its maximum and spreads the chains over a larger table of heads.
func (b *Books) growOrders() bool {
	n := min(2*(len(b.orders)-1), b.maxOrders) + 1
	if n <= len(b.orders) {
		return false
	}
	bigger := make([]order, n)
	copy(bigger, b.orders)
	b.orders = bigger
	b.growths++
	old := b.heads
	b.newHeads(n - 1)
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
	link := &b.heads[b.head(o.id)]
	for *link != i {
		link = &b.orders[*link].hash
	}
	*link = o.hash
	o.hash, b.freeOrder = b.freeOrder, i
	b.live--
}

// takeLevel returns an unused level, or 0 when MaxLevels are live.
func (b *Books) takeLevel() uint32 {
	if i := b.freeLevel; i != 0 {
		b.freeLevel = b.levels[i].head
		return i
	}
	if int(b.nextLevel) == len(b.levels) {
		n := min(2*(len(b.levels)-1), b.maxLevels) + 1
		if n <= len(b.levels) {
			return 0
		}
		bigger := make([]level, n)
		copy(bigger, b.levels)
		b.levels = bigger
		b.growths++
	}
	b.nextLevel++
	return b.nextLevel - 1
}
