package book

import (
	"math/bits"
	"unsafe"
)

// order is a resting order. Its place is where it lies in the order table, in words of four bytes; place 0 is none.
//
//	0      4      8      12     16     20
//	| tag  | qty  | level| prev | next |
//
// tag is the low half of its id. prev and next are its neighbours in the level's queue. Without a level there is no order.
type order struct {
	tag        uint32
	qty        uint32
	level      uint32 // level << 1, plus 1 for asks
	prev, next uint32
}

// orderLine is the home of the orders of some ids, a cache line: three of them, and the first in the annex when there are
// more.
//
//	0             20            40            60     64
//	| order       | order       | order       | annex|
//
// Where an order lives, its id says: a quarter of the id modulo the number of homes, which is a prime. Venues number
// upwards, so they fill the homes in line, and ids of one home are side by side or four times as far apart as there are
// homes; ids with a stride find as many homes as others do. So most orders are found with one miss, nothing moves while the
// table does not grow, and there are no tombstones.
//
// With the home, the tag says which id it is below the table's limit, 2^32 times the homes or 2^46. Larger ids live in the
// annex all of them.
type orderLine struct {
	orders [3]order
	annex  uint32
}

// annexed is an order that found its home full: two to a cache line, behind the homes.
//
//	0             20     24     28     32
//	| order       | high | chain| -    |
//
// high is the other half of its id, chain the next one of the same home, or the next free one.
type annexed struct {
	order
	high  uint32
	chain uint32
	_     uint32
}

const (
	lineWords    = uint32(unsafe.Sizeof(orderLine{}) / 4)
	orderWords   = uint32(unsafe.Sizeof(order{}) / 4)
	annexedWords = uint32(unsafe.Sizeof(annexed{}) / 4)
	homeFull     = 3 * orderWords // where a line's orders end
	idRun        = 4              // ids side by side with one home
)

// level is a price with orders, from head (oldest) to tail. In a free level head is the next free one.
type level struct {
	price      int64
	qty        uint64
	count      uint32
	head, tail uint32
	side       uint32 // instrument << 1, plus 1 for asks
}

// orderTable finds orders by id.
type orderTable struct {
	lines   []orderLine // line 0 is none's, then the homes, then the annex
	homes   uint64      // how many, a prime
	inverse uint64      // 2^(64+inverseShift) / homes, rounded up
	limit   uint64      // of the ids that may live at home
	unrun   uint64      // idRun / 2^32 modulo homes
	annex   uint32      // place where the annex begins
	free    uint32      // place in the annex that was given back
	next    uint32      // place in the annex that was never used since the last reset
	used    uint32      // the furthest next was before
	live    int
	room    int // orders it was made for
}

const (
	homeBits     = 46 // of an id count for its home: as many as the quotient is exact for with 2^28 homes
	inverseShift = 8
	leastHomes   = 1<<inverseShift + 1
)

// newOrders makes an empty table for a number of orders, with at least so many places in the annex. With eleven homes for 35
// orders a sixth of the bench's day live in the annex at its peak, where the table is three fifths full; in small tables
// a quarter, and more than a third when they are full. There is room for half.
func newOrders(room, annexed int, advise func([]byte)) orderTable {
	homes := prime(max(room/35*11, leastHomes))
	annex := uint32(homes+1) * lineWords
	return orderTable{
		lines: newTable[orderLine](homes+1+max(room/2, annexed)/2+1, advise),
		homes: uint64(homes), inverse: inverseOf(uint64(homes)), limit: min(uint64(homes)<<32, 1<<homeBits),
		unrun: unrunOf(uint64(homes)), annex: annex, next: annex, room: room,
	}
}

func inverseOf(homes uint64) uint64 {
	q, _ := bits.Div64(1<<inverseShift, 0, homes)
	return q + 1
}

// unrunOf divides 1 by 2^32 / idRun: it halves modulo homes, once for every bit.
func unrunOf(homes uint64) uint64 {
	n := uint64(1)
	for range bits.Len64(1<<32/idRun) - 1 {
		n = (n + n&1*homes) / 2
	}
	return n
}

// prime returns the first prime from n on.
func prime(n int) int {
	for n |= 1; ; n += 2 {
		d := 3
		for d*d <= n && n%d != 0 {
			d += 2
		}
		if d*d > n {
			return n
		}
	}
}

// home returns the place of an id's home.
func (t *orderTable) home(id uint64) uint32 {
	run := id << (64 - homeBits) >> (64 - homeBits) / idRun
	q, _ := bits.Mul64(run, t.inverse)
	return uint32(run-q>>inverseShift*t.homes+1) * lineWords
}

// idOf returns the id of the order at a place.
func (t *orderTable) idOf(i uint32) uint64 {
	tag := uint64(t.at(i).tag)
	if i >= t.annex {
		return uint64(t.annexedAt(i).high)<<32 | tag
	}
	// The high half is the one number below homes with which a quarter of the id has the home as its remainder.
	rest := uint64(i/lineWords-1) + t.homes - tag/idRun%t.homes
	return rest*t.unrun%t.homes<<32 | tag
}

// place returns where in a line the order with a tag is, homeFull when nowhere; one that left may be found too. Which of
// three it is nothing foresees, so there is no branch.
func (l *orderLine) place(tag uint32) uint32 {
	var a, b, c uint32
	if l.orders[0].tag != tag {
		a = 1
	}
	if l.orders[1].tag != tag {
		b = 1
	}
	if l.orders[2].tag != tag {
		c = 1
	}
	b &= a
	return (a + b + b&c) * orderWords
}

// vacancy returns where in a line there is no order, homeFull when there are three. It is the first such place: an order
// that left keeps its tag, so one that came back must be found before it.
func (l *orderLine) vacancy() uint32 {
	var a, b, c uint32
	if l.orders[0].level != 0 {
		a = 1
	}
	if l.orders[1].level != 0 {
		b = 1
	}
	if l.orders[2].level != 0 {
		c = 1
	}
	b &= a
	return (a + b + b&c) * orderWords
}

// find returns the place of an id. Where it is none's, there is an order without a level.
func (t *orderTable) find(id uint64) uint32 {
	home := t.home(id)
	at := t.lineAt(home).place(uint32(id))
	if at == homeFull || id >= t.limit {
		return *t.inAnnex(id)
	}
	return home + at
}

// chain returns where the chain of the annex begins that an id is in. Ids that have no home are spread over all of them:
// their high bits may be all that differs.
func (t *orderTable) chain(id uint64) *uint32 {
	if id >= t.limit {
		id = id * golden >> (64 - homeBits)
	}
	return &t.lineAt(t.home(id)).annex
}

// inAnnex returns what names an order of the annex in its chain; there is 0 when it is not in it.
func (t *orderTable) inAnnex(id uint64) *uint32 {
	link := t.chain(id)
	for *link != 0 {
		a := t.annexedAt(*link)
		if a.tag == uint32(id) && a.high == uint32(id>>32) {
			break
		}
		link = &a.chain
	}
	return link
}

// settle gives a new order its place, at home or else in the annex; 0 when that is full too. The caller sets all but tag.
func (t *orderTable) settle(id uint64) uint32 {
	home := t.home(id)
	at := t.lineAt(home).vacancy()
	if at == homeFull || id >= t.limit {
		return t.settleInAnnex(id)
	}
	i := home + at
	t.at(i).tag = uint32(id)
	t.live++
	return i
}

func (t *orderTable) settleInAnnex(id uint64) uint32 {
	i := t.free
	switch {
	case i != 0:
		t.free = t.annexedAt(i).chain
	case t.next == uint32(len(t.lines))*lineWords:
		return 0
	default:
		i = t.next
		t.next += annexedWords
	}
	link := t.chain(id)
	a := t.annexedAt(i)
	a.tag, a.high, a.chain = uint32(id), uint32(id>>32), *link
	*link = i
	t.live++
	return i
}

// vacate frees the place of an order that is in no queue any more.
func (t *orderTable) vacate(i uint32) {
	t.live--
	t.at(i).level = 0
	if i >= t.annex {
		t.vacateAnnex(i)
	}
}

func (t *orderTable) vacateAnnex(i uint32) {
	link := t.inAnnex(t.idOf(i))
	a := t.annexedAt(i)
	*link = a.chain
	a.chain, t.free = t.free, i
}

// each calls visit with every order and its place.
func (t *orderTable) each(visit func(i uint32, o *order)) {
	some := func(i uint32) {
		if o := t.at(i); o.level != 0 {
			visit(i, o)
		}
	}
	for home := lineWords; home < t.annex; home += lineWords {
		for at := range homeFull / orderWords {
			some(home + at*orderWords)
		}
	}
	for i := t.annex; i < t.next; i += annexedWords {
		some(i)
	}
}

// reset empties the table.
func (t *orderTable) reset() {
	clear(t.lines[:(t.next+lineWords-1)/lineWords])
	t.used = max(t.used, t.next)
	t.next, t.free, t.live = t.annex, 0, 0
}

// growOrders is for when the annex is full. It makes a table for twice as many orders, up to the maximum, and moves them
// into it; its annex has room for all of them and one more. At the maximum only the annex becomes larger. 2^28 lines are
// as many as places can name, and what the limit of orders comes to with its annex doubled twice.
func (b *Books) growOrders() {
	b.growths++
	old := b.orders
	room := min(2*old.room, b.maxOrders)
	if room == old.room {
		homes := int(old.homes) + 1
		b.orders.lines = newTable[orderLine](homes+2*(len(old.lines)-homes), b.advise)
		copy(b.orders.lines, old.lines)
		return
	}
	b.orders = newOrders(room, old.live+1, b.advise)
	b.newMemos(room)
	old.each(func(i uint32, o *order) {
		to := b.orders.settle(old.idOf(i))
		n := b.orders.at(to)
		n.qty, n.level, n.prev, n.next = o.qty, o.level, o.prev, o.next
		o.tag = to // from here on the old table says where an order went
	})
	went := func(i uint32) uint32 { return old.at(i).tag }
	b.orders.each(func(_ uint32, o *order) { o.prev, o.next = went(o.prev), went(o.next) })
	for i := range b.levels[:b.nextLevel] {
		if l := &b.levels[i]; l.count != 0 {
			l.head, l.tail = went(l.head), went(l.tail)
		}
	}
}

// newMemos makes a table of memos: one for four orders.
func (b *Books) newMemos(orders int) {
	n := max(bits.Len(uint(orders-1))-2, 4)
	b.memos = newTable[uint32](1<<n, b.advise)
	b.memoStep, b.memoMask = goldenStep(n), uint32(1)<<n-1
}

// golden is the golden ratio's share of 2^64. goldenStep is its share of 2^n entries with 32 bits behind the point: so
// far apart numbers that follow each other are spread, and no shift depends on the table.
const golden = 0x9E3779B97F4A7C15

func goldenStep(n int) uint64 { return golden >> (32 - n) }

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
