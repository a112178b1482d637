package book

import (
	"errors"
	"math"
	"strconv"
)

// Config sizes the books of one channel. Zero takes the default.
type Config struct {
	MaxInstruments int // highest instrument index; default 65536
	MaxOrders      int // live orders; default 16 Mi
	MaxLevels      int // live price levels of the order book, and as many of the level book; default 4 Mi
	// InitialOrders is how many orders there is room for at the start; it doubles up to MaxOrders; default 16384. There is
	// room for half as many where ids are 2^46 or more.
	InitialOrders int
	// TopOnly leaves Change.Depth at NoDepth unless it is 0. It spares a cache miss where only the top is published.
	TopOnly bool
	// MergeImplied has the level book shown with the implied levels in it: at one price the sum. Else no view shows them.
	MergeImplied bool
	// Advise, where not nil, is shown the memory of each table before its first use, so that the process may ask the
	// system for large pages under it. The memory stays the books'.
	Advise func(memory []byte)
	// Touch has the system put memory under every table now, after Advise. Else it does so at first use, 2 MB at a time
	// under large pages, and each time the channel waits until they are zeroed.
	Touch bool
}

const (
	defaultInstruments = 1 << 16
	defaultOrders      = 16 << 20
	defaultLevels      = 4 << 20
	defaultInitial     = 1 << 14
	limitInstruments   = 1 << 24
	limitOrders        = 1 << 28
	limitLevels        = 1 << 26
)

// Books are the books of one channel. They belong to one goroutine.
type Books struct {
	orders    orderTable
	newest    uint64 // the highest id seen: one above it is nowhere
	maxOrders int

	levels    []level
	freeLevel uint32
	nextLevel uint32
	maxLevels int

	memos    []uint32 // by memo of side and price: perhaps its level
	memoStep uint64
	memoMask uint32

	sides   []side // 2 × instrument + 1 for asks
	entries pool[entry]

	view    View
	topOnly bool
	merge   bool
	open    []uint8 // per instrument: the top changed and the venue's event is not complete
	opened  int
	highest uint32 // instrument that ever had a level

	ladders []ladders // per instrument
	rungs   pool[Level]
	rungsOn int

	quotes []quote // per instrument

	stage     stage
	ahead     foretelling
	stageFrom int // live orders
	anomalies [AnomalyCount]uint64
	implied   uint64 // events of implied levels
	growths   uint64

	usedLevels uint32 // how far the table was used before it was cleared
	advise     func(memory []byte)
}

// New returns empty books. It fails when a size is out of range.
func New(cfg Config) (*Books, error) {
	var errs []error
	size := func(name string, v, def, limit int) int {
		if v == 0 {
			v = def
		}
		if v < 0 || v > limit {
			errs = append(errs, errors.New("book: "+name+" is "+strconv.Itoa(v)+": must be from 1 to "+strconv.Itoa(limit)))
		}
		return v
	}
	instruments := size("MaxInstruments", cfg.MaxInstruments, defaultInstruments, limitInstruments)
	orders := size("MaxOrders", cfg.MaxOrders, defaultOrders, limitOrders)
	levels := size("MaxLevels", cfg.MaxLevels, defaultLevels, limitLevels)
	initial := size("InitialOrders", cfg.InitialOrders, min(defaultInitial, orders), limitOrders)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	initial = min(initial, orders)
	firstLevels := min(initial/4+16, levels) // about twice what a busy day has
	// Blocks of four entries: in the worst case every level has a block to itself, and moving to larger blocks
	// leaves as many free ones behind.
	blocks := min(levels+2*(instruments+1), math.MaxUint32/poolBlock)
	first := cfg.Advise
	if cfg.Touch {
		first = func(memory []byte) {
			if cfg.Advise != nil {
				cfg.Advise(memory)
			}
			touch(memory)
		}
	}
	b := &Books{
		orders: newOrders(initial, 0, first), maxOrders: orders,
		levels: newTable[level](firstLevels+1, first), nextLevel: 1, maxLevels: levels,
		sides:   newTable[side](2*(instruments+1), first),
		entries: newPool[entry](firstLevels/2+1, blocks, first),
		topOnly: cfg.TopOnly, merge: cfg.MergeImplied, stageFrom: stageFrom, advise: first,
		open:    newTable[uint8](instruments+1, first),
		ladders: newTable[ladders](instruments+1, first),
		rungs:   newPool[Level](16, blocks, first),
		quotes:  newTable[quote](instruments+1, first),
	}
	b.newMemos(initial)
	// A table that grows holds the channel up long enough without being touched as well.
	b.advise, b.entries.advise, b.rungs.advise = cfg.Advise, cfg.Advise, cfg.Advise
	return b, nil
}

// SetView says which book Top and Depth show and which one sets Change.Top and Change.Depth. The start is ViewOrders.
func (b *Books) SetView(v View) { b.view = v }

// Apply applies one event and writes 0 to 2 changes to out: Replace gives the old order's 'C' and the new one's 'A',
// Clear one 'R'; trades, fills, statuses and the like give none. It keeps nothing of ev.
func (b *Books) Apply(ev *Event, out *[2]Change) int {
	b.Reached(ev)
	n := 1
	c := &out[0]
	switch ev.Kind {
	case KindAdd:
		b.add(ev, c)
	case KindDelete:
		b.remove(ev, c)
	case KindExecute, KindExecuteAt, KindReduce:
		b.reduce(ev, c)
	case KindReplace:
		n = b.replace(ev, out)
	case KindModify:
		b.modify(ev, c)
	default:
		return b.applyOther(ev, out)
	}
	if ev.Flags&FlagLast != 0 && b.view == ViewOrders && b.opened == 0 &&
		!crossed(b.sideAt(2*c.Instrument), b.sideAt(2*c.Instrument+1)) {
		return n // the usual: whether the top changed need not be asked
	}
	return b.conclude(ev, out, n, ViewOrders)
}

// applyOther applies an event that is not an order's.
func (b *Books) applyOther(ev *Event, out *[2]Change) int {
	c := &out[0]
	switch ev.Kind {
	case KindLevelSet, KindLevelNew, KindLevelChange, KindLevelOverlay, KindLevelDelete, KindLevelDeleteThru, KindLevelDeleteFrom:
		if b.merge {
			b.applyMerged(ev, c)
		} else {
			b.applyLevel(ev, c)
		}
		return b.conclude(ev, out, 1, ViewLevels)
	case KindQuote:
		b.applyQuote(ev, c)
		return b.conclude(ev, out, 1, ViewTop)
	case KindClear:
		b.applyClear(ev, c)
		return b.conclude(ev, out, 1, b.view)
	case KindClearAll:
		b.ClearAll(nil)
		*c = Change{Price: UndefPrice, Side: NoSide, Action: 'R', Top: true}
		return 1
	case KindNone, KindTrade, KindFill, KindTradeBreak, KindStatus, KindImbalance, KindStatistic, KindDefinition,
		KindRebuilt, KindStale, KindUnaffected:
		if ev.Flags&FlagLast != 0 && b.opened != 0 {
			var unused Change
			b.complete(ev.Instrument, false, &unused)
		}
		return 0
	}
	b.anomalies[AnomalyUnknownKind]++
	return 0
}

// conclude makes of the n changes of a book what they are in the channel's view, and looks after its top.
func (b *Books) conclude(ev *Event, out *[2]Change, n int, book View) int {
	if book != b.view {
		for i := range out[:n] {
			out[i].Top, out[i].Depth = false, NoDepth
		}
	}
	last := &out[n-1]
	top := last.Top || n == 2 && out[0].Top
	if ev.Flags&FlagLast == 0 {
		if top {
			b.begin(last.Instrument)
		}
	} else if top || b.opened != 0 {
		b.complete(last.Instrument, top, last)
	}
	return n
}

// note counts an anomaly and tells it in c, the first one if there are several.
func (b *Books) note(c *Change, a Anomaly) {
	b.anomalies[a]++
	if c.Anomaly == AnomalyNone {
		c.Anomaly = a
	}
}

// valid says whether an instrument index has books.
func (b *Books) valid(instrument uint32) bool {
	return instrument != 0 && int(instrument) < len(b.open)
}

// begin remembers that a top changed inside an event that is not complete.
func (b *Books) begin(instrument uint32) {
	if b.valid(instrument) && b.open[instrument] == 0 {
		b.open[instrument] = 1
		b.opened++
	}
}

// complete looks for a crossed or locked book at the end of an event that changed the top.
func (b *Books) complete(instrument uint32, top bool, c *Change) {
	if !b.valid(instrument) {
		return
	}
	if b.open[instrument] != 0 {
		b.open[instrument] = 0
		b.opened--
	} else if !top {
		return
	}
	if b.view == ViewOrders {
		if !crossed(b.sideAt(2*instrument), b.sideAt(2*instrument+1)) {
			return
		}
	}
	bid, ask := b.Top(instrument)
	switch {
	case bid.Price == UndefPrice || ask.Price == UndefPrice || bid.Price < ask.Price:
	case bid.Price == ask.Price:
		b.note(c, AnomalyLocked)
	default:
		b.note(c, AnomalyCrossed)
	}
}

// Anomalies returns how often each anomaly was seen.
func (b *Books) Anomalies() [AnomalyCount]uint64 { return b.anomalies }

// ImpliedEvents returns how many events told of implied levels, which no view shows.
func (b *Books) ImpliedEvents() uint64 {
	if b.merge {
		return 0
	}
	return b.implied
}

// Growths returns how often a table had to grow. It stands still in steady state.
func (b *Books) Growths() uint64 { return b.growths + b.entries.growth + b.rungs.growth }

// LiveOrders returns the number of orders in the books.
func (b *Books) LiveOrders() int { return b.orders.live }

// Bytes returns the memory in use: every order's home and memo, and of the rest what was ever touched, cleared since or not.
// Room reserved and never used is not counted; it is not resident either, unless the process locks its memory or a large
// page reaches into it.
func (b *Books) Bytes() int {
	n := int(max(b.orders.next, b.orders.used))*4 + int(max(b.nextLevel, b.usedLevels))*levelBytes
	n += len(b.memos) * memoBytes
	n += int(max(b.entries.next, b.entries.used)) * (poolBlock*entryBytes + 4)
	n += int(max(b.rungs.next, b.rungs.used)) * (poolBlock*rungBytes + 4)
	return n + int(b.highest+1)*(2*sideBytes+laddersBytes+quoteBytes+1)
}

// Sizes of what the tables hold; a test compares them with the types.
const (
	memoBytes    = 4
	levelBytes   = 32
	sideBytes    = 32
	entryBytes   = 16
	rungBytes    = 24
	laddersBytes = 40
	quoteBytes   = 48
)
