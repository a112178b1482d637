package nasdaq

import "wirebook/book"

// plan says where an order message has the fields of its event. The order flow changes type from message to
// message in a way no branch predictor learns, so the decoder does not branch on the type: it reads every field
// of the event by the plan's offset, and masks out those the message does not have. The offsets come from the
// layouts that inspect shows; they are declared there only.
type plan struct {
	kind     book.Kind
	size     uint8     // bytes of the layout; 0: not an order message
	sideless book.Side // all bits where the message tells no side, else 0

	side, id, ref, qty, price uint8 // offsets from the message type; 0 where masked out

	qtyMask, priceMask uint32
	refMask            uint64
}

// sides maps the buy/sell indicator; 0 is a value the specification does not have.
var sides = [256]book.Side{'B': book.Bid, 'S': book.Ask}

var plans = [256]plan{
	'A': planOf('A', book.KindAdd, "buy_sell_indicator", "order_reference_number", "", "shares", "price"),
	'F': planOf('F', book.KindAdd, "buy_sell_indicator", "order_reference_number", "", "shares", "price"),
	'E': planOf('E', book.KindExecute, "", "order_reference_number", "match_number", "executed_shares", ""),
	'X': planOf('X', book.KindReduce, "", "order_reference_number", "", "canceled_shares", ""),
	'D': planOf('D', book.KindDelete, "", "order_reference_number", "", "", ""),
	'U': planOf('U', book.KindReplace, "", "new_order_reference_number", "original_order_reference_number", "shares", "price"),
}

func planOf(code byte, kind book.Kind, side, id, ref, qty, price string) plan {
	m := itchTables[code]
	offset := func(name string) uint8 {
		for i := range m.Fields {
			if m.Fields[i].Name == name {
				return uint8(m.Fields[i].Off)
			}
		}
		return 0
	}
	p := plan{
		kind: kind, size: uint8(m.Size),
		side: offset(side), id: offset(id), ref: offset(ref), qty: offset(qty), price: offset(price),
	}
	if p.side == 0 {
		p.sideless = 0xFF
	}
	if p.ref != 0 {
		p.refMask = 1<<64 - 1
	}
	if p.qty != 0 {
		p.qtyMask = 1<<32 - 1
	}
	if p.price != 0 {
		p.priceMask = 1<<32 - 1
	}
	return p
}
