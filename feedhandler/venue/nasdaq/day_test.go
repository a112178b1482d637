package nasdaq

import (
	"testing"

	"wirebook/book"
)

// timesOf decodes system events of the times of day given, received when they are, and returns their UTC.
func timesOf(t *testing.T, name string, d decoder, received, times []uint64) (got []uint64) {
	t.Helper()
	feed := feeds()[name]
	for i, at := range times {
		b := book.NewBatch(1)
		b.BeginPacket(book.Packet{TsRecv: received[i]})
		if fault := d.Decode(b, with(t, feed.tables, 'S', map[string]any{"timestamp": int(at)})); fault != book.FaultNone {
			t.Fatal(fault)
		}
		got = append(got, b.Events[0].TsEvent)
	}
	return got
}

func TestTimesLeadOverMidnight(t *testing.T) {
	const (
		tomorrow  = midnightAt + dayNS
		evening   = dayNS - 1
		morning   = 9*hourNS + 30*60*nsPerSecond
		noClock   = 0
		yearLater = 365 * dayNS
	)
	for name, feed := range feeds() {
		for _, c := range []struct {
			name     string
			date     uint64
			received []uint64
			times    []uint64
			want     []uint64
		}{
			{"over midnight and on", 0,
				[]uint64{midnightAt + evening + 5, tomorrow + 7, tomorrow + morning, tomorrow + evening, tomorrow + dayNS + 9},
				[]uint64{evening, 2, morning, evening, 3},
				[]uint64{midnightAt + evening, tomorrow + 2, tomorrow + morning, tomorrow + evening, tomorrow + dayNS + 3}},
			{"the first packet is received after midnight, its message is of before", 0,
				[]uint64{tomorrow + 9, tomorrow + 10}, []uint64{evening, 1}, []uint64{midnightAt + evening, tomorrow + 1}},
			{"a message of before comes after one of the day", 0,
				[]uint64{tomorrow + 9, tomorrow + hourNS}, []uint64{1, evening}, []uint64{tomorrow + 1, midnightAt + evening}},
			{"a weekend in one session", 0,
				[]uint64{midnightAt + morning, midnightAt + 3*dayNS + morning}, []uint64{morning, morning + 1},
				[]uint64{midnightAt + morning, midnightAt + 3*dayNS + morning + 1}},
			{"an old day sent again in the evening", 0,
				[]uint64{midnightAt + 22*hourNS, midnightAt + 22*hourNS + 1, midnightAt + 22*hourNS + 2}, []uint64{4 * hourNS, morning, evening},
				[]uint64{midnightAt + 4*hourNS, midnightAt + morning, midnightAt + evening}},
			{"an old day, date told, over midnight", receivedAt,
				[]uint64{midnightAt + yearLater, midnightAt + yearLater + 1, midnightAt + yearLater + 2}, []uint64{morning, evening, 4},
				[]uint64{midnightAt + morning, midnightAt + evening, tomorrow + 4}},
			{"no clock", 0, []uint64{noClock, noClock}, []uint64{evening, 1}, []uint64{dayNS + standardNS + evening, dayNS + standardNS + 1}},
			{"no time of day", 0, []uint64{midnightAt + morning, midnightAt + morning, midnightAt + morning}, []uint64{morning, 1<<48 - 1, morning},
				[]uint64{midnightAt + morning, midnightAt + 1<<48 - 1, midnightAt + morning}},
		} {
			if got := timesOf(t, name, feed.make(10, c.date), c.received, c.times); len(got) != len(c.want) {
				t.Fatal(got)
			} else {
				for i := range got {
					if got[i] != c.want[i] {
						t.Errorf("%s, %s: time %d is %d, want %d (%d ns off)", name, c.name, i, got[i], c.want[i], int64(got[i]-c.want[i]))
					}
				}
			}
		}
	}
}

// Over the change of clocks a day has 23 or 25 hours.
func TestTimesLeadOverAChangedDay(t *testing.T) {
	const autumn = 1_762_056_000_000_000_000 // 2 November 2025, 00:00 in New York; the day has 25 hours
	for name, feed := range feeds() {
		got := timesOf(t, name, feed.make(10, 0),
			[]uint64{autumn + 24*hourNS, autumn + 25*hourNS + 8, autumn + 26*hourNS},
			[]uint64{24 * hourNS, 5, hourNS})
		want := []uint64{autumn + 24*hourNS, autumn + 25*hourNS + 5, autumn + 26*hourNS}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: time %d is %d, want %d", name, i, got[i], want[i])
			}
		}
	}
}
