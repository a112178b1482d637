package book

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPool keeps runs of numbers beside plain slices, in a pool too small for all of them: blocks are split, reused and
// refused, and no run ever sees another's entries.
func TestPool(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 11))
		p := newPool[int](1, 60, nil)
		runs := make([]run, 12)
		want := make([][]int, len(runs))
		refused, split := 0, 0
		for step := range 20000 {
			i := rng.IntN(len(runs))
			if phase := step / 1000 % 2; rng.IntN(10) < 4+3*phase || len(want[i]) == 0 {
				at := rng.IntN(len(want[i]) + 1)
				freeBefore := p.free
				next := p.next
				if !p.insert(&runs[i], at) {
					refused++
					continue
				}
				if p.next == next && freeBefore != p.free {
					split++
				}
				p.entries(runs[i])[at] = step
				want[i] = slices.Insert(want[i], at, step)
			} else {
				at := rng.IntN(len(want[i]))
				p.remove(&runs[i], at)
				want[i] = slices.Delete(want[i], at, at+1)
			}
			if !slices.Equal(p.entries(runs[i]), want[i]) {
				t.Fatalf("step %d: %v, want %v", step, p.entries(runs[i]), want[i])
			}
		}
		used := uint32(1)
		for _, r := range runs {
			used += blocks(r)
		}
		if used += freeBlocks(&p); used != p.next {
			t.Fatalf("%d blocks accounted for, of %d", used, p.next)
		}
		if refused == 0 || split == 0 {
			t.Errorf("the pool was never full (%d) or no block was reused (%d): this test shows nothing", refused, split)
		}
		for i := range runs {
			p.cut(&runs[i], 0)
		}
		p.reset()
		if b := p.get(0); b != 1 {
			t.Errorf("first block after a reset is %d", b)
		}
	}
}
