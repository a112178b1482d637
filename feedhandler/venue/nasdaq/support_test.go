package nasdaq

import (
	"encoding/binary"
	"encoding/hex"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// receivedAt is 2023-08-22 13:30 UTC, a trading day in summer; midnightAt is the 00:00 in New York before it.
const (
	receivedAt = 1_692_711_000_000_000_000
	midnightAt = 1_692_676_800_000_000_000
)

// decoder is what both feeds offer.
type decoder interface {
	Decode(b *book.Batch, msg []byte) book.Fault
	Directory() *book.Directory
	Reset()
	Inspect(msg []byte) layout.Inspected
}

func newBatch() *book.Batch {
	b := book.NewBatch(64)
	b.BeginPacket(book.Packet{TsRecv: receivedAt})
	b.Seq = 41
	return b
}

// decodeOne decodes a message that must be fine.
func decodeOne(t testing.TB, d decoder, msg []byte) *book.Batch {
	t.Helper()
	b := newBatch()
	if fault := d.Decode(b, msg); fault != book.FaultNone {
		t.Fatalf("%q: %v", msg[0], fault)
	}
	return b
}

// examples is one well-formed message of every type a table holds: locate 7, time 1, stock STOCK, a known
// indicator, other fields filled with small numbers.
func examples(tables *[256]*layout.Message) map[byte][]byte {
	all := map[byte][]byte{}
	for code, m := range tables {
		if m == nil {
			continue
		}
		msg := make([]byte, m.Size)
		msg[0] = byte(code)
		for i := range m.Fields {
			f := &m.Fields[i]
			raw := msg[f.Off : f.Off+f.Size]
			switch {
			case f.Name == "stock_locate" || f.Name == "locate_code":
				raw[1] = 7
				if code == 'S' || code == 'V' || code == 'W' {
					raw[1] = 0
				}
			case f.Name == "timestamp":
				raw[5] = 1
			case f.Name == "buy_sell_indicator":
				raw[0] = 'B'
			case f.Kind == layout.Text:
				copy(raw, "STOCK   ")
			default:
				raw[f.Size-1] = byte(i + 1)
			}
		}
		all[byte(code)] = msg
	}
	return all
}

// with returns a copy of an example with fields replaced: integers in wire order, text padded with blanks.
func with(t testing.TB, tables *[256]*layout.Message, code byte, fields map[string]any) []byte {
	t.Helper()
	msg := append([]byte(nil), examples(tables)[code]...)
	left := len(fields)
	for i := range tables[code].Fields {
		f := &tables[code].Fields[i]
		value, ok := fields[f.Name]
		if !ok {
			continue
		}
		left--
		raw := msg[f.Off : f.Off+f.Size]
		switch value := value.(type) {
		case string:
			for j := range raw {
				raw[j] = ' '
			}
			copy(raw, value)
		case int:
			var word [8]byte
			binary.BigEndian.PutUint64(word[:], uint64(value))
			copy(raw, word[8-f.Size:])
		}
	}
	if left != 0 {
		t.Fatalf("%q: a field of %v is not in the layout", code, fields)
	}
	return msg
}

// wireHex gives the bytes of a field of a message, as the dissector's `x` does.
func wireHex(msg []byte, f *layout.Field) string {
	return hex.EncodeToString(msg[f.Off : f.Off+f.Size])
}

func feeds() map[string]struct {
	tables *[256]*layout.Message
	make   func(max int, date uint64) decoder
} {
	type feed = struct {
		tables *[256]*layout.Message
		make   func(max int, date uint64) decoder
	}
	return map[string]feed{
		"itch50": {&itchTables, func(max int, date uint64) decoder { return NewITCH50(max, date) }},
		"psx":    {&psxTables, func(max int, date uint64) decoder { return NewPSXITCH50(max, date) }},
		"bbo21":  {&bboTables, func(max int, date uint64) decoder { return NewBBO21(max, date) }},
	}
}
