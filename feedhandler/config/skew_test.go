package config

import (
	"strings"
	"testing"
)

const skewed = `channels:
  - name: c
    profile: nasdaq.itch50
    skew: %SKEW%
    peak_rate: %RATE%
`

// TestSkewIsMemory: what is configured in time and messages a second becomes memory, and what cannot be kept is refused.
func TestSkewIsMemory(t *testing.T) {
	parse := func(skew, rate string) (*Config, error) {
		return Parse("feeds.yaml", []byte(strings.NewReplacer("%SKEW%", skew, "%RATE%", rate).Replace(skewed)))
	}
	var last uint64
	for _, c := range []struct {
		skew, rate string
		wanted     int
	}{{"1ms", "2000000", 1000}, {"10ms", "2000000", 10_000}, {"60ms", "2000000", 60_000}, {"600ms", "100000", 30_000}} {
		cfg, err := parse(c.skew, c.rate)
		if err != nil {
			t.Fatal(err)
		}
		m, err := cfg.Channels[0].SkewMemory()
		if err != nil {
			t.Fatal(err)
		}
		if m.Wanted != c.wanted || m.Packets < m.Wanted || m.Bytes <= uint64(m.Packets)*64 || c.rate == "2000000" && m.Bytes <= last {
			t.Errorf("%s at %s: %+v after %d bytes", c.skew, c.rate, m, last)
		}
		last = m.Bytes
		built, err := cfg.Channels[0].Build()
		if err != nil || built.Arbitration.SkewNS == 0 || built.Arbitration.PeakUnits == 0 {
			t.Errorf("%+v, %v", built.Arbitration, err)
		}
	}
	for _, c := range [][2]string{{"1s", "2000000"}, {"50ms", "200000000"}, {"9000h", "1000000000"}} {
		if _, err := parse(c[0], c[1]); err == nil || !strings.Contains(err.Error(), "at most 131072 can wait") {
			t.Errorf("%s at %s: %v", c[0], c[1], err)
		}
	}
}
