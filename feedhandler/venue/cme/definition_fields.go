package cme

import (
	"encoding/binary"
	"math"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// defining is the definition being read. It is part of the decoder so that reading one allocates nothing.
type defining struct {
	body       book.Definition
	symbol     book.Symbol
	scale      int64
	lastUpdate uint64
	status     uint8
	put        bool

	depth, impliedDepth uint8
}

// setter is a field of one definition template and what to do with its bytes.
type setter struct {
	off, size int
	set       func(x *defining, raw []byte)
}

// setters is the setters of every definition template, by template id.
var setters = definitionSetters()

func definitionSetters() (all [len(templates)][]setter) {
	for id, t := range templates {
		if t != nil && t.class != 0 {
			all[id] = settersOf(t.root)
		}
	}
	return all
}

// settersOf finds the setters of a layout by its field names.
func settersOf(m *layout.Message) []setter {
	var list []setter
	for i := range m.Fields {
		f := &m.Fields[i]
		if set := definitionFields[f.Name]; set != nil {
			list = append(list, setter{off: f.Off, size: f.Size, set: set})
		}
	}
	return list
}

// definitionFields is what the root fields of definitions mean, by the specification's name. What is not here has
// no place in a DBN definition.
var definitionFields = map[string]func(x *defining, raw []byte){
	"last_update_time":           func(x *defining, raw []byte) { x.lastUpdate = u64(raw) },
	"md_security_trading_status": func(x *defining, raw []byte) { x.status = raw[0] },
	"put_or_call":                func(x *defining, raw []byte) { x.put = raw[0] == 0 },
	"symbol": func(x *defining, raw []byte) {
		x.symbol = book.MakeSymbol(raw)
		setText(x.body.RawSymbol[:], raw)
	},

	"security_id":                 func(x *defining, raw []byte) { x.body.RawInstrumentID = uint64(u32(raw)) },
	"security_update_action":      func(x *defining, raw []byte) { x.body.SecurityUpdateAction = raw[0] },
	"market_segment_id":           func(x *defining, raw []byte) { x.body.MarketSegmentID = uint32(raw[0]) },
	"underlying_product":          func(x *defining, raw []byte) { x.body.UnderlyingProduct = raw[0] },
	"underlying_product_optional": func(x *defining, raw []byte) { x.body.UnderlyingProduct = raw[0] },
	"appl_id": func(x *defining, raw []byte) {
		x.body.ApplID = int16(u16(raw))
		x.body.ChannelID = u16(raw)
	},

	"security_exchange": func(x *defining, raw []byte) { setText(x.body.Exchange[:], raw) },
	"security_group":    func(x *defining, raw []byte) { setText(x.body.Group[:], raw) },
	"asset":             func(x *defining, raw []byte) { setText(x.body.Asset[:], raw) },
	"security_type":     func(x *defining, raw []byte) { setText(x.body.SecurityType[:], raw) },
	"security_sub_type": func(x *defining, raw []byte) { setText(x.body.SecSubType[:], raw) },
	"cfi_code":          func(x *defining, raw []byte) { setText(x.body.CFI[:], raw) },
	"currency":          func(x *defining, raw []byte) { setText(x.body.Currency[:], raw) },
	"settl_currency":    func(x *defining, raw []byte) { setText(x.body.SettlCurrency[:], raw) },
	"strike_currency":   func(x *defining, raw []byte) { setText(x.body.StrikePriceCurrency[:], raw) },
	"unit_of_measure":   func(x *defining, raw []byte) { setText(x.body.UnitOfMeasure[:], raw) },

	"min_price_increment":          func(x *defining, raw []byte) { x.body.MinPriceIncrement = x.price(raw) },
	"min_price_increment_optional": func(x *defining, raw []byte) { x.body.MinPriceIncrement = x.price(raw) },
	"min_price_increment_amount":   func(x *defining, raw []byte) { x.body.MinPriceIncrementAmount = x.price(raw) },
	"display_factor":               func(x *defining, raw []byte) { x.body.DisplayFactor = x.price(raw) },
	"unit_of_measure_qty":          func(x *defining, raw []byte) { x.body.UnitOfMeasureQty = x.price(raw) },
	"high_limit_price":             func(x *defining, raw []byte) { x.body.HighLimitPrice = x.price(raw) },
	"low_limit_price":              func(x *defining, raw []byte) { x.body.LowLimitPrice = x.price(raw) },
	"max_price_variation":          func(x *defining, raw []byte) { x.body.MaxPriceVariation = x.price(raw) },
	"strike_price":                 func(x *defining, raw []byte) { x.body.StrikePrice = x.price(raw) },
	"price_ratio":                  func(x *defining, raw []byte) { x.body.PriceRatio = x.price(raw) },

	"match_algorithm":          func(x *defining, raw []byte) { x.body.MatchAlgorithm = raw[0] },
	"min_trade_vol":            func(x *defining, raw []byte) { x.body.MinTradeVol = u32(raw) },
	"max_trade_vol":            func(x *defining, raw []byte) { x.body.MaxTradeVol = u32(raw) },
	"main_fraction":            func(x *defining, raw []byte) { x.body.MainFraction = raw[0] },
	"sub_fraction":             func(x *defining, raw []byte) { x.body.SubFraction = raw[0] },
	"price_display_format":     func(x *defining, raw []byte) { x.body.PriceDisplayFormat = raw[0] },
	"decay_quantity":           func(x *defining, raw []byte) { x.body.DecayQuantity = int32(u32(raw)) },
	"decay_start_date":         func(x *defining, raw []byte) { x.body.DecayStartDate = u16(raw) },
	"original_contract_size":   func(x *defining, raw []byte) { x.body.OriginalContractSize = int32(u32(raw)) },
	"contract_multiplier":      func(x *defining, raw []byte) { x.body.ContractMultiplier = int32(u32(raw)) },
	"contract_multiplier_unit": func(x *defining, raw []byte) { x.body.ContractMultiplierUnit = int8(raw[0]) },
	"flow_schedule_type":       func(x *defining, raw []byte) { x.body.FlowScheduleType = int8(raw[0]) },
	"user_defined_instrument":  func(x *defining, raw []byte) { x.body.UserDefinedInstrument = raw[0] },
	"tick_rule": func(x *defining, raw []byte) {
		if raw[0] != math.MaxInt8 {
			x.body.TickRule = raw[0]
		}
	},

	"year":  func(x *defining, raw []byte) { x.body.MaturityYear = u16(raw) },
	"month": func(x *defining, raw []byte) { x.body.MaturityMonth = raw[0] },
	"day":   func(x *defining, raw []byte) { x.body.MaturityDay = raw[0] },
	"week":  func(x *defining, raw []byte) { x.body.MaturityWeek = raw[0] },
}

// price reads an optional price of the definition at 1e-9.
func (x *defining) price(raw []byte) int64 { return scaled(int64(u64(raw)), x.scale) }

func u16(raw []byte) uint16 { return binary.LittleEndian.Uint16(raw) }
func u32(raw []byte) uint32 { return binary.LittleEndian.Uint32(raw) }
func u64(raw []byte) uint64 { return binary.LittleEndian.Uint64(raw) }

// setText copies text and drops what pads it; dst keeps a NUL at its end.
func setText(dst, text []byte) {
	clear(dst)
	n := len(text)
	for n > 0 && (text[n-1] == ' ' || text[n-1] == 0) {
		n--
	}
	copy(dst[:len(dst)-1], text[:n])
}
