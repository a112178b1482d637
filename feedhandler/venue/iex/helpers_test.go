package iex

import (
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// decoder is the contract the plug-in meets; the registry, which imports this package, checks the real one.
type decoder interface {
	Decode(b *book.Batch, msg []byte) book.Fault
	Directory() *book.Directory
	Reset()
	Inspect(msg []byte) layout.Inspected
}

// feed is one decoder under test.
type feed struct {
	name  string
	make  func(max int) decoder
	table *messages
}

var feeds = []feed{
	{"tops15", func(max int) decoder { return NewTOPS(TOPS15, max) }, tops15Messages},
	{"tops16", func(max int) decoder { return NewTOPS(TOPS16, max) }, tops16Messages},
	{"deep", func(max int) decoder { return NewDEEP(max) }, deepMessages},
	{"deepplus", func(max int) decoder { return NewDEEPPlus(max) }, deepPlusMessages},
}

const testTime = 1_493_132_621_826_542_542

// sym makes a padded symbol.
func sym(text string) Symbol {
	s := Symbol{' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}
	copy(s[:], text)
	return s
}

// char, ts, price, u32, u64 and u8 spell wire values in literals.
func char(c byte) layout.Char { return layout.Char{c} }
func u8(x uint8) layout.U8    { return layout.U8{x} }

func ts(x int64) (v layout.I64LE)     { v.Put(x); return v }
func price(x int64) (v layout.I64LE)  { v.Put(x); return v }
func u32(x uint32) (v layout.U32LE)   { v.Put(x); return v }
func u64(x uint64) (v layout.U64LE)   { v.Put(x); return v }
func wire[T any](c byte, m *T) []byte { return append([]byte{c}, layout.Bytes(m)...) }

// samples is one good message of every type of every feed.
func samples() map[byte][]byte {
	s, t := sym("ZIEXT"), ts(testTime)
	trade := TradeReport{u8(0x08), t, s, u32(300), price(199_700), u64(77)}
	level := PriceLevelUpdate{u8(1), t, s, u32(500), price(199_700)}
	return map[byte][]byte{
		'S': wire('S', &SystemEvent{char('R'), t}),
		'D': wire('D', &SecurityDirectory{u8(0x80), t, s, u32(100), price(1_000_000), u8(1)}),
		'H': wire('H', &TradingStatus{char('H'), t, s, [4]byte{'T', '1', ' ', ' '}}),
		'I': wire('I', &RetailLiquidityIndicator{char('A'), t, s}),
		'O': wire('O', &OperationalHaltStatus{char('O'), t, s}),
		'P': wire('P', &ShortSalePriceTestStatus{u8(1), t, s, char('A')}),
		'E': wire('E', &SecurityEvent{char('O'), t, s}),
		'X': wire('X', &OfficialPrice{char('Q'), t, s, price(199_800)}),
		'A': wire('A', &AuctionInformation{char('C'), t, s, u32(1000), price(199_800), price(199_900), u32(200), char('S'), char(2),
			u32(1_500_000_000), price(199_600), price(199_500), price(180_000), price(220_000)}),
		'Q': wire('Q', &QuoteUpdate{u8(0), t, s, u32(100), price(199_700), price(199_900), u32(200)}),
		'8': wire('8', &level),
		'5': wire('5', &level),
		'T': wire('T', &trade),
		'B': wire('B', &trade),
		'a': wire('a', &AddOrder{char('8'), t, s, u64(9001), u32(500), price(199_700)}),
		'M': wire('M', &OrderModify{u8(1), t, s, u64(9001), u32(400), price(199_800)}),
		'R': wire('R', &OrderDelete{char(' '), t, s, u64(9001)}),
		'L': wire('L', &OrderExecuted{u8(0x40), t, s, u64(9001), u32(100), price(199_800), u64(78)}),
		'C': wire('C', &ClearBook{char(' '), t, s}),
	}
}

// newBatch returns a batch with a packet begun, as the channel does.
func newBatch() *book.Batch {
	b := book.NewBatch(16)
	b.BeginPacket(book.Packet{})
	return b
}

// decode runs one message through d and fails on a fault.
func decode(t *testing.T, d decoder, msg []byte) *book.Batch {
	t.Helper()
	b := newBatch()
	if fault := d.Decode(b, msg); fault != book.FaultNone {
		t.Fatalf("message %q: %v", msg[0], fault)
	}
	return b
}

// split cuts a payload into messages and fails on a fault.
func split(tb testing.TB, f TP, payload []byte) (framing.Header, [][]byte) {
	tb.Helper()
	var h framing.Header
	if fault := f.Header(payload, &h); fault != framing.FaultNone {
		tb.Fatalf("header: %v", fault)
	}
	spans, fault := f.Split(nil, payload, &h)
	if fault != framing.FaultNone {
		tb.Fatalf("split: %v", fault)
	}
	var msgs [][]byte
	for i, s := range spans {
		if int(s.Unit) != i {
			tb.Fatalf("message %d is unit %d", i, s.Unit)
		}
		msgs = append(msgs, payload[s.Off:s.Off+s.Len])
	}
	return h, msgs
}
