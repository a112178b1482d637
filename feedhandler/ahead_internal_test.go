package feedhandler

import (
	"math/rand/v2"
	"slices"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// everyRecord keeps the records of each schema.
type everyRecord [shm.SchemaCount][]string

func (r *everyRecord) Record(s shm.Schema, body []byte, _ uint64) { r[s] = append(r[s], string(body)) }

// TestToldAheadOrNot: batches of events as no simulator makes them (incomplete venue events, unknown and repeated orders, books
// that cross, full tables) give every schema the same records, told ahead or not.
func TestToldAheadOrNot(t *testing.T) {
	for seed := range uint64(40) {
		flow := func(ahead bool) (records everyRecord) {
			books := [3]book.Config{{}, {MaxOrders: 60}, {MaxLevels: 20}}[seed%3]
			p, err := New(Config{Channels: []ChannelConfig{{
				Name: "flow", Feed: venue.Find("nasdaq.itch50"), Lines: []LineConfig{{Name: "A", Group: 1, Port: 1}},
				Options: venue.Options{MaxInstruments: 3}, Books: books, Output: Output{Tap: &records, TapSchemas: AllSchemas},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			a := &p.Channels()[0].applier
			a.ahead = a.ahead && ahead
			rng := rand.New(rand.NewPCG(seed, 5))
			id := uint64(0)
			for range 400 {
				b := book.NewBatch(2 * aheadEvents)
				b.Packets = append(b.Packets, book.Packet{TsRecv: 5}, book.Packet{TsRecv: 9})
				for i, n := 0, 1+rng.IntN(aheadEvents); i < n; i++ {
					id++
					e := book.Event{Kind: book.KindAdd, OrderID: id, Instrument: 1 + uint32(rng.IntN(3)), Qty: 1 + uint64(rng.IntN(5)),
						Side: book.Bid, Price: 100 - int64(rng.IntN(16)), Seq: uint32(id), Packet: uint16(i * 2 / (n + 1))}
					if rng.IntN(2) == 0 {
						e.Side, e.Price = book.Ask, 101+int64(rng.IntN(16))
					}
					if rng.IntN(60) == 0 {
						e.Price = 100
					}
					if rng.IntN(6) != 0 || seed%2 == 0 {
						e.Flags = book.FlagLast
					}
					old := id - uint64(rng.IntN(min(int(id), 60)))
					kinds := [...]book.Kind{book.KindDelete, book.KindDelete, book.KindDelete, book.KindReduce, book.KindExecute,
						book.KindExecuteAt, book.KindModify, book.KindNone, book.KindTrade, book.KindStale, book.KindRebuilt}
					switch k := rng.IntN(26); {
					case k < len(kinds):
						e.Kind, e.OrderID = kinds[k], old
					case k == len(kinds):
						e.Kind, e.Ref = book.KindReplace, old
					}
					if rng.IntN(300) == 0 {
						e.Kind = book.KindClear
					}
					if e.Kind != book.KindAdd && e.Kind < book.KindLevelSet && rng.IntN(3) > 0 {
						e.Instrument = 0
					}
					b.Events = append(b.Events, e)
				}
				a.apply(b)
			}
			return records
		}
		ahead, plain := flow(true), flow(false)
		for s := range ahead {
			if !slices.Equal(ahead[s], plain[s]) {
				t.Errorf("seed %d: %s: %d records when told ahead, %d when not, or others", seed, shm.Schema(s), len(ahead[s]), len(plain[s]))
			}
		}
		if len(plain[shm.SchemaMBO]) < 100 || len(plain[shm.SchemaMBP10]) < 100 {
			t.Errorf("seed %d: too few records", seed)
		}
	}
}
