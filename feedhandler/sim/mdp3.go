package sim

import (
	"math"

	"wirebook/feedhandler/venue/cme"
	"wirebook/feedhandler/venue/framing"
)

// mdp3 speaks CME MDP 3.0 with price levels and orders. It gathers one event and then tells it as CME does: trades,
// book, orders outside the published depth, volume, statistics, status; the last message ends the event.
type mdp3 struct {
	packer
	now     uint64
	tick    int64 // 1e-9
	depth   int32
	symbols []future

	trades      []cme.TradeEntry
	tradeOrders []cme.TradeOrder
	tradeMatch  uint64 // of the newest trade entry
	aggressor   int    // its aggressor's index in tradeOrders
	levels      []cme.BookEntry
	orders      []cme.BookOrder
	deep        []cme.OrderEntry
	volumes     []cme.VolumeEntry
	stats       []cme.SessionEntry
	status      []uint8 // trading status to tell
	statusOf    uint16
	traded      bool // a trade of this event counts for volume
	tradedIn    uint16
}

// future is what the feed keeps of one instrument.
type future struct {
	definition      cme.Future
	rptSeq          uint32
	volume          int32
	open, high, low int32 // ticks; 0 before the first trade
}

// security is the security id of a symbol.
func security(sym uint16) int32 { return 100_001 + int32(sym) }

func newMDP3(cfg *Config, m *market) *mdp3 {
	e := &mdp3{
		packer: newPacker(cfg, &mdpPackets{next: 1}), tick: cfg.TickSize, depth: int32(cfg.Depth),
		symbols: make([]future, len(m.symbols)),
	}
	for i := range e.symbols {
		d := &e.symbols[i].definition
		*d = cme.Future{
			SecurityID: security(uint16(i)), Symbol: m.symbols[i].name, Total: uint32(len(m.symbols)),
			LastUpdateNS: cfg.StartNS, Status: 17, Channel: int16(cfg.Channel), MinPriceIncrement: cfg.TickSize,
			DisplayFactor: 1_000_000_000, Depth: int8(cfg.Depth), Year: 2026, Month: uint8(3 + i%4*3),
			Activation: cfg.StartNS - 365*86_400_000_000_000, Expiration: cfg.StartNS + 365*86_400_000_000_000,
		}
		copy(d.Asset[:3], m.symbols[i].name[:3])
	}
	return e
}

func (e *mdp3) begin(now uint64) {
	e.now = now
	e.expire(now)
}

func (e *mdp3) act(a *action) {
	switch a.kind {
	case actAdd:
		e.book(a, a.priority, a.qty, 0)
	case actReduce:
		e.book(a, a.priority, a.remain, 1)
	case actDelete:
		e.book(a, a.priority, a.qty, 2)
	case actReplace:
		e.book(a, a.priority, a.qty, 1)
	case actExecute, actExecuteAt:
		e.trade(a)
		if a.remain == 0 {
			e.book(a, a.priority, a.qty, 2)
		} else {
			e.book(a, a.priority, a.remain, 1)
		}
	case actHidden, actCross, actBreak:
		e.trade(a)
	case actStatus:
		e.statusOf = a.symbol
		e.status = append(e.status, statusOf(a.code))
	case actDirectory:
		k := e.room(cme.FutureBytes, e.now)
		k.buf = cme.AppendFuture(k.buf, cme.EndOfEvent, &e.symbols[a.symbol].definition)
		e.added(k)
	}
}

// statusOf is CME's word for a trading state.
func statusOf(code byte) uint8 {
	switch code {
	case 'H':
		return 2
	case 'Q':
		return 21
	}
	return 17
}

// book tells what an action did to price levels and to its order, whose update is 0 new, 1 changed or 2 gone.
func (e *mdp3) book(a *action, priority uint64, qty uint32, update uint8) {
	reference := 0
	for i := range a.move[:a.moves] {
		reference = e.level(a.symbol, &a.move[i])
	}
	if reference != 0 {
		e.orders = append(e.orders, cme.BookOrder{})
		o := &e.orders[len(e.orders)-1]
		o.OrderID.Put(a.id)
		o.MdOrderPriorityOptional.Put(priority)
		o.MdDisplayQtyOptional.Put(int32(qty))
		o.ReferenceID.Put(uint8(reference))
		o.OrderUpdateAction.Put(update)
		return
	}
	e.deep = append(e.deep, cme.OrderEntry{})
	o := &e.deep[len(e.deep)-1]
	o.OrderIDOptional.Put(a.id)
	o.MdOrderPriorityOptional.Put(priority)
	o.MdEntryPxOptionalEx.Put(int64(a.price) * e.tick)
	o.MdDisplayQtyOptional.Put(int32(qty))
	o.SecurityID.Put(security(a.symbol))
	o.MdUpdateAction.Put(update)
	o.MdEntryTypeBook.Put('0' + a.side)
}

// Update actions.
const (
	updateNew    = 0
	updateChange = 1
	updateDelete = 2
)

// level tells one level's change and returns the entry's number from 1, or 0 where the level is too deep to be
// published. Changes of one level that follow each other become one.
func (e *mdp3) level(sym uint16, v *levelMove) int {
	if v.index > e.depth {
		return 0
	}
	action := [...]uint8{levelNew: updateNew, levelChange: updateChange, levelDelete: updateDelete}[v.op]
	reference := 0
	if n := len(e.levels); n > 0 && action != updateNew {
		last := &e.levels[n-1]
		if last.SecurityID.Get() == security(sym) && last.MdEntryTypeBook.Get() == '0'+v.side &&
			last.MdPriceLevel.Get() == uint8(v.index) && last.MdUpdateAction.Get() == updateChange {
			last.MdUpdateAction.Put(action)
			last.MdEntrySizeShortOptional.Put(int32(v.qty))
			last.NumberOfOrdersOptional.Put(int32(v.count))
			reference = n
		}
	}
	if reference == 0 {
		e.entry(sym, v.side, uint8(v.index), action, levelView{price: v.price, count: v.count, qty: v.qty})
		reference = len(e.levels)
	}
	if v.pulled {
		e.entry(sym, v.side, uint8(e.depth), updateNew, v.pull)
	}
	return reference
}

func (e *mdp3) entry(sym uint16, side, index, action uint8, view levelView) {
	e.levels = append(e.levels, cme.BookEntry{})
	l := &e.levels[len(e.levels)-1]
	l.MdEntryPxOptionalEx.Put(int64(view.price) * e.tick)
	l.MdEntrySizeShortOptional.Put(int32(view.qty))
	l.SecurityID.Put(security(sym))
	l.NumberOfOrdersOptional.Put(int32(view.count))
	l.MdPriceLevel.Put(index)
	l.MdUpdateAction.Put(action)
	l.MdEntryTypeBook.Put('0' + side)
	l.TradeableSize.Put(math.MaxInt32)
}

func (e *mdp3) heartbeat(now uint64) {
	e.flush()
	k := e.start(framing.Heartbeat, now)
	k.buf = cme.AppendHeartbeat(k.buf)
	e.added(k)
	e.flush()
}

// close ends the day with heartbeats: MDP 3.0 has no end of session.
func (e *mdp3) close(now uint64, n int) bool {
	if n >= 3 {
		return false
	}
	e.heartbeat(now)
	return true
}

// mdpPackets numbers packets.
type mdpPackets struct{ next uint32 }

func (f *mdpPackets) open(p *packet) {
	p.seq, p.count = uint64(f.next), 1
	p.buf = cme.AppendPacketHeader(p.buf, f.next, 0)
}

func (f *mdpPackets) finish(p *packet) {
	cme.SetSendTime(p.buf, p.lastNS)
	f.next++
}
