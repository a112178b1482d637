package book

// Symbol is an instrument's text, NUL padded.
type Symbol [32]byte

// MakeSymbol copies text and drops trailing blanks and NULs; longer text is cut at 32 bytes.
func MakeSymbol(text []byte) Symbol {
	n := len(text)
	for n > 0 && (text[n-1] == ' ' || text[n-1] == 0) {
		n--
	}
	var s Symbol
	copy(s[:], text[:n])
	return s
}

// String returns the text without padding.
func (s Symbol) String() string {
	n := 0
	for n < len(s) && s[n] != 0 {
		n++
	}
	return string(s[:n])
}

// Instrument is one entry of a channel's Directory.
type Instrument struct {
	Key           uint64 // the venue's own key: locate code, security id, packed symbol
	ID            uint32 // published instrument_id: never 0, stable across a restart on the same session
	Symbol        Symbol
	Currency      [4]byte
	TickSize      int64 // 1e-9; 0 where not told
	LotSize       uint32
	DisplayFactor int64 // 1e-9; 0 where not told
	Depth         uint8 // price levels the venue maintains; 0: unbounded or not told
	ImpliedDepth  uint8
	Status        uint8 // last DBN status action, 0 unknown
	Defined       bool  // a directory or definition message was seen
}

// Directory maps a venue's instrument keys to dense indexes from 1 that books and tables use.
// Index 0 stands for the channel as a whole. It belongs to one channel; memory is allocated at New and never moves.
type Directory struct {
	list    []Instrument
	slots   []uint32 // open addressing, power of two, 0 empty
	mask    uint32
	changed []uint32 // indexes that readers have not been told about, each once
	marked  []bool
	max     int
}

// NewDirectory returns a directory for at most max instruments (at least 1).
func NewDirectory(max int) *Directory {
	if max < 1 {
		max = 1
	}
	n := 1
	for n < 2*(max+1) {
		n <<= 1
	}
	d := &Directory{list: make([]Instrument, 1, max+1), slots: make([]uint32, n), mask: uint32(n - 1),
		changed: make([]uint32, 0, max+1), marked: make([]bool, max+1), max: max}
	return d
}

func hashKey(key uint64) uint32 {
	return uint32((key * 0x9E3779B97F4A7C15) >> 32)
}

// Lookup returns the index of key, or 0.
func (d *Directory) Lookup(key uint64) uint32 {
	for i := hashKey(key) & d.mask; ; i = (i + 1) & d.mask {
		idx := d.slots[i]
		if idx == 0 || d.list[idx].Key == key {
			return idx
		}
	}
}

// Add returns the index of key and makes an entry with the given published id and symbol if there is none.
// It returns 0 when the directory is full.
func (d *Directory) Add(key uint64, id uint32, symbol Symbol) uint32 {
	i := hashKey(key) & d.mask
	for ; d.slots[i] != 0; i = (i + 1) & d.mask {
		if d.list[d.slots[i]].Key == key {
			return d.slots[i]
		}
	}
	if len(d.list) == d.max+1 {
		return 0
	}
	idx := uint32(len(d.list))
	d.list = append(d.list, Instrument{Key: key, ID: id, Symbol: symbol, Currency: [4]byte{'U', 'S', 'D'}})
	d.slots[i] = idx
	d.Touch(idx)
	return idx
}

// At returns the entry of an index for reading and changing; call Touch after a change that readers should see.
func (d *Directory) At(idx uint32) *Instrument { return &d.list[idx] }

// Len returns how many indexes exist, index 0 included.
func (d *Directory) Len() int { return len(d.list) }

// Touch says that an entry changed.
func (d *Directory) Touch(idx uint32) {
	if !d.marked[idx] {
		d.marked[idx] = true
		d.changed = append(d.changed, idx)
	}
}

// Changed returns the entries added or touched since ClearChanged, each once. The slice is the directory's.
func (d *Directory) Changed() []uint32 { return d.changed }

// ClearChanged forgets what Changed returned.
func (d *Directory) ClearChanged() {
	for _, idx := range d.changed {
		d.marked[idx] = false
	}
	d.changed = d.changed[:0]
}
