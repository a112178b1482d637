package nasdaq

import (
	"strconv"

	"wirebook/book"
)

// unnamed marks an index whose stock this session has not told yet.
const unnamed = 1 << 31

// locates maps stock locate codes to directory indexes by a plain array: the code is the venue's own dense number.
// Code 0 stands for the whole channel and stays 0.
type locates struct {
	dir   *book.Directory
	index [1 << 16]uint32
}

// reset begins a new directory: a code is good for one session.
func (l *locates) reset() {
	clear(l.index[:])
	l.dir.Reset()
}

// number returns the index of a code whose message carries no stock, made under the symbol "#code" when new.
func (l *locates) number(code uint16) (uint32, book.Fault) {
	if code == 0 {
		return 0, book.FaultBadValue
	}
	if idx := l.index[code] &^ unnamed; idx != 0 {
		return idx, book.FaultNone
	}
	var text [6]byte
	symbol := book.MakeSymbol(strconv.AppendUint(append(text[:0], '#'), uint64(code), 10))
	idx := l.dir.Add(uint64(code), uint32(code), symbol)
	if idx == 0 {
		return 0, book.FaultDirectoryFull
	}
	l.dir.At(idx).Unnamed = true
	l.dir.Touch(idx)
	l.index[code] = idx | unnamed
	return idx, book.FaultNone
}

// name returns the index of a code and gives its entry the stock's symbol.
func (l *locates) name(code uint16, stock *[8]byte) (uint32, book.Fault) {
	if code == 0 {
		return 0, book.FaultBadValue
	}
	symbol := book.MakeSymbol(stock[:])
	idx := l.index[code] &^ unnamed
	if idx == 0 {
		idx = l.dir.Add(uint64(code), uint32(code), symbol)
		if idx == 0 {
			return 0, book.FaultDirectoryFull
		}
	}
	entry := l.dir.At(idx)
	if entry.Symbol != symbol {
		// The first messages came without a name, or the venue gave the code to another stock.
		entry.Symbol, entry.LotSize, entry.Status, entry.Defined, entry.Unnamed = symbol, 0, 0, false, false
		l.dir.Touch(idx)
	}
	l.index[code] = idx
	return idx, book.FaultNone
}

// noteStatus keeps the trading state a status message told.
func noteStatus(dir *book.Directory, idx uint32, action uint16) {
	if entry := dir.At(idx); entry.Status != uint8(action) {
		entry.Status = uint8(action)
		dir.Touch(idx)
	}
}
