package feedhandler_test

import (
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// lastComplete is a reader's replay of the mbp-10 ring: the newest record of every instrument that closed an event.
type lastComplete map[uint32]shm.MBP10

func (l lastComplete) Record(_ shm.Schema, body []byte, _ uint64) {
	if r := *shm.View[shm.MBP10](body); r.Flags&shm.FlagLast != 0 {
		l[r.InstrumentID] = r
	}
}

// latestTable makes a table of 64 places and returns its two ends.
func latestTable(t *testing.T) (*shm.LatestWriter, *shm.LatestReader) {
	t.Helper()
	mem := asBytes(make([]uint64, shm.LatestBytes(64)/8))
	writer, err := shm.NewLatestWriter(mem, 64, shm.SchemaMBP10, 1)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := shm.NewLatestReader(mem)
	if err != nil {
		t.Fatal(err)
	}
	return writer, reader
}

// TestLatestEqualsTheRingsReplay holds for lossy days too: only the suspect flag may be newer in the table, because a
// gap marks books that nothing arrives for.
func TestLatestEqualsTheRingsReplay(t *testing.T) {
	flagged := 0
	for _, encoding := range sim.Encodings {
		for seed := uint64(1); seed <= 30; seed++ {
			replayed := lastComplete{}
			writer, reader := latestTable(t)
			p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
				Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines,
				Options: venue.Options{MaxInstruments: 63}, Books: book.Config{MaxOrders: 1 << 12, MaxLevels: 1 << 10},
				Output: feedhandler.Output{
					Latest: writer, Instruments: identity{}, Tap: replayed, TapSchemas: feedhandler.Schemas(shm.SchemaMBP10),
				},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			w := impaired(seed)
			w.Merged = into(p)
			day(t, encoding, seed, w, nil)
			p.End()
			dir := p.Channels()[0].Directory()
			found := 0
			for i := 1; i < dir.Len(); i++ {
				var got shm.MBP10
				_, ok := reader.Read(uint32(i), &got)
				want, published := replayed[dir.At(uint32(i)).ID]
				if ok != published {
					t.Fatalf("%s seed %d instrument %d: in the table %v, in the ring %v", encoding, seed, i, ok, published)
				}
				if got.Flags != want.Flags {
					want.Flags |= shm.FlagMaybeBadBook
					flagged++
				}
				if got != want {
					t.Fatalf("%s seed %d instrument %d: table\n%+v, ring\n%+v", encoding, seed, i, got, want)
				}
				if ok {
					found++
				}
			}
			if found == 0 {
				t.Fatalf("%s seed %d: no instrument has a latest book", encoding, seed)
			}
		}
	}
	if flagged == 0 {
		t.Error("no gap ever marked a quiet book")
	}
}
