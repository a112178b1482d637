//go:build !linux

package bench

import "context"

// alone does not keep benches apart where they have no real-time threads.
func alone(context.Context, func()) (func(), error) { return func() {}, nil }
