package book

import "math"

// side is one side of an instrument's order book with its touch, so that most questions about the top load nothing
// else. The two sides of an instrument share a cache line. qty, count and best mean nothing while prices is empty; rank
// is then 0, which no price has. Between Foresee and Foreseen the touch is ahead of prices, and best is 0 where its level is
// not made yet.
type side struct {
	rank   rank
	qty    uint64
	count  uint32
	best   uint32 // level
	prices run    // entries, sorted by rank, the touch last
}

// end is where the side's entries end in their table, the touch before it; 0 when there are none.
func (s *side) end() int { return int(s.prices.block)*poolBlock + s.prices.len() }

// rank orders the prices of bids and asks alike: the better price has the larger rank. Asks are complemented, which
// reverses their order and, unlike a minus sign, works for every int64. No price that noPrice lets pass has rank 0.
type rank uint64

func rankOf(si uint32, price int64) rank { return rank(price^-int64(si&1)) ^ 1<<63 }

// price is the price a rank of the side stands for.
func (r rank) price(si uint32) int64 { return int64(r^1<<63) ^ -int64(si&1) }

// noPrice says whether a price cannot be an order's: UndefPrice, and the number at the other end.
func noPrice(price int64) bool { return price^price>>63 == math.MaxInt64 }

// crossed says whether the bid is at or above the ask. An empty side crosses nothing.
func crossed(bid, ask *side) bool { return bid.rank >= ^ask.rank }

// touch copies a level's quantity and count when it is the best one, and says whether it is.
func (s *side) touch(li uint32, l *level) bool {
	qty, count := s.qty, s.count
	best := li == s.best
	if best {
		qty = l.qty
	}
	if best {
		count = l.count
	}
	s.qty, s.count = qty, count
	return best
}

// entry is a price of a side.
type entry struct {
	rank  rank
	level uint32
	_     uint32
}

// nearby is how many entries from the touch are looked at before a binary search.
const nearby = 8

// search returns the index of a rank, or where it belongs.
func search(es []entry, r rank) (int, bool) {
	n := len(es)
	if n >= nearby {
		// Where among the best eight a price belongs is anybody's guess: counting has no branch to mispredict.
		near := (*[nearby]entry)(es[n-nearby:])
		if near[0].rank <= r {
			at := n - nearby + less(near[0].rank, r) + less(near[1].rank, r) + less(near[2].rank, r) + less(near[3].rank, r) +
				less(near[4].rank, r) + less(near[5].rank, r) + less(near[6].rank, r) + less(near[7].rank, r)
			return at, at < n && es[at].rank == r
		}
		n -= nearby
	}
	at := 0 // as many entries before it are less as are known to be
	for n > 0 {
		half := (n + 1) >> 1
		at += half & -less(es[at+half-1].rank, r)
		n -= half
	}
	return at, at < len(es) && es[at].rank == r
}

// less is 1 when a < b, else 0, without a branch.
func less(a, b rank) int {
	n := 0
	if a < b {
		n = 1
	}
	return n
}

// depthOf returns how far a price of a side lies from the touch, NoDepth for ten or more.
func (b *Books) depthOf(s *side, r rank) uint8 {
	es := b.entries.entries(s.prices)
	at, _ := search(es, r)
	return b.reported(len(es) - 1 - at)
}

// openLevel returns the level of a price, made if need be, and its depth; 0 when there is no room.
func (b *Books) openLevel(si uint32, price int64) (uint32, uint8) {
	s := &b.sides[si]
	r := rankOf(si, price)
	es := b.entries.entries(s.prices)
	n := len(es)
	at, found := search(es, r)
	if found {
		return es[at].level, b.reported(n - 1 - at)
	}
	li := b.freeLevel
	if li != 0 {
		b.freeLevel = b.levels[li].head
	} else if li = b.newLevel(); li == 0 {
		return 0, NoDepth
	}
	if !b.entries.insert(&s.prices, at) {
		b.levels[li].head, b.freeLevel = b.freeLevel, li
		return 0, NoDepth
	}
	b.entries.entries(s.prices)[at] = entry{rank: r, level: li}
	b.levels[li] = level{price: price, side: si}
	b.highest = max(b.highest, si>>1)
	if at == n {
		s.rank, s.best = r, li // quantity and count follow with the order
	}
	return li, b.reported(n - at)
}

// memo returns where the level of a price may be remembered: what openLevel found, it often need not find again.
func (b *Books) memo(si uint32, price int64) uint32 {
	return uint32((uint64(price)^uint64(si)*0xD6E8FEB86659FD93)*b.memoStep>>32) & b.memoMask
}

// isLevel says whether a remembered level is still the one of a price.
func (b *Books) isLevel(li, si uint32, price int64) bool {
	l := &b.levels[li]
	return l.count != 0 && l.price == price && l.side == si
}

// reported is a depth as Change tells it.
func (b *Books) reported(d int) uint8 {
	if d >= viewDepth || d > 0 && b.topOnly {
		return NoDepth
	}
	return uint8(d)
}

// closeLevel takes an emptied level out of its side.
func (b *Books) closeLevel(si, li uint32) {
	s := &b.sides[si]
	es := b.entries.entries(s.prices)
	n := len(es)
	if li != s.best {
		if at, ok := search(es, rankOf(si, b.levels[li].price)); ok {
			b.entries.remove(&s.prices, at)
		}
	} else {
		s.rank = 0
		if n > 1 {
			next := &es[n-2]
			l := &b.levels[next.level]
			s.rank, s.best, s.qty, s.count = next.rank, next.level, l.qty, l.count
		}
		b.entries.cut(&s.prices, n-1)
	}
	b.levels[li].head, b.freeLevel = b.freeLevel, li
}
