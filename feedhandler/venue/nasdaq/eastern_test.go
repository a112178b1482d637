package nasdaq

import (
	"testing"
	"time"
	_ "time/tzdata" // the test must not depend on the machine's zone files
)

func newYork(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestEasternMidnightTable(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"2023-08-22T13:30:00Z", "2023-08-22T04:00:00Z"}, // summer
		{"2023-12-26T14:30:00Z", "2023-12-26T05:00:00Z"}, // winter
		{"2023-08-23T03:59:59Z", "2023-08-22T04:00:00Z"}, // still the day before in New York
		{"2023-08-23T04:00:00Z", "2023-08-23T04:00:00Z"},
		{"2024-03-10T06:59:59Z", "2024-03-10T05:00:00Z"}, // the day daylight time starts
		{"2024-03-10T07:00:00Z", "2024-03-10T05:00:00Z"},
		{"2024-03-11T03:59:59Z", "2024-03-10T05:00:00Z"}, // 23 hours long
		{"2024-11-03T05:59:59Z", "2024-11-03T04:00:00Z"}, // the day it ends
		{"2024-11-04T04:59:59Z", "2024-11-03T04:00:00Z"}, // 25 hours long
		{"2006-03-20T15:00:00Z", "2006-03-20T05:00:00Z"}, // the older rule: still winter
		{"2006-10-31T15:00:00Z", "2006-10-31T05:00:00Z"},
		{"2007-03-20T15:00:00Z", "2007-03-20T04:00:00Z"}, // the newer one: summer
		{"2025-01-01T04:59:59Z", "2024-12-31T05:00:00Z"}, // the year turns
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		want, _ := time.Parse(time.RFC3339, c.want)
		if got := easternMidnight(uint64(at.UnixNano())); got != uint64(want.UnixNano()) {
			t.Errorf("%s: %s, want %s", c.at, time.Unix(0, int64(got)).UTC(), want)
		}
	}
}

// Every six hours and around every change of 1987 to 2100 must agree with package time.
func TestEasternMidnightEqualsPackageTime(t *testing.T) {
	zone := newYork(t)
	check := func(at time.Time) {
		y, m, d := at.In(zone).Date()
		want := uint64(time.Date(y, m, d, 0, 0, 0, 0, zone).UnixNano())
		if got := easternMidnight(uint64(at.UnixNano())); got != want {
			t.Fatalf("%s: %d, want %d", at, got, want)
		}
	}
	end := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := time.Date(1987, 1, 1, 0, 0, 0, 0, time.UTC); at.Before(end); at = at.Add(6 * time.Hour) {
		check(at)
		check(at.Add(-time.Nanosecond))
		check(at.Add(time.Hour - time.Nanosecond)) // 07:00 and 06:00 less a moment: the changes
		check(at.Add(time.Hour))
	}
}

func TestEasternMidnightIsNeverZero(t *testing.T) {
	for _, utc := range []uint64{0, 1, dayNS - 1, dayNS, 1<<64 - 1} {
		if easternMidnight(utc) == 0 {
			t.Errorf("%d: 0 would mean that no date is known", utc)
		}
	}
}
