package worker

import (
	"testing"
	"testing/synctest"
)

// TestACommandThatWasGivenUpIsNotDoneLater: what it was about, a feed that is closed again, is gone by then.
func TestACommandThatWasGivenUpIsNotDoneLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &Worker{commands: make(chan command, 2), Ended: make(chan struct{})}
		late, inTime := false, false
		if err := w.Do(func() { late = true }); err == nil {
			t.Fatal("a worker that stands still answered")
		}
		done := make(chan error)
		go func() { done <- w.Do(func() { inTime = true }) }()
		synctest.Wait()
		w.obey()
		if err := <-done; err != nil || late || !inTime {
			t.Errorf("the command after it: %v, done %v; the one given up done %v", err, inTime, late)
		}
	})
}
