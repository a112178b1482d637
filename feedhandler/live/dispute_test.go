package live

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/live/worker"
)

// TestADisputeIsLogged: lines that contradict each other are a warning of the run, once in a while, and no gap.
func TestADisputeIsLogged(t *testing.T) {
	var out bytes.Buffer
	h := &Handler{log: slog.New(slog.NewTextHandler(&out, nil)), gapLog: make(chan worker.GapNote, 8)}
	for range 3 {
		h.gapLog <- worker.GapNote{Channel: "itch", Gap: feedhandler.GapEvent{Disputed: true}}
	}
	h.logGaps()
	if text := out.String(); strings.Count(text, "contradict") != 1 || !strings.Contains(text, "channel=itch") || strings.Contains(text, "lost on") {
		t.Errorf("the log says\n%s", text)
	}
	if s := h.summary; len(s.Gaps) != 0 || s.GapsHealed != 0 {
		t.Errorf("summary %+v", s)
	}
}

// TestTwoSpeakAtOnce: the heartbeat's goroutine says things while the handler's does. What they remember of it is a map, and two
// writers of one end the program.
func TestTwoSpeakAtOnce(t *testing.T) {
	var said atomic.Int64
	var wg sync.WaitGroup
	s, now := new(health), time.Unix(1_800_000_000, 0)
	for range 2 {
		wg.Go(func() {
			for i := range 50_000 {
				if s.due(strconv.Itoa(i), now) {
					said.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := said.Load(); n != 50_000 {
		t.Errorf("%d things are said, want each of 50000 once", n)
	}
}
