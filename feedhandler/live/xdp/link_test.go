package xdp

import "testing"

func TestQueuesInWords(t *testing.T) {
	for n, want := range map[int]string{1: "1 queue", 2: "2 queues"} {
		if got := queues(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
