package export

import (
	"encoding/binary"
	"sort"
	"time"
)

// Metadata is what a DBN file says before its records.
type Metadata struct {
	Dataset    string
	Schema     uint16
	Start, End uint64 // ts_recv of the first record, and 1 past the last
	Mappings   []Mapping
}

// Mapping names an instrument.
type Mapping struct {
	Symbol string
	ID     string // instrument_id in decimal
}

const (
	dbnVersion   = 3
	dbnSymbolLen = 71 // symbol_cstr_len: 70 characters and a zero
	dbnFixed     = 100
	stypeID      = 0
	stypeSymbol  = 1
)

// Append appends the header of a DBN version 3 file: magic, version, length, fixed part, symbol tables, padding to 8.
// Layout: DBN specification (github.com/databento/dbn), metadata of version 3.
func (m *Metadata) Append(b []byte) []byte {
	sort.Slice(m.Mappings, func(i, j int) bool { return m.Mappings[i].Symbol < m.Mappings[j].Symbol })
	b = append(b, 'D', 'B', 'N', dbnVersion)
	lengthAt := len(b)
	b = append(b, 0, 0, 0, 0)
	start := len(b)
	b = appendPadded(b, m.Dataset, 16)
	b = binary.LittleEndian.AppendUint16(b, m.Schema)
	b = binary.LittleEndian.AppendUint64(b, m.Start)
	b = binary.LittleEndian.AppendUint64(b, m.End)
	b = binary.LittleEndian.AppendUint64(b, 0) // no limit
	b = append(b, stypeSymbol, stypeID, 0)
	b = binary.LittleEndian.AppendUint16(b, dbnSymbolLen)
	b = append(b, make([]byte, start+dbnFixed-len(b))...)
	b = binary.LittleEndian.AppendUint32(b, 0) // no schema definition
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.Mappings)))
	for _, mapping := range m.Mappings {
		b = appendPadded(b, mapping.Symbol, dbnSymbolLen)
	}
	b = binary.LittleEndian.AppendUint32(b, 0) // none partially resolved
	b = binary.LittleEndian.AppendUint32(b, 0) // none not found
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.Mappings)))
	first, last := date(m.Start), date(m.End+uint64(24*time.Hour)-1)
	for _, mapping := range m.Mappings {
		b = appendPadded(b, mapping.Symbol, dbnSymbolLen)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, first)
		b = binary.LittleEndian.AppendUint32(b, last)
		b = appendPadded(b, mapping.ID, dbnSymbolLen)
	}
	for (len(b)-start)%8 != 0 {
		b = append(b, 0)
	}
	binary.LittleEndian.PutUint32(b[lengthAt:], uint32(len(b)-start))
	return b
}

func appendPadded(b []byte, s string, n int) []byte {
	if len(s) > n-1 {
		s = s[:n-1]
	}
	b = append(b, s...)
	return append(b, make([]byte, n-len(s))...)
}

// date spells a UTC moment as yyyymmdd.
func date(ns uint64) uint32 {
	t := time.Unix(0, int64(ns)).UTC()
	return uint32(t.Year()*10000 + int(t.Month())*100 + t.Day())
}
