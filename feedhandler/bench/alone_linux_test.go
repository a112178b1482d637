package bench

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

// aloneSoon makes this test the only bench, and fails it when some other bench of the host does not end.
func aloneSoon(t *testing.T) (done func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	done, err := alone(ctx, func() {})
	if err != nil {
		t.Fatalf("another bench runs on this host: %v", err)
	}
	return done
}

// TestOneBenchAtATime: a second bench says that it waits, until the first is done.
func TestOneBenchAtATime(t *testing.T) {
	done := aloneSoon(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	waited := 0
	next, err := alone(ctx, func() {
		if waited++; waited == 1 {
			done()
		}
	})
	if err != nil || waited == 0 {
		t.Fatalf("the next bench: %v, told %d times that it waits", err, waited)
	}
	next()
}

// TestRunWaitsForAnotherBench, and measures nothing when it is stopped meanwhile.
func TestRunWaitsForAnotherBench(t *testing.T) {
	defer aloneSoon(t)()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	_, err := Run(ctx, Options{
		Stages: []string{"duplicate"}, Messages: 20_000, InputDir: t.TempDir(), Captures: t.TempDir(), Child: []string{os.Args[0]},
		Waiting:  stop,
		Progress: func(what string, _, _ int64) { t.Errorf("begins with %q", what) },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while it waited: %v", err)
	}
}
