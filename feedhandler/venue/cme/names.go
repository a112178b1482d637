package cme

// rename is a field that was called something else in some versions: old in versions from to until, where from 0 is
// the first and until 0 the last. Without templates it holds for all of the set (legacy or new).
type rename struct {
	name, old   string
	from, until uint16
	legacy      bool
	templates   []uint16
}

// renames undoes the changes of names between versions, for Inspect: the layouts have the legacy names of versions 5
// to 8 and the new names of version 13.
var renames = []rename{
	// Version 9 gave the legacy set the names of the new one.
	{name: "md_entry_px", old: "md_entry_px_ex", from: 9, legacy: true},
	{name: "md_entry_px_optional", old: "md_entry_px_optional_ex", from: 9, legacy: true},
	{name: "md_entry_size", old: "md_entry_size_short", from: 9, legacy: true},
	{name: "md_entry_size_optional", old: "md_entry_size_short_optional", from: 9, legacy: true},
	{name: "number_of_orders", old: "number_of_orders_optional", from: 9, legacy: true, templates: []uint16{32, 38}},
	{name: "high_limit_price", old: "high_limit_price_ex", from: 9, legacy: true, templates: []uint16{34}},
	{name: "low_limit_price", old: "low_limit_price_ex", from: 9, legacy: true, templates: []uint16{34}},
	{name: "max_price_variation", old: "max_price_variation_ex", from: 9, legacy: true, templates: []uint16{34}},
	{name: "leg_price", old: "leg_price_ex", from: 9, legacy: true},

	// Before version 9 there was one size of volumes; before 10 one side of quote requests.
	{name: "md_entry_size_short", old: "md_entry_size", until: 8, templates: []uint16{37}},
	{name: "side_optional", old: "side", until: 9, templates: []uint16{39}},

	// Version 9 marked the nine-decimal prices of the new set where the legacy set had the plain name.
	{name: "display_factor", old: "display_factor_ex", until: 9},
	{name: "unit_of_measure_qty", old: "unit_of_measure_qty_ex", until: 9},
	{name: "trading_reference_price", old: "trading_reference_price_ex", until: 9},
	{name: "high_limit_price", old: "high_limit_price_ex", until: 9},
	{name: "low_limit_price", old: "low_limit_price_ex", until: 9},
	{name: "max_price_variation", old: "max_price_variation_ex", until: 9},
	{name: "min_price_increment_amount", old: "min_price_increment_amount_ex", until: 9},
	{name: "strike_price", old: "strike_price_ex", until: 9},
	{name: "min_cab_price", old: "min_cab_price_ex", until: 9},
	{name: "price_ratio", old: "price_ratio_ex", until: 9},
	{name: "leg_price", old: "leg_price_ex", until: 9},

	{name: "md_order_priority_optional", old: "md_order_priority", until: 9},
	{name: "md_trade_entry_optional", old: "md_trade_entry_id", until: 11},
	{name: "min_lot_size_decimal_qty", old: "min_lot_size", until: 11},
}

// nameAt spells a field as the specification of a version does.
func (t *template) nameAt(id, version uint16, name string) string {
	for i := range renames {
		r := &renames[i]
		if r.name != name || r.legacy != t.legacy || version < r.from || r.until != 0 && version > r.until {
			continue
		}
		if r.templates == nil || contains(r.templates, id) {
			return r.old
		}
	}
	return name
}

func contains(list []uint16, id uint16) bool {
	for _, v := range list {
		if v == id {
			return true
		}
	}
	return false
}

// messageNameAt spells a message type as the specification of a version does.
func (t *template) messageNameAt(version uint16) string {
	if t.legacy && version >= 9 {
		return t.name + "_legacy"
	}
	return t.name
}
