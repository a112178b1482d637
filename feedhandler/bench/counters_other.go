//go:build !linux

package bench

type counters struct{}

func openCounters() (*counters, string) { return nil, "none: only on Linux" }

func (*counters) start()                        {}
func (*counters) stop()                         {}
func (*counters) per(uint64) map[string]float64 { return nil }
func (*counters) close()                        {}
