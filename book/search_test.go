package book

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

// TestSearch compares the searches without branches with the library's, for every rank there is, beside each and at both
// ends: among a side's entries, and among the rungs of a ladder, bids and asks.
func TestSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range 601 {
		ranks := map[rank]bool{}
		for len(ranks) < n {
			if n%2 == 0 {
				ranks[rank(rng.Uint64())] = true
			} else {
				ranks[rank(1000+rng.IntN(2*n))] = true // neighbours
			}
		}
		es := make([]entry, 0, n)
		asked := []rank{0, 1, math.MaxUint64}
		for r := range ranks {
			es = append(es, entry{rank: r})
			asked = append(asked, r-1, r, r+1)
		}
		slices.SortFunc(es, func(a, b entry) int { return less(b.rank, a.rank) - less(a.rank, b.rank) })
		var ladder [2][]Level
		for si := range ladder {
			for i := range es {
				ladder[si] = append(ladder[si], Level{Price: es[i].rank.price(uint32(si))})
			}
		}
		for _, r := range asked {
			want := sort.Search(n, func(i int) bool { return es[i].rank >= r })
			if at, found := search(es, r); at != want || found != ranks[r] {
				t.Fatalf("%d entries: %d is at %d (%v), want %d (%v)", n, r, at, found, want, ranks[r])
			}
			for si := range uint32(2) {
				if at, found := searchRungs(ladder[si], si, r.price(si)); at != want || found != ranks[r] {
					t.Fatalf("%d rungs of side %d: %d is at %d (%v), want %d (%v)", n, si, r, at, found, want, ranks[r])
				}
			}
		}
	}
}

// TestRank: a better price has a larger rank, a rank gives its price back, and only what is no price has rank 0.
func TestRank(t *testing.T) {
	prices := []int64{math.MinInt64, math.MinInt64 + 1, -PriceScale, -1, 0, 1, PriceScale, math.MaxInt64 - 1, math.MaxInt64}
	for i, p := range prices {
		if edge := i == 0 || i == len(prices)-1; noPrice(p) != edge {
			t.Errorf("noPrice(%d) is %v", p, !edge)
		}
		for si := range uint32(2) {
			if got := rankOf(si, p).price(si); got != p {
				t.Errorf("side %d: price %d comes back as %d", si, p, got)
			}
			if rankOf(si, p) == 0 && !noPrice(p) {
				t.Errorf("side %d: price %d has the rank of none", si, p)
			}
		}
		for _, q := range prices {
			if (rankOf(0, p) > rankOf(0, q)) != (p > q) || (rankOf(1, p) > rankOf(1, q)) != (p < q) {
				t.Errorf("ranks of %d and %d", p, q)
			}
			if noPrice(p) || noPrice(q) {
				continue
			}
			bid, ask := side{rank: rankOf(0, p)}, side{rank: rankOf(1, q)}
			if crossed(&bid, &ask) != (p >= q) {
				t.Errorf("bid %d, ask %d: crossed is %v", p, q, p < q)
			}
			if crossed(&side{}, &ask) || crossed(&bid, &side{}) || crossed(&side{}, &side{}) {
				t.Errorf("an empty side beside %d or %d crosses", p, q)
			}
		}
	}
}
