package feedhandler_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// fold is what a reader of the admin ring alone knows of one channel: which books cannot be trusted.
type fold struct {
	rest    uint8
	own     map[uint32]uint8
	counter uint64
	unit    uint64
	kinds   [shm.ApplianceHeartbeat + 1]int
}

func (f *fold) take(t testing.TB, m *shm.Appliance) {
	t.Helper()
	if m.Counter != f.counter+1 {
		t.Fatalf("record %d of the appliance comes after %d", m.Counter, f.counter)
	}
	if m.Unit < f.unit && m.Kind != shm.ApplianceSession {
		t.Fatalf("record %d (%s) stands after unit %d, the one before after %d", m.Counter, shm.ApplianceKindName(m.Kind), m.Unit, f.unit)
	}
	f.counter, f.unit = m.Counter, m.Unit
	f.kinds[m.Kind]++
	books := uint8(m.First)
	switch m.Kind {
	case shm.ApplianceSuspect:
		if m.Reason == 0 {
			t.Fatalf("record %d: suspect without a reason", m.Counter)
		}
		f.turn(m.InstrumentID, func(b uint8) uint8 { return b | books })
	case shm.ApplianceWhole:
		f.turn(m.InstrumentID, func(b uint8) uint8 { return b &^ books })
	}
}

func (f *fold) turn(id uint32, how func(uint8) uint8) {
	if id != 0 {
		f.own[id] = how(f.of(id))
		return
	}
	f.rest = how(f.rest)
	for k, b := range f.own {
		f.own[k] = how(b)
	}
}

func (f *fold) of(id uint32) uint8 {
	if b, ok := f.own[id]; ok {
		return b
	}
	return f.rest
}

// told is a record of a venue: its unit, and whether it says that the book may be bad.
type told struct {
	id, unit uint32
	book     uint8
	bad      bool
	excused  bool // flagged because it shows a crossed or locked book
}

// witness takes records, in the order in which they were made, and holds them against what the admin ring said until then.
type witness struct {
	t      testing.TB
	name   string
	admin  *shm.Reader
	fold   fold
	made   []shm.Appliance
	venue  []told
	bad    int
	state  shm.ChannelState
	ids    map[uint32]uint32 // by index
	index  map[uint32]uint32 // by id
	states map[uint32]shm.InstrumentState
}

func newWitness(t testing.TB, name string, out *feedhandler.Output, slots uint32) *witness {
	rc := shm.RingConfig{Schema: shm.SchemaAdmin, Slots: slots, Epoch: 1}
	mem := asBytes(make([]uint64, shm.RingBytes(rc)/8))
	w := &witness{t: t, name: name, fold: fold{own: map[uint32]uint8{}}, ids: map[uint32]uint32{}, index: map[uint32]uint32{}, states: map[uint32]shm.InstrumentState{}}
	var err error
	if out.Rings[shm.SchemaAdmin], err = shm.NewWriter(mem, rc); err != nil {
		t.Fatal(err)
	}
	if w.admin, err = shm.NewReader(mem); err != nil {
		t.Fatal(err)
	}
	out.Tap, out.TapSchemas, out.Instruments, out.States = w, feedhandler.AllSchemas, w, w
	return w
}

func (w *witness) Instrument(_ int, idx uint32, ins *book.Instrument) (uint32, bool) {
	w.ids[idx], w.index[ins.ID] = ins.ID, idx
	return idx, true
}
func (w *witness) ChannelState(s shm.ChannelState) { w.state = s }
func (w *witness) InstrumentState(idx uint32, s shm.InstrumentState) {
	w.states[idx] = s
}

// drain folds what the admin ring has.
func (w *witness) drain() {
	buf := make([]byte, w.admin.PayloadSize())
	for {
		switch res := w.admin.Next(buf); res {
		case shm.Record:
			if body := w.admin.Body(buf); body[1] == shm.RTypeAppliance {
				m := *shm.View[shm.Appliance](body)
				if unit := binary.LittleEndian.Uint64(buf[shm.SizeDefinition+16:]); unit != m.Unit {
					w.t.Fatalf("%s: the slot says unit %d, the record %d", w.name, unit, m.Unit)
				}
				w.fold.take(w.t, &m)
				w.made = append(w.made, m)
			}
		case shm.Empty:
			return
		default:
			w.t.Fatal(w.name, res)
		}
	}
}

func (w *witness) Record(s shm.Schema, body []byte, _ uint64) {
	if body[1] == shm.RTypeAppliance {
		w.t.Fatal(w.name, "a tap was given a record of the appliance's")
	}
	w.drain()
	if s == shm.SchemaAdmin {
		return
	}
	f, which := fieldsOf(s, body), uint8(shm.BookLevels)
	if s == shm.SchemaMBO {
		which = uint8(shm.BookOrders)
	}
	id := shm.View[shm.Trade](body).InstrumentID
	bad := f.flags&shm.FlagMaybeBadBook != 0
	if bad {
		w.bad++
	}
	excused := bad && w.fold.of(id)&which == 0 && crossed(s, body)
	if bad != (w.fold.of(id)&which != 0) && !excused {
		w.t.Fatalf("%s: record of unit %d, instrument %d in %s: flagged %v, the admin ring says %s suspect", w.name, f.seq, id, s, bad, shm.BooksName(uint32(w.fold.of(id))))
	}
	if bad && !excused {
		// Whoever looks now finds why.
		if idx, ok := w.index[id]; w.state.Reason == 0 && which == uint8(shm.BookLevels) || ok && w.states[idx].Suspect&uint32(which) == 0 {
			w.t.Fatalf("%s: a flagged record of %d is out, and the control file says %v, %v", w.name, id, w.state, w.states[idx])
		}
	}
	if f.action != shm.ActionClear { // which has the number of the last event before it
		w.venue = append(w.venue, told{id, f.seq, which, bad, excused})
	}
}

// crossed says that a record shows a book that is crossed or locked.
func crossed(s shm.Schema, body []byte) bool {
	l := &shm.Level{AskPx: shm.UndefPrice}
	switch s {
	case shm.SchemaMBP1:
		l = &shm.View[shm.MBP1](body).Levels[0]
	case shm.SchemaMBP10:
		l = &shm.View[shm.MBP10](body).Levels[0]
	}
	return l.BidPx != shm.UndefPrice && l.AskPx != shm.UndefPrice && l.BidPx >= l.AskPx
}

// byUnits holds the records against what the appliance's say when only their units are looked at: of each unit in which nothing
// turned for the instrument.
func (w *witness) byUnits() {
	f := fold{own: map[uint32]uint8{}}
	at := 0
	for _, r := range w.venue {
		for ; at < len(w.made) && uint32(w.made[at].Unit) < r.unit; at++ {
			f.counter = w.made[at].Counter - 1
			f.unit = w.made[at].Unit
			f.take(w.t, &w.made[at])
		}
		turns := false
		for k := at; k < len(w.made) && uint32(w.made[k].Unit) == r.unit; k++ {
			m := &w.made[k]
			turns = turns || (m.Kind == shm.ApplianceSuspect || m.Kind == shm.ApplianceWhole) && (m.InstrumentID == 0 || m.InstrumentID == r.id)
		}
		if suspect := f.of(r.id)&r.book != 0; !turns && !r.excused && suspect != r.bad {
			w.t.Fatalf("%s: by units, instrument %d at %d is suspect %v, and the record is flagged %v", w.name, r.id, r.unit, suspect, r.bad)
		}
	}
}

// end compares the states that were stored with the fold.
func (w *witness) end(c *feedhandler.Channel) {
	w.drain()
	gapped := w.fold.rest&uint8(shm.BookLevels) != 0
	for idx, id := range w.ids {
		if int(idx) >= c.Directory().Len() {
			continue
		}
		books, s := w.fold.of(id), w.states[idx]
		want := shm.InstrumentLive
		if books&uint8(shm.BookLevels) != 0 {
			want, gapped = shm.InstrumentGapped, true
		}
		if s.State != want || s.Suspect != uint32(books) || (s.Reason != 0) != (books != 0) {
			w.t.Fatalf("%s: instrument %d stands as %v (%+v), the admin ring says %s suspect", w.name, id, s, s, shm.BooksName(uint32(books)))
		}
	}
	want := shm.ChannelLive
	if gapped {
		want = shm.ChannelGapped
	}
	if w.state.State != want && w.state.State != shm.ChannelStale || w.state != c.State() {
		w.t.Fatalf("%s: the channel stands as %v, the admin ring says gapped %v (%d suspect)", w.name, w.state, gapped, c.Suspect())
	}
	if w.fold.counter != c.ApplianceRecords() {
		w.t.Fatalf("%s: %d records of the appliance's were read, %d made", w.name, w.fold.counter, c.ApplianceRecords())
	}
}

// watched is a channel of a simulated feed with a witness.
func watched(t testing.TB, encoding sim.Encoding, books book.Config) (*feedhandler.Pipeline, *witness) {
	t.Helper()
	cfg := feedhandler.ChannelConfig{
		Name: string(encoding), PublisherID: 1, Feed: venue.Find(feedOf[encoding]), Lines: simLines,
		Options: venue.Options{MaxInstruments: 64}, Books: books,
	}
	w := newWitness(t, string(encoding), &cfg.Output, 1<<12)
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{cfg}})
	if err != nil {
		t.Fatal(err)
	}
	return p, w
}

// TestTheAdminRingTellsWhichBooksAreWhole: under losses, from whatever packet on, the appliance's own records say of every record
// of a venue whether its book was suspect there, and the states that are stored say the same at the end.
func TestTheAdminRingTellsWhichBooksAreWhole(t *testing.T) {
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			var sum fold
			bad, all := 0, 0
			for seed := uint64(1); seed <= seeds(t); seed++ {
				books := book.Config{MaxOrders: 1 << 14, MaxLevels: 1 << 12, InitialOrders: 1 << 10}
				if seed%5 == 0 {
					books.MaxOrders, books.InitialOrders = 30, 30 // full tables: messages that do not fit
				}
				p, w := watched(t, encoding, books)
				w.name = fmt.Sprintf("%s seed %d", encoding, seed)
				wire := impaired(seed)
				wire.Merged = into(p)
				day(t, encoding, seed, wire, nil)
				if seed%7 == 0 {
					p.Flush()
					p.Abandon()
				}
				p.End()
				w.end(p.Channels()[0])
				w.byUnits()
				for k, n := range w.fold.kinds {
					sum.kinds[k] += n
				}
				bad, all = bad+w.bad, all+len(w.venue)
				st := p.Channels()[0].Arbitration()
				if n := w.fold.kinds[shm.ApplianceGap]; uint64(n) != st.Declared {
					t.Fatalf("%s: %d records of gaps, %d were declared", w.name, n, st.Declared)
				}
			}
			t.Logf("%d of %d records flagged; gap, epoch, session, suspect, whole, heartbeat: %v", bad, all, sum.kinds[1:])
			if bad == 0 || bad == all || sum.kinds[shm.ApplianceSuspect] == 0 || sum.kinds[shm.ApplianceWhole] == 0 {
				t.Error("the test proves nothing")
			}
		})
	}
}
