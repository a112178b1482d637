package bench

import (
	"os"
	"strings"
)

// counter reads the time stamp counter. It is not ordered against the instructions around it: a few ns either way.
//
//go:noescape
func counter() uint64

// counterInvariant says whether the counter runs at one rate on all cores, asleep or not.
func counterInvariant() bool {
	info, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && strings.Contains(string(info), "constant_tsc") && strings.Contains(string(info), "nonstop_tsc")
}
