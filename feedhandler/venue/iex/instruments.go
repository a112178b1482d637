package iex

import (
	"encoding/binary"
	"strings"

	"wirebook/book"
)

// instruments is what the decoders share: the directory keyed by the symbol's eight bytes, the published ids in use,
// and per instrument what the protocol makes a receiver remember.
type instruments struct {
	directory  *book.Directory
	states     []state // by directory index
	ids        idSet
	collisions uint64
}

// state is an instrument's running state within a session.
type state struct {
	trading byte  // code of the last trading status message, 0: none yet
	halt    byte  // code of the last operational halt message, 0: none yet
	last    uint8 // FlagLast, or 0 while DEEP's event flags say that an event is under way
}

func newInstruments(max int) instruments {
	if max < 1 {
		max = 1
	}
	in := instruments{directory: book.NewDirectory(max), states: make([]state, max+1), ids: newIDSet(max)}
	in.reset()
	return in
}

// reset begins a new directory: each session tells its instruments.
func (in *instruments) reset() {
	for i := range in.states {
		in.states[i] = state{last: book.FlagLast}
	}
	in.directory.Reset()
	in.ids.reset()
}

// key is the directory's key of a symbol.
func (s *Symbol) key() uint64 { return binary.LittleEndian.Uint64(s[:]) }

// index finds a symbol's instrument, adding it when it is new. Every message names its symbol, so a decoder that
// joins late knows each instrument at its first message. On a fault the index is 0.
func (in *instruments) index(s *Symbol) (uint32, book.Fault) {
	if idx := in.directory.Lookup(s.key()); idx != 0 {
		return idx, book.FaultNone
	}
	return in.learn(s)
}

// learn adds a symbol. Cold: once per symbol, and for every message of a symbol that cannot be added.
//
//go:noinline
func (in *instruments) learn(s *Symbol) (uint32, book.Fault) {
	text := s.text()
	if len(text) == 0 {
		return 0, book.FaultBadValue
	}
	if in.directory.Len() == len(in.states) {
		return 0, book.FaultDirectoryFull
	}
	id := InstrumentID(text)
	for in.ids.has(id) {
		id = nextID(id)
	}
	if id != InstrumentID(text) {
		in.collisions++
	}
	in.ids.add(id)
	return in.directory.Add(s.key(), id, book.MakeSymbol(text)), book.FaultNone
}

// concerns says whose book a refused message of the types in changing would have changed. Symbols stand at one place in
// every message; what is no symbol, or none that is known, is nobody's, and the whole channel is doubtful.
func (in *instruments) concerns(changing string, msg []byte, fault book.Fault) (uint32, bool) {
	const symbolAt, symbolEnd = 10, 18 // behind type, flags and timestamp
	switch {
	case len(msg) == 0:
		return 0, true // any message may have stood here
	case strings.IndexByte(changing, msg[0]) < 0, fault == book.FaultDirectoryFull:
		return 0, false
	case len(msg) < symbolEnd:
		return 0, true
	}
	return in.directory.Lookup((*Symbol)(msg[symbolAt:symbolEnd]).key()), true
}

// text is the symbol without its padding; empty when the bytes are no symbol: printable characters, then blanks.
// Refusing others keeps noise out of the directory and makes symbol and key one to one.
func (s *Symbol) text() []byte {
	n := len(s)
	for n > 0 && s[n-1] == ' ' {
		n--
	}
	for _, c := range s[:n] {
		if c <= ' ' || c > '~' {
			return nil
		}
	}
	return s[:n]
}

// Directory is the channel's instruments.
func (in *instruments) Directory() *book.Directory { return in.directory }

// Collisions is how many symbols did not get the id of their hash because another symbol had it.
func (in *instruments) Collisions() uint64 { return in.collisions }
