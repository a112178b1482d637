package live

import "testing"

// TestDropsForWantOfRoom: sockets are looked at first, the kernel's reasons after, and what came between is told at the next look.
func TestDropsForWantOfRoom(t *testing.T) {
	var r refusals
	for i, c := range []struct {
		fresh, dropped uint64 // without room on this host; by our sockets, wrong checksums among them
		counted        uint64 // of those as want of room
	}{
		{0, 5, 0},     // checksums
		{7, 7, 7},     // room
		{7, 10, 7},    // both
		{4, 0, 0},     // another program's, or ours between the looks
		{0, 4, 4},     // they were ours
		{9, 0, 0},     // another program's
		{0, 0, 0},     // nobody has told of them since
		{0, 9, 0},     // so these are checksums
		{3, 5, 3},     //
		{2, 1, 1},     //
		{5, 6, 6},     // one of the look before
		{0, 100, 0},   //
		{100, 50, 50}, //
	} {
		r.fresh = c.fresh
		room := r.left + r.fresh
		n := min(c.dropped, room)
		r.took(n)
		if n != c.counted {
			t.Errorf("look %d: %d of %d drops counted as want of room, want %d", i, n, c.dropped, c.counted)
		}
	}
}
