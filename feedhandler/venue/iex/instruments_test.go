package iex

import (
	"testing"

	"wirebook/book"
)

// Published ids do not depend on the moment of joining: any first message, any order.
func TestIDsStable(t *testing.T) {
	names := []string{"A", "AA-", "ZIEXT", "ZXIET", "BRK.B", "ABCDEFGH"}
	ids := map[string]uint32{}
	for turn := range names {
		d := NewDEEPPlus(len(names))
		for i := range names {
			name := names[(i+turn)%len(names)]
			decode(t, d, wire('C', &ClearBook{char(' '), ts(testTime), sym(name)}))
			entry := d.Directory().At(d.Directory().Lookup(uint64Key(name)))
			if entry.Symbol.String() != name || entry.ID == 0 || entry.ID > idMax {
				t.Fatalf("%s: %+v", name, *entry)
			}
			if turn > 0 && ids[name] != entry.ID {
				t.Errorf("%s: id %d, before %d", name, entry.ID, ids[name])
			}
			ids[name] = entry.ID
		}
	}
	// FNV-1a of "a" is 0xe40c292c; folded to 31 bits.
	if got := InstrumentID([]byte("a")); got != 0x640c292c^1 {
		t.Errorf("id of a is %#x", got)
	}
}

func uint64Key(name string) uint64 { s := sym(name); return s.key() }

// A taken id makes the next free one, counted.
func TestIDCollision(t *testing.T) {
	d := NewDEEP(4)
	id := InstrumentID([]byte("MSFT"))
	d.ids.add(id)
	d.ids.add(id + 1)
	decode(t, d, wire('E', &SecurityEvent{char('O'), ts(testTime), sym("MSFT")}))
	if got := d.Directory().At(1).ID; got != id+2 || d.Collisions() != 1 {
		t.Errorf("id %d after %d, %d collisions", got, id, d.Collisions())
	}
	if nextID(idMax) != 1 {
		t.Error("ids do not wrap to 1")
	}
}

// A full directory and bytes that are no symbol are faults that leave everything as it was.
func TestSymbolsRefused(t *testing.T) {
	d := NewTOPS(TOPS16, 2)
	event := func(s Symbol) (book.Fault, int) {
		b := newBatch()
		return d.Decode(b, wire('E', &SecurityEvent{char('O'), ts(testTime), s})), len(b.Events)
	}
	for _, s := range []Symbol{{}, sym(""), sym(" A"), sym("A B"), sym("A\x00"), sym("A\x80"), sym("A\n")} {
		if fault, n := event(s); fault != book.FaultBadValue || n != 0 || d.Directory().Len() != 1 {
			t.Errorf("%q: %v, %d events, directory %d", s, fault, n, d.Directory().Len())
		}
	}
	for i, want := range []book.Fault{book.FaultNone, book.FaultNone, book.FaultDirectoryFull, book.FaultNone} {
		name := []string{"A", "B", "C", "A"}[i]
		if fault, _ := event(sym(name)); fault != want {
			t.Errorf("%s: %v, expected %v", name, fault, want)
		}
	}
}
