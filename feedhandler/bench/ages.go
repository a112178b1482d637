package bench

import (
	"math/bits"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// agePlaces is how many places in a packet have percentiles of their own: the first, second, fourth, …
const agePlaces = 5

// ages is how old records were when a reader saw them, all of them and by their place in their packet. Records of a packet
// are those that were due at one time: a packet that shares its time with another one has no messages.
type ages struct {
	all    *hdr.Histogram
	places [agePlaces]*hdr.Histogram
	due    uint64 // when the packet of the newest record was
	place  int    // of that record in it, from 1; past all that are told where the packet's first records were missed
	torn   bool   // records were missed since
}

// newAges makes histograms of which no page is new when the clock runs.
func newAges() *ages {
	a := &ages{all: newHistogram()}
	for i := range a.places {
		a.places[i] = newHistogram()
	}
	for _, h := range append(a.places[:], a.all) {
		for v := int64(1); v < h.HighestTrackableValue(); v += v>>8 + 1 {
			_ = h.RecordValue(v)
		}
		h.Reset()
	}
	return a
}

// seen notes the next record: when it was due, and its age in ns.
func (a *ages) seen(due, ns uint64) {
	_ = a.all.RecordValue(int64(ns * tenths))
	if a.place++; due != a.due || a.torn {
		a.due, a.place = due, 1
		if a.torn {
			a.place, a.torn = 1<<agePlaces, false
		}
	}
	if a.place&(a.place-1) == 0 && a.place < 1<<agePlaces {
		_ = a.places[bits.TrailingZeros(uint(a.place))].RecordValue(int64(ns * tenths))
	}
}

// missed says that records were lost: what comes next may be in the middle of its packet.
func (a *ages) missed() { a.torn = true }

// told returns the places that records had.
func (a *ages) told() (list []Place) {
	for i, h := range a.places {
		if h.TotalCount() > 0 {
			list = append(list, Place{Place: 1 << i, Records: uint64(h.TotalCount()), P50: quantile(h, 50), P99: quantile(h, 99)})
		}
	}
	return list
}
