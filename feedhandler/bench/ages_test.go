package bench

import "testing"

// TestAgesByPlace: packets of 1, 3, 8 and 40 records, and two of which the reader missed some.
func TestAgesByPlace(t *testing.T) {
	a := newAges()
	if n := a.all.TotalCount(); n != 0 || len(a.told()) != 0 {
		t.Fatalf("%d records and %v before the first", n, a.told())
	}
	due := uint64(1000)
	packet := func(records int) {
		due += 1000
		for place := 1; place <= records; place++ {
			a.seen(due, uint64(100*place))
		}
	}
	for _, n := range []int{1, 3, 8, 40} {
		packet(n)
	}
	a.seen(due, 5000) // the 41st
	a.missed()
	a.seen(due, 5000) // further on in the same packet
	a.seen(due, 5000)
	a.missed()
	packet(9) // of another one: nobody knows which of its records came first
	packet(2)
	if n := a.all.TotalCount(); n != 1+3+8+40+3+9+2 {
		t.Errorf("%d records", n)
	}
	want := []Place{{1, 5, 100, 100}, {2, 4, 200, 200}, {4, 2, 400, 400}, {8, 2, 800, 800}, {16, 1, 1600, 1600}}
	got := a.told()
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i, w := range want {
		g := got[i]
		if g.Place != w.Place || g.Records != w.Records || g.P50 < w.P50*0.99 || g.P50 > w.P50*1.01 || g.P99 < w.P99*0.99 || g.P99 > w.P99*1.01 {
			t.Errorf("got %v, want %v", g, w)
		}
	}
}
