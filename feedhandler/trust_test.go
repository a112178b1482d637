package feedhandler_test

import (
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// flagCount counts records by schema, and those that say MAYBE_BAD_BOOK.
type flagCount struct{ all, bad [shm.SchemaCount]int }

func (f *flagCount) Record(s shm.Schema, body []byte, _ uint64) {
	var flags uint8
	switch s {
	case shm.SchemaMBO:
		flags = shm.View[shm.MBO](body).Flags
	case shm.SchemaMBP1:
		flags = shm.View[shm.MBP1](body).Flags
	case shm.SchemaMBP10:
		flags = shm.View[shm.MBP10](body).Flags
	default:
		return
	}
	f.all[s]++
	if flags&shm.FlagMaybeBadBook != 0 {
		f.bad[s]++
	}
}

func trustDay(t *testing.T, encoding sim.Encoding, books book.Config, drop []sim.Range) (*feedhandler.Pipeline, *flagCount) {
	t.Helper()
	var count flagCount
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
		Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines[:1],
		Options: venue.Options{MaxInstruments: 64}, Books: books,
		Output: feedhandler.Output{Tap: &count, TapSchemas: feedhandler.AllSchemas},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	x, err := sim.New(sim.Config{Seed: 4, Encoding: encoding, Symbols: 3, Messages: 3000, LiveOrders: 200, Rate: 200_000})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Generate(x, sim.WireConfig{Lines: []sim.LineConfig{{Drop: drop}}, Merged: into(p)}, nil, nil); err != nil {
		t.Fatal(err)
	}
	p.End()
	return p, &count
}

// TestALateJoinIsNeverForgiven: a channel joined in mid-session has books that nothing has made whole; another gap, after
// which the numbering shows that an instrument lost nothing more, must not make them so.
func TestALateJoinIsNeverForgiven(t *testing.T) {
	_, count := trustDay(t, sim.MDP3, book.Config{}, []sim.Range{{First: 1, Count: 120}, {First: 300, Count: 2}, {First: 500, Count: 3}})
	for s := shm.SchemaMBO; s <= shm.SchemaMBP10; s++ {
		if count.all[s] == 0 || count.bad[s] != count.all[s] {
			t.Errorf("%s: %d of %d records are flagged", s, count.bad[s], count.all[s])
		}
	}
}

// TestUnaffectedInstrumentsFlowOn: after a gap, an instrument whose own numbering has no hole shows trusted levels
// again, while its orders, which the venue does not number, stay suspect.
func TestUnaffectedInstrumentsFlowOn(t *testing.T) {
	p, count := trustDay(t, sim.MDP3, book.Config{}, []sim.Range{{First: 300, Count: 1}})
	if got := p.Channels()[0].Suspect(); got == 0 || got == 3 {
		t.Errorf("%d of 3 instruments are suspect after one lost packet: want some and not all", got)
	}
	if count.bad[shm.SchemaMBP10] == 0 || count.bad[shm.SchemaMBP10] == count.all[shm.SchemaMBP10] {
		t.Errorf("%d of %d mbp-10 records are flagged", count.bad[shm.SchemaMBP10], count.all[shm.SchemaMBP10])
	}
	if count.bad[shm.SchemaMBO] < count.all[shm.SchemaMBO]/3 {
		t.Errorf("only %d of %d mbo records are flagged although order messages were lost", count.bad[shm.SchemaMBO], count.all[shm.SchemaMBO])
	}
}

// TestAFullTableIsFlagged: a book that could not take every order must not look healthy.
func TestAFullTableIsFlagged(t *testing.T) {
	p, count := trustDay(t, sim.ITCH50, book.Config{MaxOrders: 50, InitialOrders: 50}, nil)
	if p.Channels()[0].Books().Anomalies()[book.AnomalyOrderTableFull] == 0 {
		t.Fatal("the table was never full: the test proves nothing")
	}
	if count.bad[shm.SchemaMBO] == 0 || p.Channels()[0].Suspect() == 0 {
		t.Errorf("%d mbo records flagged, %d instruments suspect", count.bad[shm.SchemaMBO], p.Channels()[0].Suspect())
	}
}

// TestACleanDayIsNotFlagged but where the simulated market itself is crossed or locked, which it never is.
func TestACleanDayIsNotFlagged(t *testing.T) {
	for _, encoding := range sim.Encodings {
		_, count := trustDay(t, encoding, book.Config{}, nil)
		for s := shm.SchemaMBO; s <= shm.SchemaMBP10; s++ {
			if count.bad[s] != 0 {
				t.Errorf("%s: %d of %d %s records are flagged", encoding, count.bad[s], count.all[s], s)
			}
		}
	}
}
