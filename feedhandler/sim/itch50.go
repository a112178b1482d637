package sim

import (
	"encoding/binary"

	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/nasdaq"
)

// itch50 speaks TotalView-ITCH 5.0 in MoldUDP64.
type itch50 struct {
	packer
	stocks [][8]byte
	unit   int64 // 1e-4 in a tick
	offset uint64
	now    uint64
}

func newITCH50(cfg *Config, m *market) *itch50 {
	f := &mold{next: 1}
	copy(f.session[:], "          ")
	copy(f.session[:], cfg.Session)
	e := &itch50{packer: newPacker(cfg, f), unit: cfg.TickSize / 100_000, offset: cfg.MidnightNS, stocks: stocks(m)}
	return e
}

// stocks spells the symbols padded with blanks to eight.
func stocks(m *market) [][8]byte {
	list := make([][8]byte, len(m.symbols))
	for i := range m.symbols {
		for at := range list[i] {
			list[i][at] = ' '
			if c := m.symbols[i].name[at]; c != 0 {
				list[i][at] = c
			}
		}
	}
	return list
}

// itchLongest bounds a message with its length.
const itchLongest = 52

func (e *itch50) price(ticks int32) uint32 { return uint32(int64(ticks) * e.unit) }

func (e *itch50) begin(now uint64) {
	e.now = now
	e.expire(now)
}

func (e *itch50) end() {}

func (e *itch50) heartbeat(now uint64) { e.special(framing.Heartbeat, now) }

func (e *itch50) close(now uint64, n int) bool {
	if n >= 3 {
		return false
	}
	e.special(framing.EndOfSession, now)
	return true
}

func (e *itch50) act(a *action) {
	k := e.room(itchLongest, e.now)
	at := len(k.buf)
	dst := append(k.buf, 0, 0)
	h := nasdaq.Head{TimeNS: e.now - e.offset}
	if a.kind != actSystem && a.kind != actBreakerLevels {
		h.Locate = a.symbol + 1
	}
	stock := &e.stocks[a.symbol]
	side := "BS"[a.side&1]
	switch a.kind {
	case actAdd:
		if a.mpid == 0 {
			dst = nasdaq.AppendAddOrder(dst, h, a.id, side, a.qty, stock, e.price(a.price))
		} else {
			dst = nasdaq.AppendAddOrderMPID(dst, h, a.id, side, a.qty, stock, e.price(a.price), mpids[a.mpid-1])
		}
	case actDelete:
		dst = nasdaq.AppendOrderDelete(dst, h, a.id)
	case actExecute:
		dst = nasdaq.AppendOrderExecuted(dst, h, a.id, a.qty, a.match)
	case actExecuteAt:
		dst = nasdaq.AppendOrderExecutedWithPrice(dst, h, a.id, a.qty, a.match, "NY"[b2i(a.printable)], e.price(a.tradePrice))
	case actReduce:
		dst = nasdaq.AppendOrderCancel(dst, h, a.id, a.qty)
	case actReplace:
		dst = nasdaq.AppendOrderReplace(dst, h, a.oldID, a.id, a.qty, e.price(a.price))
	default:
		dst = e.rare(dst, h, a, stock)
	}
	if len(dst) == at+2 { // nothing that this feed tells
		return
	}
	binary.BigEndian.PutUint16(dst[at:], uint16(len(dst)-at-2))
	k.buf = dst
	e.added(k)
}

// rare encodes what is not order flow.
func (e *itch50) rare(dst []byte, h nasdaq.Head, a *action, stock *[8]byte) []byte {
	price := e.price(a.price)
	switch a.kind {
	case actHidden:
		return nasdaq.AppendTrade(dst, h, 0, "BS"[a.side&1], a.qty, stock, price, a.match)
	case actCross:
		return nasdaq.AppendCrossTrade(dst, h, uint64(a.qty), stock, price, a.match, a.code)
	case actBreak:
		return nasdaq.AppendBrokenTrade(dst, h, a.match)
	case actImbalance:
		return nasdaq.AppendImbalance(dst, h, nasdaq.Imbalance{
			Stock: *stock, Paired: a.paired, Shares: uint64(a.qty), Direction: "BSN"[a.side],
			Far: price, Near: price, Reference: price, CrossType: a.code, Variation: 'L',
		})
	case actRetail:
		return nasdaq.AppendRetailInterest(dst, h, stock, a.code)
	case actStatus:
		return nasdaq.AppendTradingAction(dst, h, stock, a.code, reasonOf(a.code))
	case actShortSale:
		return nasdaq.AppendRegSHO(dst, h, stock, a.code)
	case actCollar:
		return nasdaq.AppendAuctionCollar(dst, h, stock, price, price+price/20, price-price/20, 0)
	case actSystem:
		return nasdaq.AppendSystemEvent(dst, h, a.code)
	case actDirectory:
		return nasdaq.AppendStockDirectory(dst, h, stock, 'Q', 100)
	case actOperational:
		return nasdaq.AppendOperationalHalt(dst, h, stock, 'Q', 'T')
	case actParticipant:
		return nasdaq.AppendParticipant(dst, h, mpids[a.mpid-1], stock)
	case actBreakerLevels:
		return nasdaq.AppendBreakerLevels(dst, h, 465_000_000_000, 435_000_000_000, 400_000_000_000)
	case actOpening:
		return nasdaq.AppendIPOQuoting(dst, h, stock, uint32(h.TimeNS/1_000_000_000)+900, 'A', price)
	}
	return dst
}

// reasonOf is the reason that goes with a trading state.
func reasonOf(code byte) [4]byte {
	switch code {
	case 'H':
		return [4]byte{'L', 'U', 'D', 'P'}
	case 'Q':
		return [4]byte{'T', '3', ' ', ' '}
	}
	return [4]byte{' ', ' ', ' ', ' '}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mold is MoldUDP64's numbering.
type mold struct {
	session [10]byte
	next    uint64
}

func (f *mold) open(p *packet) {
	p.seq = f.next
	p.buf = framing.AppendMoldUDP64Header(p.buf, f.session, f.next, 0)
}

func (f *mold) finish(p *packet) {
	count := uint16(p.messages)
	if p.kind == framing.EndOfSession {
		count = framing.MoldUDP64EndOfSession
	}
	framing.SetMoldUDP64Count(p.buf, count)
	p.count = p.messages
	f.next += uint64(p.messages)
}
