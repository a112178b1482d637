package replay

import (
	"testing"

	"wirebook/book"
	"wirebook/shm"
)

type itchExpect struct {
	Messages uint64            `json:"messages"`
	Lost     [][2]uint64       `json:"abgap_lost"`
	Bids     [][3]int64        `json:"bids"`
	Asks     [][3]int64        `json:"asks"`
	Orders   map[string][3]any `json:"orders"`
}

func derived(t *testing.T, kind string) string {
	return captureFile(t, "nasdaq-itch50", "derived", "es20231225.part1."+kind)
}

func TestDerivedLinesGiveTheCleanContent(t *testing.T) {
	var want itchExpect
	readJSON(t, derived(t, "expect.json"), &want)
	r, clean := run(t, "nasdaq.itch50", nil, "", derived(t, "clean.pcap.gz"))
	if clean.Messages != want.Messages || len(clean.Gaps) != 0 {
		t.Fatalf("clean: %d messages and gaps %v, want %d and none", clean.Messages, clean.Gaps, want.Messages)
	}
	checkLevels(t, r, want)
	_, ab := run(t, "nasdaq.itch50", nil, "", derived(t, "ab.pcap.gz"))
	sameContent(t, "A and B", ab, clean)
	healed := 0
	for _, g := range ab.Gaps {
		if !g.Healed {
			t.Errorf("A and B lost %+v, which one line had", g)
		} else {
			healed++
		}
	}
	if healed == 0 {
		t.Error("no gap was healed, though each line lost packets")
	}
}

func checkLevels(t *testing.T, r *Replay, want itchExpect) {
	t.Helper()
	books := r.Pipe.Channels()[0].Books()
	orders := 0
	for side, levels := range map[book.Side][][3]int64{book.Bid: want.Bids, book.Ask: want.Asks} {
		var got [][3]int64
		books.Orders(1, side, func(price int64, _, qty uint64) bool {
			orders++
			if n := len(got); n == 0 || got[n-1][0] != price/100_000 {
				got = append(got, [3]int64{price / 100_000})
			}
			got[len(got)-1][1] += int64(qty)
			got[len(got)-1][2]++
			return true
		})
		if len(got) != len(levels) || len(got) == 0 {
			t.Fatalf("side %c has %d levels, want %d", side, len(got), len(levels))
		}
		for i := range got {
			if got[i] != levels[i] {
				t.Fatalf("side %c level %d is %v, want %v", side, i, got[i], levels[i])
			}
		}
	}
	if orders != len(want.Orders) {
		t.Fatalf("%d orders left, want %d", orders, len(want.Orders))
	}
}

func TestDerivedDoubleLossIsExact(t *testing.T) {
	var want itchExpect
	readJSON(t, derived(t, "expect.json"), &want)
	var clean, gapped collector
	run(t, "nasdaq.itch50", &clean, "", derived(t, "clean.pcap.gz"))
	_, s := run(t, "nasdaq.itch50", &gapped, "", derived(t, "abgap.pcap.gz"))
	var lost [][2]uint64
	for _, g := range s.Gaps {
		if !g.Healed {
			lost = append(lost, [2]uint64{g.First, g.Count})
		}
	}
	if len(lost) != len(want.Lost) {
		t.Fatalf("lost %v, want %v", lost, want.Lost)
	}
	for i := range lost {
		if lost[i] != want.Lost[i] {
			t.Fatalf("lost %v, want %v", lost, want.Lost)
		}
	}
	neverInvented(t, &clean, &gapped, uint32(want.Lost[0][0]))
}

// neverInvented checks that with losses every order record is one of the clean run's: the same order and action at the
// same sequence. What may differ is what a lost message would have told: the MAYBE_BAD_BOOK flag, which every record
// after the first loss must carry, and which part of an order was left to take off.
func neverInvented(t *testing.T, clean, gapped *collector, firstLost uint32) {
	t.Helper()
	type key struct {
		sequence uint32
		action   uint8
		order    uint64
		price    int64
	}
	known := map[key]uint8{} // flags in the clean run, where a crossed book is flagged too
	for _, r := range clean.mbo {
		known[key{r.Sequence, r.Action, r.OrderID, r.Price}] = r.Flags | 1
	}
	for _, r := range gapped.mbo {
		flags := known[key{r.Sequence, r.Action, r.OrderID, r.Price}]
		if flags == 0 {
			t.Fatalf("record %+v is not in the clean run", r)
		}
		if flagged := r.Flags&shm.FlagMaybeBadBook != 0; flagged != (r.Sequence > firstLost || flags&shm.FlagMaybeBadBook != 0) {
			t.Fatalf("record of sequence %d: MAYBE_BAD_BOOK is %v, first loss at %d", r.Sequence, flagged, firstLost)
		}
	}
	if len(gapped.mbo) == 0 || len(gapped.mbo) >= len(clean.mbo) {
		t.Fatalf("%d records of %d although messages were lost", len(gapped.mbo), len(clean.mbo))
	}
}

func TestArtificialDay(t *testing.T) {
	var want struct {
		Open   int               `json:"open_orders"`
		Orders map[string][4]any `json:"orders"`
	}
	readJSON(t, captureFile(t, "nasdaq-itch50", "artificial", "ritch.part1.book.json"), &want)
	r, s := run(t, "nasdaq.itch50", nil, "", captureFile(t, "nasdaq-itch50", "artificial", "ritch.part1.itch50"))
	if s.Messages != 6000 {
		t.Fatalf("%d messages, want 6000", s.Messages)
	}
	ch := r.Pipe.Channels()[0]
	got := map[uint64][4]any{}
	for i := 1; i < ch.Directory().Len(); i++ {
		for _, side := range []book.Side{book.Bid, book.Ask} {
			name := map[book.Side]string{book.Bid: "B", book.Ask: "S"}[side]
			ch.Books().Orders(uint32(i), side, func(price int64, id, qty uint64) bool {
				got[id] = [4]any{ch.Directory().At(uint32(i)).Symbol.String(), name, float64(price / 100_000), float64(qty)}
				return true
			})
		}
	}
	if len(got) != want.Open || len(got) != len(want.Orders) {
		t.Fatalf("%d orders left, want %d", len(got), want.Open)
	}
	for id, w := range want.Orders {
		var n uint64
		for _, c := range id {
			n = n*10 + uint64(c-'0')
		}
		if got[n] != w {
			t.Errorf("order %s is %v, want %v", id, got[n], w)
		}
	}
}
