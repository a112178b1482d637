package sim

// order is one resting order. Orders live in one array and name each other by index; 0 is nobody.
type order struct {
	id       uint64
	priority uint64
	key      int32 // see ladder
	qty      uint32
	next     uint32
	prev     uint32
	live     uint32 // its place in market.live
	symbol   uint16
	side     uint8
}

// level is one price with its queue, oldest first.
type level struct {
	qty   uint64
	key   int32
	count uint32
	head  uint32
	tail  uint32
}

// ladder is one side of a book: a sorted slice with the best price last, so that what happens near the touch
// moves little memory. The key orders it: the price in ticks for bids, its negative for asks.
type ladder []level

// find returns the index of key, or where it belongs.
func (l ladder) find(key int32) (int, bool) {
	i := len(l)
	for near := 0; near < 8 && i > 0; near++ {
		if l[i-1].key <= key {
			if l[i-1].key == key {
				return i - 1, true
			}
			return i, false
		}
		i--
	}
	low := 0
	for low < i {
		middle := int(uint(low+i) >> 1)
		if l[middle].key < key {
			low = middle + 1
		} else {
			i = middle
		}
	}
	return low, low < len(l) && l[low].key == key
}

// best returns the best key; only for a ladder that is not empty.
func (l ladder) best() int32 { return l[len(l)-1].key }

// Level changes.
const (
	levelNone uint8 = iota
	levelNew
	levelChange
	levelDelete
)

// levelMove is what one action did to one price level.
type levelMove struct {
	op     uint8
	side   uint8
	pulled bool   // a delete brought a level into the published depth: it is pull
	index  int32  // from 1 at the best, in the book as it was for a delete, as it is otherwise
	price  int32  // ticks
	count  uint32 // orders after the change
	qty    uint64 // quantity after the change
	pull   levelView
}

// levelView is one level as a price feed shows it.
type levelView struct {
	price int32
	count uint32
	qty   uint64
}

// join puts order slot at the back of its price's queue.
func (m *market) join(slot uint32, move *levelMove) {
	o := &m.orders[slot]
	s := &m.symbols[o.symbol]
	l := s.sides[o.side]
	i, found := l.find(o.key)
	op := levelChange
	if !found {
		op = levelNew
		l = append(l, level{})
		copy(l[i+1:], l[i:])
		l[i] = level{key: o.key}
		s.sides[o.side] = l
	}
	lv := &l[i]
	o.prev, o.next = lv.tail, 0
	if lv.tail != 0 {
		m.orders[lv.tail].next = slot
	} else {
		lv.head = slot
	}
	lv.tail = slot
	lv.count++
	lv.qty += uint64(o.qty)
	*move = levelMove{op: op, side: o.side, index: int32(len(l) - i), price: priceOf(o.side, o.key), count: lv.count, qty: lv.qty}
}

// leave takes order slot out of its queue.
func (m *market) leave(slot uint32, move *levelMove) {
	o := &m.orders[slot]
	s := &m.symbols[o.symbol]
	l := s.sides[o.side]
	i, _ := l.find(o.key)
	lv := &l[i]
	if o.prev != 0 {
		m.orders[o.prev].next = o.next
	} else {
		lv.head = o.next
	}
	if o.next != 0 {
		m.orders[o.next].prev = o.prev
	} else {
		lv.tail = o.prev
	}
	lv.count--
	lv.qty -= uint64(o.qty)
	*move = levelMove{op: levelChange, side: o.side, index: int32(len(l) - i), price: priceOf(o.side, o.key), count: lv.count, qty: lv.qty}
	if lv.count != 0 {
		return
	}
	copy(l[i:], l[i+1:])
	l = l[:len(l)-1]
	s.sides[o.side] = l
	move.op = levelDelete
	if depth := m.cfg.Depth; int(move.index) <= depth && len(l) >= depth {
		p := &l[len(l)-depth]
		move.pulled = true
		move.pull = levelView{price: priceOf(o.side, p.key), count: p.count, qty: p.qty}
	}
}

// shrink takes qty off an order that keeps its place; the order must be larger than qty.
func (m *market) shrink(slot, qty uint32, move *levelMove) {
	o := &m.orders[slot]
	l := m.symbols[o.symbol].sides[o.side]
	i, _ := l.find(o.key)
	lv := &l[i]
	o.qty -= qty
	lv.qty -= uint64(qty)
	*move = levelMove{op: levelChange, side: o.side, index: int32(len(l) - i), price: priceOf(o.side, o.key), count: lv.count, qty: lv.qty}
}

// Sides of a ladder pair.
const (
	bid uint8 = iota
	ask
)

func keyOf(side uint8, price int32) int32 {
	if side == ask {
		return -price
	}
	return price
}

func priceOf(side uint8, key int32) int32 { return keyOf(side, key) }
