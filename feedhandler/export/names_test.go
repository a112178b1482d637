package export

import (
	"slices"
	"testing"
)

// A day has one name: the last that a message gave. What was named otherwise that day is counted; a number is no name.
func TestIntervalsOfNames(t *testing.T) {
	const noon = dayNS / 2
	h := &history{}
	for _, c := range []struct {
		day     uint64
		name    string
		unnamed bool
		records int
	}{
		{10, "#7", true, 3}, {10, "AAPL", false, 5}, {12, "AAPL", false, 1}, {12, "ZVZZT", false, 4}, {13, "#7", true, 2}, {13, "ZVZZT", false, 1}, {20, "MSFT", false, 1},
	} {
		for range c.records {
			h.note(c.day*dayNS+noon, &named{symbol: c.name, unnamed: c.unnamed})
		}
	}
	list, misnamed := h.mappings(nil, 7)
	want := []Mapping{
		{Symbol: "AAPL", ID: 7, To: 12 * dayNS}, {Symbol: "ZVZZT", ID: 7, From: 12 * dayNS, To: 20 * dayNS}, {Symbol: "MSFT", ID: 7, From: 20 * dayNS},
	}
	if !slices.Equal(list, want) || misnamed != 1 {
		t.Errorf("%+v, %d misnamed; want %+v, 1", list, misnamed, want)
	}
}
