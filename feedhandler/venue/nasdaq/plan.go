package nasdaq

import "wirebook/book"

// plan says where an order message has the fields of its event. The order flow changes type from message to
// message in a way no branch predictor learns, so the decoder does not branch on the type: it reads every field
// of the event by the plan's offset, and masks out those the message does not have. The offsets come from the
// layouts that inspect shows; they are declared there only.
//
// Every number is read as the eight bytes that end where it ends, all before it masked out: one load, one swap and one
// mask, whatever its size. The event's small fields are put together as the word they are in memory (tailWord).
type plan struct {
	size uint32 // bytes of the layout; notOrder: not an order message

	side, id, ref, qty, price uint8 // side: offset of the indicator; others: of the eight bytes; 0 where masked out

	refMask, qtyMask, priceMask uint64

	kind uint64 // of the tail word
	told uint64 // bits of the indicator's tail of which one must be there
}

// notOrder is longer than any message.
const notOrder = 1 << 16

// sides gives an event's tail word its side and flags by the buy/sell indicator; 0 is a value the specification does not
// have. A message that tells no side has its type read as one: the types of the order flow stand for no side.
var (
	sides = [256]uint64{
		'B': tailWord(&book.Event{Side: book.Bid, Flags: book.FlagLast}),
		'S': tailWord(&book.Event{Side: book.Ask, Flags: book.FlagLast}),
		'E': sideless, 'X': sideless, 'D': sideless, 'U': sideless,
	}
	sideless = tailWord(&book.Event{Flags: book.FlagLast})
	sided    = tailWord(&book.Event{Side: book.Bid & book.Ask}) // what both sides have in common

	packetUnit = tailWord(&book.Event{Packet: 1}) // times the packet's index: its tail
)

// plans are by message type.
var plans = makePlans()

func makePlans() (all [256]*plan) {
	other := &plan{size: notOrder}
	for code := range all {
		all[code] = other
	}
	all['A'] = planOf('A', book.KindAdd, "buy_sell_indicator", "order_reference_number", "", "shares", "price")
	all['F'] = planOf('F', book.KindAdd, "buy_sell_indicator", "order_reference_number", "", "shares", "price")
	all['E'] = planOf('E', book.KindExecute, "", "order_reference_number", "match_number", "executed_shares", "")
	all['X'] = planOf('X', book.KindReduce, "", "order_reference_number", "", "canceled_shares", "")
	all['D'] = planOf('D', book.KindDelete, "", "order_reference_number", "", "", "")
	all['U'] = planOf('U', book.KindReplace, "", "new_order_reference_number", "original_order_reference_number", "shares", "price")
	return all
}

func planOf(code byte, kind book.Kind, side, id, ref, qty, price string) *plan {
	m := itchTables[code]
	p := &plan{size: uint32(m.Size), kind: tailWord(&book.Event{Kind: kind}), told: sideless}
	field := func(name string) (off uint8, mask uint64) {
		for i := range m.Fields {
			if f := &m.Fields[i]; f.Name == name {
				return uint8(f.Off + f.Size - 8), ^uint64(0) >> (64 - 8*f.Size)
			}
		}
		return 0, 0
	}
	p.id, _ = field(id)
	p.ref, p.refMask = field(ref)
	p.qty, p.qtyMask = field(qty)
	p.price, p.priceMask = field(price)
	if off, mask := field(side); mask != 0 {
		p.side, p.told = off+7, sided
	}
	return p
}
