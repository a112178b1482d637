package export

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Metadata is what a DBN file says before its records.
type Metadata struct {
	Version    uint8 // 0 is 3
	Dataset    string
	Schema     uint16
	Start, End uint64 // ts_recv of the first record, and 1 past the last
	Mappings   []Mapping
}

// Mapping names an instrument for some days.
type Mapping struct {
	Symbol string
	ID     uint32 // instrument_id
	// From is the first moment of the first day (UTC) of the name, 0 where it holds from the file's first; To that of the day
	// from which another holds, 0 where none does.
	From, To uint64
}

const (
	dbnVersion   = 3
	dbnSymbolLen = 71 // symbol_cstr_len: 70 characters and a zero
	dbnFixed     = 100
	stypeID      = 0
	stypeSymbol  = 1
)

// Append appends the header of a DBN file: magic, version, length, fixed part, symbol tables, and in version 3 padding
// to 8. Layout: DBN specification (github.com/databento/dbn), metadata of versions 2 and 3.
func (m *Metadata) Append(b []byte) []byte {
	groups := m.bySymbol()
	version := m.Version
	if version == 0 {
		version = dbnVersion
	}
	b = append(b, 'D', 'B', 'N', version)
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
	b = binary.LittleEndian.AppendUint32(b, uint32(len(groups)))
	for _, g := range groups {
		b = appendPadded(b, g[0].Symbol, dbnSymbolLen)
	}
	b = binary.LittleEndian.AppendUint32(b, 0) // none partially resolved
	b = binary.LittleEndian.AppendUint32(b, 0) // none not found
	b = binary.LittleEndian.AppendUint32(b, uint32(len(groups)))
	first, last := date(m.Start), date(m.End+uint64(24*time.Hour)-1)
	for _, g := range groups {
		b = appendPadded(b, g[0].Symbol, dbnSymbolLen)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(g)))
		for _, mapping := range g {
			from, to := first, last
			if mapping.From != 0 {
				from = date(mapping.From)
			}
			if mapping.To != 0 {
				to = date(mapping.To)
			}
			b = binary.LittleEndian.AppendUint32(b, from)
			b = binary.LittleEndian.AppendUint32(b, to)
			b = appendPadded(b, strconv.FormatUint(uint64(mapping.ID), 10), dbnSymbolLen)
		}
	}
	for version >= 3 && (len(b)-start)%8 != 0 {
		b = append(b, 0)
	}
	binary.LittleEndian.PutUint32(b[lengthAt:], uint32(len(b)-start))
	return b
}

// bySymbol gives the mappings grouped by symbol, in order, each once: readers keep one list of ids a symbol.
func (m *Metadata) bySymbol() (groups [][]Mapping) {
	list := slices.Clone(m.Mappings)
	slices.SortFunc(list, func(a, b Mapping) int {
		return cmp.Or(strings.Compare(a.Symbol, b.Symbol), cmp.Compare(a.From, b.From), cmp.Compare(a.ID, b.ID))
	})
	for _, x := range slices.Compact(list) {
		if n := len(groups); n > 0 && groups[n-1][0].Symbol == x.Symbol {
			groups[n-1] = append(groups[n-1], x)
		} else {
			groups = append(groups, []Mapping{x})
		}
	}
	return groups
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
