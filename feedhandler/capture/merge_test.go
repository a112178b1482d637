package capture

import (
	"encoding/binary"
	"math/rand/v2"
	"sort"
	"testing"
)

// Merging equals a stable sort of all packets, for files that are in order themselves.
func TestMergeIsAStableSort(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 7))
		var paths []string
		var want []rec
		for f := range 1 + rng.IntN(9) {
			recs := samples(rng.IntN(40), 1_000_000_000, 0)
			ts := uint64(1_000_000_000)
			for i := range recs {
				ts += rng.Uint64N(3) // many ties
				recs[i].ts, recs[i].file = ts, f
			}
			want = append(want, recs...)
			b := pcapBytes(binary.LittleEndian, pcapNano, recs)
			if rng.IntN(4) == 0 {
				b = gzipped(t, b)
			}
			paths = append(paths, write(t, "x", b))
		}
		sort.SliceStable(want, func(i, j int) bool { return want[i].ts < want[j].ts })
		got, warnings, _, err := readAll(t, Options{}, paths...)
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
		same(t, got, want)
	}
}

// Order inside a file is never changed, even where its times go back.
func TestMergeKeepsFileOrder(t *testing.T) {
	a := samples(4, startNS, 10)
	a[2].ts -= 15 // before a[1]
	b := samples(4, startNS+5, 10)
	for i := range b {
		b[i].file = 1
	}
	got, warnings, files, err := readAll(t, Options{},
		write(t, "a", pcapBytes(binary.LittleEndian, pcapNano, a)), write(t, "b", pcapBytes(binary.LittleEndian, pcapNano, b)))
	if err != nil {
		t.Fatal(err)
	}
	oneTrouble(t, warnings, TimeBackwards)
	same(t, got, []rec{a[0], b[0], a[1], a[2], b[1], b[2], a[3], b[3]})
	if files[0].Packets != 4 || files[1].Packets != 4 || files[0].Troubles["time_backwards"] != 1 {
		t.Errorf("files %+v", files)
	}
}

// One damaged file among several ends, the others go on.
func TestMergeGoesOnWithoutADamagedFile(t *testing.T) {
	a, b := samples(5, startNS, 10), samples(5, startNS+1, 10)
	for i := range b {
		b[i].file = 1
	}
	cut := pcapBytes(binary.LittleEndian, pcapNano, a)
	got, warnings, _, err := readAll(t, Options{}, write(t, "a", cut[:len(cut)-1]), write(t, "b", pcapBytes(binary.LittleEndian, pcapNano, b)))
	if err != nil {
		t.Fatal(err)
	}
	oneTrouble(t, warnings, CutShort)
	same(t, got, []rec{a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3], b[4]})
}
