package capture

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"sync"
)

// leapFile is the leap second table of the IERS as Debian's tzdata installs it.
const leapFile = "/usr/share/zoneinfo/leap-seconds.list"

// leapStep says from when on TAI is ahead of UTC by how much.
type leapStep struct {
	unix int64
	tai  int
}

// builtinLeaps are the steps of IERS Bulletin C since 1999, for machines without the table.
var builtinLeaps = []leapStep{
	{915148800, 32}, {1136073600, 33}, {1230768000, 34}, {1341100800, 35}, {1435708800, 36}, {1483228800, 37},
}

var leaps = sync.OnceValue(func() []leapStep {
	if b, err := os.ReadFile(leapFile); err == nil {
		if t := parseLeaps(string(b)); len(t) >= len(builtinLeaps) {
			return t
		}
	}
	return builtinLeaps
})

// parseLeaps reads lines of "seconds since 1900, TAI-UTC, comment".
func parseLeaps(text string) []leapStep {
	const ntpToUnix = 2208988800
	var all []leapStep
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0][0] == '#' {
			continue
		}
		at, err1 := strconv.ParseInt(words[0], 10, 64)
		tai, err2 := strconv.Atoi(words[1])
		if err1 == nil && err2 == nil {
			all = append(all, leapStep{at - ntpToUnix, tai})
		}
	}
	return all
}

// taiMinusUTC is the offset at a UTC time in ns; 0 before the table begins.
func taiMinusUTC(ns uint64) int {
	tai := 0
	for _, s := range leaps() {
		if int64(ns/1_000_000_000) >= s.unix {
			tai = s.tai
		}
	}
	return tai
}
