//go:build !amd64

package bench

func counter() uint64 { return 0 }

func counterInvariant() bool { return false }
