package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"wirebook/feedhandler/config"
)

// feeds says what the channels of the configuration take for packets that wait: for the line that is ahead of another.
func (e *examination) feeds(c *config.Config) {
	var total uint64
	for i := range c.Channels {
		ch := &c.Channels[i]
		m, err := ch.SkewMemory()
		if err != nil {
			e.add(Finding{ID: "feeds.skew:" + ch.Name, Level: Fail, Found: err.Error(), Want: "a channel that can be built",
				Cost: "the instance does not start", Fix: "mend channel " + ch.Name + " in the configuration"})
			continue
		}
		total += m.Bytes
		e.judge("feeds.skew:"+ch.Name, m.Packets >= m.Wanted, Warn,
			fmt.Sprintf("%s for a line %s ahead at %d units a second: %d packets", mib(m.Bytes), m.Skew, m.Peak, m.Packets),
			strconv.Itoa(m.Wanted)+" packets: one for two units",
			"what one line brings while the other is behind may be lost on every line", "raise window_packets of the channel, or lower its skew or peak_rate")
	}
	found := mib(total) + " for " + plural(int64(len(c.Channels)), "channel") + ", beside books and rings"
	available, known := e.available()
	if known {
		found += "; " + mib(available) + " are available"
	}
	f := Finding{ID: "feeds.memory", Level: Note, Found: found, Want: "enough for the skew of the lines",
		Cost: "none: it is used as far as lines drift apart, and all of it with live.lock_memory",
		Fix:  "skew and peak_rate of each channel say for how much there is memory"}
	if known && total > available/2 {
		f.Level, f.Cost = Warn, "the instance may be killed for want of memory when lines drift apart"
	}
	e.add(f)
	if c.Readers > 0 {
		e.judge("feeds.readers", c.Group != "", Note, "readers: "+strconv.Itoa(int(c.Readers))+", group: "+map[bool]string{true: c.Group, false: "not set"}[c.Group != ""], "a group of those who read",
			"only the writer's own group can be listed and woken by the doorbell", "set group in the configuration")
	}
}

// available is the memory that a new process could have.
func (e *examination) available() (uint64, bool) {
	text, _ := e.read("proc/meminfo")
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemAvailable:" {
			n, err := strconv.ParseUint(f[1], 10, 54)
			return n << 10, err == nil
		}
	}
	return 0, false
}
