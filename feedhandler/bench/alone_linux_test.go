package bench

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestOneBenchAtATime: a second bench says that it waits, until the first is done or somebody stops it.
func TestOneBenchAtATime(t *testing.T) {
	done, err := alone(t.Context(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	if _, err := alone(stopped, stop); !errors.Is(err, context.Canceled) {
		t.Fatalf("a second bench, stopped while it waited: %v", err)
	}
	waited := 0
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
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
