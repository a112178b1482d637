package book

// side is one side of an instrument's order book with its touch, so that most questions about the top load nothing
// else. The two sides of an instrument share a cache line. price, qty, count and best mean nothing while prices is empty.
type side struct {
	price  int64
	qty    uint64
	count  uint32
	best   uint32 // level
	prices run    // entries, sorted by key, the touch last
}

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

// entry is a price of a side. key orders bids and asks alike: the better price has the larger key.
type entry struct {
	key   int64
	level uint32
	_     uint32
}

// keyOf turns a price into a key and a key into the price: asks are complemented, which reverses their order and,
// unlike a minus sign, works for every int64.
func keyOf(si uint32, price int64) int64 { return price ^ -int64(si&1) }

// nearby is how many entries from the touch are looked at before a binary search.
const nearby = 8

// search returns the index of key, or where it belongs.
func search(es []entry, key int64) (int, bool) {
	n := len(es)
	if n >= nearby {
		// Where among the best eight a price belongs is anybody's guess: counting has no branch to mispredict.
		near := (*[nearby]entry)(es[n-nearby:])
		if near[0].key <= key {
			at := n - nearby
			for i := range near {
				at += less(near[i].key, key)
			}
			return at, at < n && es[at].key == key
		}
		n -= nearby
	}
	lo := 0
	for lo < n {
		mid := int(uint(lo+n) >> 1)
		if es[mid].key < key {
			lo = mid + 1
		} else {
			n = mid
		}
	}
	return lo, lo < len(es) && es[lo].key == key
}

// less is 1 when a < b, else 0, without a branch.
func less(a, b int64) int {
	n := 0
	if a < b {
		n = 1
	}
	return n
}

// depthOf returns how far a level that is not the best one lies from the touch, NoDepth for ten or more.
func (b *Books) depthOf(s *side, key int64) uint8 {
	if b.topOnly {
		return NoDepth
	}
	es := b.entries.entries(s.prices)
	for d := 1; d < viewDepth && d < len(es); d++ {
		if es[len(es)-1-d].key == key {
			return uint8(d)
		}
	}
	return NoDepth
}

// openLevel returns the level of a price, made if need be, and its depth; 0 and the anomaly when there is no room.
func (b *Books) openLevel(si uint32, price int64) (uint32, uint8, Anomaly) {
	s := &b.sides[si]
	n := s.prices.len()
	if n != 0 && s.price == price {
		return s.best, 0, AnomalyNone
	}
	key := keyOf(si, price)
	es := b.entries.entries(s.prices)
	at, found := search(es, key)
	if found {
		return es[at].level, b.reported(n - 1 - at), AnomalyNone
	}
	li := b.takeLevel()
	if li == 0 {
		return 0, NoDepth, AnomalyLevelTableFull
	}
	if !b.entries.insert(&s.prices, at) {
		b.levels[li].head, b.freeLevel = b.freeLevel, li
		return 0, NoDepth, AnomalyLevelTableFull
	}
	b.entries.entries(s.prices)[at] = entry{key: key, level: li}
	b.levels[li] = level{price: price, side: si}
	if at == n {
		s.price, s.best = price, li // quantity and count follow with the order
	}
	return li, b.reported(n - at), AnomalyNone
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
	l := &b.levels[li]
	n := s.prices.len()
	if li == s.best {
		b.entries.cut(&s.prices, n-1)
		if n > 1 {
			es := b.entries.entries(s.prices)
			s.best = es[n-2].level
			l := &b.levels[s.best]
			s.price, s.qty, s.count = l.price, l.qty, l.count
		}
	} else if at, ok := search(b.entries.entries(s.prices), keyOf(si, l.price)); ok {
		b.entries.remove(&s.prices, at)
	}
	l.head, b.freeLevel = b.freeLevel, li
}
