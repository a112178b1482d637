package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/replay"
)

func TestReplayWithin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pcap")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := capture.NewWriter(f, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{0, time.Second, 2 * time.Second, 102 * time.Second} {
		if err := w.Write(uint64(1_700_000_000_000_000_000+at), make([]byte, 60)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, c := range []struct {
		speed           float64
		maxSleep        time.Duration
		within          time.Duration
		wantSpeed       float64
		wantSleep, took time.Duration // what the wait for the packets adds up to
	}{
		{1, 0, 0, 1, 0, 102 * time.Second},
		{1, 0, 51 * time.Second, 2, 0, 51 * time.Second},
		{1, 4 * time.Second, 10 * time.Second, 1, 4 * time.Second, 6 * time.Second},
		{1, 4 * time.Second, 3 * time.Second, 2, 2 * time.Second, 3 * time.Second},
		{2, 2 * time.Second, time.Second, 6, 2 * time.Second / 3, time.Second},
		{0, time.Second, time.Second, 0, 0, 0},
	} {
		o := replay.Options{Files: []string{path}, Speed: c.speed}
		if err := (&paceFlags{c.maxSleep, c.within}).apply(&o); err != nil {
			t.Fatal(err)
		}
		if o.Speed != c.wantSpeed || (o.MaxSleep-c.wantSleep).Abs() > time.Microsecond {
			t.Errorf("%+v: speed %g, sleep %s", c, o.Speed, o.MaxSleep)
		}
		if o.Speed == 0 {
			continue
		}
		var sum time.Duration
		for _, gap := range []time.Duration{time.Second, time.Second, 100 * time.Second} {
			wait := time.Duration(float64(gap) / o.Speed)
			if o.MaxSleep > 0 {
				wait = min(wait, o.MaxSleep)
			}
			sum += wait
		}
		if (sum - c.took).Abs() > time.Millisecond {
			t.Errorf("%+v: takes %s", c, sum)
		}
	}
	for _, bad := range []paceFlags{{maxSleep: -1}, {within: -1}} {
		if bad.apply(&replay.Options{Speed: 1}) == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
