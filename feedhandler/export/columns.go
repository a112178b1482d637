package export

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"wirebook/feedhandler/venue/layout"
	"wirebook/shm"
)

// column is one field of a record for CSV and JSON.
type column struct {
	name string
	off  int
	size int
	kind columnKind
}

type columnKind uint8

const (
	unsigned columnKind = iota
	signed
	price
	quantity
	moment
	char
	text
)

// chars are the one-byte fields DBN spells as characters.
var chars = map[string]bool{
	"action": true, "side": true, "is_trading": true, "is_quoting": true, "is_short_sell_restricted": true,
	"auction_type": true, "unpaired_side": true, "significant_imbalance": true, "instrument_class": true,
	"match_algorithm": true, "security_update_action": true, "user_defined_instrument": true,
	"leg_instrument_class": true, "leg_side": true,
}

// columnsOf lists the columns of a record type in the order of DBN's text encodings: receive time first, then the
// header, then the body. It is empty for a type we do not write.
func columnsOf(rtype uint8) []column {
	var t reflect.Type
	switch rtype {
	case shm.RTypeMBO:
		t = reflect.TypeFor[shm.MBO]()
	case shm.RTypeTrade:
		t = reflect.TypeFor[shm.Trade]()
	case shm.RTypeMBP1:
		t = reflect.TypeFor[shm.MBP1]()
	case shm.RTypeMBP10:
		t = reflect.TypeFor[shm.MBP10]()
	case shm.RTypeStatus:
		t = reflect.TypeFor[shm.Status]()
	case shm.RTypeImbalance:
		t = reflect.TypeFor[shm.Imbalance]()
	case shm.RTypeStatistics:
		t = reflect.TypeFor[shm.Statistics]()
	case shm.RTypeDefinition:
		t = reflect.TypeFor[shm.Definition]()
	default:
		return nil
	}
	var cols []column
	add := func(f reflect.StructField, base int, suffix string) {
		name := columnName(f.Name)
		c := column{name: name + suffix, off: base + int(f.Offset), size: int(f.Type.Size())}
		switch {
		case f.Type.Kind() == reflect.Array:
			c.kind = text
		case chars[name] && c.size == 1:
			c.kind = char
		case strings.HasPrefix(name, "ts_") && c.size == 8 || name == "auction_time" || name == "expiration" || name == "activation":
			c.kind = moment
		case name == "quantity" && c.size == 8:
			c.kind = quantity
		case f.Type.Kind() == reflect.Int64:
			c.kind = price
		case f.Type.Kind() >= reflect.Int && f.Type.Kind() <= reflect.Int64:
			c.kind = signed
		}
		cols = append(cols, c)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		switch {
		case f.Name == "_" || strings.HasPrefix(f.Name, "Reserved"):
		case f.Name == "RecordHeader":
			for j := range f.Type.NumField() {
				if h := f.Type.Field(j); h.Name != "_" && h.Name != "Length" {
					add(h, int(f.Offset), "")
				}
			}
		case f.Name == "Levels":
			for l := range f.Type.Len() {
				for j := range f.Type.Elem().NumField() {
					if lf := f.Type.Elem().Field(j); lf.Name != "_" {
						add(lf, int(f.Offset)+l*int(f.Type.Elem().Size()), fmt.Sprintf("_%02d", l))
					}
				}
			}
		default:
			add(f, 0, "")
		}
	}
	return inOrder(cols, columnOrder[rtype])
}

// inOrder puts the columns whose names are listed first, as listed; the others follow as they stand in the record.
func inOrder(cols []column, names string) []column {
	first := strings.Fields("ts_recv ts_event rtype publisher_id instrument_id " + names)
	place := func(c column) int {
		if i := slices.Index(first, c.name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(cols, func(a, b column) int { return place(a) - place(b) })
	return cols
}

// columnOrder is what follows the header in DBN's own text encodings, where that is not the order of the bytes.
var columnOrder = map[uint8]string{
	shm.RTypeMBO:   "action side price size channel_id order_id",
	shm.RTypeTrade: "action side depth",
	shm.RTypeMBP1:  "action side depth",
	shm.RTypeMBP10: "action side depth",
	shm.RTypeDefinition: `raw_symbol security_update_action instrument_class min_price_increment display_factor expiration activation
		high_limit_price low_limit_price max_price_variation unit_of_measure_qty min_price_increment_amount price_ratio
		inst_attrib_value underlying_id raw_instrument_id market_depth_implied market_depth market_segment_id max_trade_vol
		min_lot_size min_lot_size_block min_lot_size_round_lot min_trade_vol contract_multiplier decay_quantity
		original_contract_size appl_id maturity_year decay_start_date channel_id currency settl_currency secsubtype group
		exchange asset cfi security_type unit_of_measure underlying strike_price_currency strike_price match_algorithm
		main_fraction price_display_format sub_fraction underlying_product maturity_month maturity_day maturity_week
		user_defined_instrument contract_multiplier_unit flow_schedule_type tick_rule leg_count leg_index leg_instrument_id
		leg_raw_symbol leg_instrument_class leg_side`,
}

var columnNames = map[string]string{"RType": "rtype", "PublisherID": "publisher_id", "InstrumentID": "instrument_id",
	"OrderID": "order_id", "ChannelID": "channel_id", "CFI": "cfi", "SSRFillingPrice": "ssr_filling_price",
	"RawInstrumentID": "raw_instrument_id", "UnderlyingID": "underlying_id", "MarketSegmentID": "market_segment_id",
	"LegInstrumentID": "leg_instrument_id", "LegUnderlyingID": "leg_underlying_id", "ApplID": "appl_id",
	"SecSubType": "secsubtype"}

func columnName(goName string) string {
	if name, ok := columnNames[goName]; ok {
		return name
	}
	return layout.SnakeCase(goName)
}

// appendValue appends a column's value of body as text, without quotes. Absent prices, quantities and times are empty.
func (c *column) appendValue(b, body []byte, pretty bool) []byte {
	raw := body[c.off : c.off+c.size]
	switch c.kind {
	case char:
		if raw[0] > ' ' && raw[0] < 0x7f {
			return append(b, raw[0])
		}
		return b
	case text:
		n := 0
		for n < len(raw) && raw[n] != 0 {
			n++
		}
		return append(b, raw[:n]...)
	case price, quantity:
		v := int64(binary.LittleEndian.Uint64(raw))
		if v == math.MaxInt64 {
			return b
		}
		if !pretty || c.kind == quantity {
			return strconv.AppendInt(b, v, 10)
		}
		return AppendPrice(b, v)
	case moment:
		v := binary.LittleEndian.Uint64(raw)
		if v == math.MaxUint64 {
			return b
		}
		if !pretty {
			return strconv.AppendUint(b, v, 10)
		}
		return time.Unix(0, int64(v)).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000000Z")
	}
	var u uint64
	for i := range raw {
		u |= uint64(raw[i]) << (8 * i)
	}
	if c.kind == signed {
		shift := 64 - 8*len(raw)
		return strconv.AppendInt(b, int64(u<<shift)>>shift, 10)
	}
	return strconv.AppendUint(b, u, 10)
}

// columnTables holds the columns of every record type, made when first asked for.
var columnTables = sync.OnceValue(func() (tables [256][]column) {
	for _, s := range schemas {
		tables[s.RType] = columnsOf(s.RType)
	}
	return tables
})

// Text says how values are spelled.
type Text struct {
	Pretty  bool // decimal prices and ISO times
	Strings bool // integers of 64 bits as strings: many tools read numbers as doubles, and round them beyond 2^53
}

// AppendFields appends the fields of a record as the inside of a JSON object, with DBN's column names: prices as integers
// of 1e-9 and times in ns since 1970 UTC, unless style has it otherwise. ok is false, and b as it came, when body is
// not a whole record of a known type. Safe for several goroutines.
func AppendFields(b, body []byte, style Text) (out []byte, ok bool) {
	if len(body) < shm.SizeHeader {
		return b, false
	}
	cols := columnTables()[body[1]]
	if len(cols) == 0 {
		return b, false
	}
	for i := range cols {
		if cols[i].off+cols[i].size > len(body) {
			return b, false
		}
	}
	return appendFields(b, cols, body, style), true
}

func appendFields(b []byte, cols []column, body []byte, style Text) []byte {
	for i := range cols {
		c := &cols[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), c.name...), '"', ':')
		at := len(b)
		b = c.appendValue(b, body, style.Pretty)
		switch {
		case c.kind == char || c.kind == text || style.Strings && c.size == 8 && len(b) > at || style.Pretty && (c.kind == price || c.kind == moment) && len(b) > at:
			value := string(b[at:])
			b = AppendJSONString(b[:at], value)
		case len(b) == at:
			b = append(b, "null"...)
		}
	}
	return b
}

// AppendJSONString appends s as a JSON string. Bytes that are no printable ASCII are escaped as the code point of their
// value: venues pad and damage text in ways that are not UTF-8.
func AppendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// AppendPrice appends a 1e-9 price as a decimal without trailing zeros.
func AppendPrice(b []byte, v int64) []byte {
	u := uint64(v)
	if v < 0 {
		b = append(b, '-')
		u = -u
	}
	b = strconv.AppendUint(b, u/1_000_000_000, 10)
	rest := u % 1_000_000_000
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	digits := strconv.AppendUint(nil, rest+1_000_000_000, 10)[1:]
	return append(b, strings.TrimRight(string(digits), "0")...)
}
