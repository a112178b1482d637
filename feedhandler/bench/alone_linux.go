package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// alone waits until no other bench runs on this host (in its network namespace) and keeps others waiting until the returned
// function is called. Two would measure each other, and two with real-time threads can starve each other for good. The name
// is no file: the kernel forgets it with the process.
func alone(ctx context.Context, waiting func()) (func(), error) {
	for {
		l, err := net.Listen("unix", "@wirebook-bench")
		if err == nil {
			return func() { l.Close() }, nil
		}
		if !errors.Is(err, unix.EADDRINUSE) {
			return nil, fmt.Errorf("keep other benches waiting: %w", err)
		}
		waiting()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
