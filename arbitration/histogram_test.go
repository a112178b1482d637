package arbitration

import "testing"

// TestHistogramSteps: what a percentile says is never below what was counted, and less than a tenth above it.
func TestHistogramSteps(t *testing.T) {
	for ns := uint64(0); ns < 1<<(LagOctaves-1); ns += ns/37 + 1 {
		var h Histogram
		h.add(ns)
		h.add(1 << (LagOctaves - 1))
		if got := h.Percentile(0.5); got < ns || got-ns > ns/10 {
			t.Fatalf("%d ns is shown as %d", ns, got)
		}
		octaves := h.Octaves()
		for i, n := range octaves[:LagOctaves-1] {
			if inside := ns>>i == 1 || i == 0 && ns == 0; inside != (n == 1) {
				t.Fatalf("%d ns: power %d counts %d", ns, i, n)
			}
		}
	}
}

// TestHistogramTellsOneValue: where all lags are one, every percentile is that one.
func TestHistogramTellsOneValue(t *testing.T) {
	var h Histogram
	if h.Percentile(0.5) != 0 || h.Percentile(1) != 0 {
		t.Fatal("nothing counted has a lag")
	}
	for range 1000 {
		h.add(275)
	}
	if h.Max != 275 || h.Sum != 275_000 {
		t.Errorf("longest %d, sum %d", h.Max, h.Sum)
	}
	for _, p := range []float64{0, 0.5, 0.9, 0.99, 0.999, 1} {
		if got := h.Percentile(p); got != 275 {
			t.Errorf("percentile %g of 275 is %d", p, got)
		}
	}
	h.add(1 << 60)
	if got := h.Percentile(1); got != 1<<60 || h.Max != 1<<60 {
		t.Errorf("the longest is %d", got)
	}
	octaves := h.Octaves()
	if octaves[8] != 1000 || octaves[LagOctaves-1] != 1 {
		t.Errorf("in powers of two: %v", octaves)
	}
}
