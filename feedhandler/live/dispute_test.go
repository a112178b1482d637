package live

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

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
	if s := h.summary; len(s.Lost) != 0 || s.Healed != 0 {
		t.Errorf("summary %+v", s)
	}
}
