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

// Instrument is one entry of a Directory.
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
	Status        uint8  // last DBN status action, 0 unknown
	Defined       bool   // a directory or definition message was seen
	Life          uint8  // moves when the key becomes another instrument's, or nobody's
	Unnamed       bool   // Symbol only spells the venue's number: no message has named the instrument so far
	Began         uint64 // the venue's time at which Life moved
}

// InstrumentChange is what an entry became, and when: before event At of the batch that carries the change.
type InstrumentChange struct {
	At         int
	Index      uint32
	Instrument Instrument
}

// Directory maps a venue's instrument keys to dense indexes from 1 that books and tables use.
// Index 0 stands for the channel as a whole. Memory is allocated at New and never moves.
//
// A decoder changes it as it reads, ahead of the events that wait in a batch. So what changes is told to the batches that
// follow, in its place between their events. It belongs to one goroutine: to one channel, or to the channels of a set,
// whose definitions hold for all of them.
type Directory struct {
	list      []Instrument
	slots     []uint32 // open addressing, power of two, 0 empty
	mask      uint32
	max       int
	followers []*Batch
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
	return &Directory{list: make([]Instrument, 1, max+1), slots: make([]uint32, n), mask: uint32(n - 1), max: max}
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

// At returns the entry of an index for reading and changing; call Touch after a change.
func (d *Directory) At(idx uint32) *Instrument { return &d.list[idx] }

// Len returns how many indexes exist, index 0 included.
func (d *Directory) Len() int { return len(d.list) }

// Max returns how many instruments there is room for.
func (d *Directory) Max() int { return d.max }

// Touch tells the followers that an entry changed, once it has its new content.
func (d *Directory) Touch(idx uint32) {
	for _, b := range d.followers {
		b.change(idx, &d.list[idx])
	}
}

// Follow has b told of every entry that there is, and of every change to come.
func (d *Directory) Follow(b *Batch) {
	d.followers = append(d.followers, b)
	for i := 1; i < len(d.list); i++ {
		b.change(uint32(i), &d.list[i])
	}
}

// Unfollow ends what Follow began.
func (d *Directory) Unfollow(b *Batch) {
	for i, f := range d.followers {
		if f == b {
			d.followers = append(d.followers[:i:i], d.followers[i+1:]...)
			return
		}
	}
}

// Reset forgets every entry: a session begins a directory of its own where the venue's keys hold for a session. Indexes are
// given anew, so nothing that names instruments by them may be left waiting.
func (d *Directory) Reset() {
	if len(d.list) > 1 {
		d.list = d.list[:1]
		clear(d.slots)
	}
}
