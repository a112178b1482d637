package arbitration

import (
	"errors"
	"strconv"
)

// LineConfig is one line of the channel.
type LineConfig struct {
	Name string
	// Recovery marks a line that only answers requests. It fills gaps; its silence or progress proves nothing,
	// so it never helps to declare one.
	Recovery bool
}

// Config sizes an Arbiter. The zero value of every field but Lines takes its default.
type Config struct {
	Lines []LineConfig

	// SkewNS and PeakUnits say for what there shall be memory: a line that is ahead of another by so much time, at so many
	// units a second. Default 50 ms and 2 million; their product is at most 131072 units. Window below follows from it.
	SkewNS    uint64
	PeakUnits uint64
	// WindowPackets is how many early packets can be held at once, and how many can be parked that came too far ahead.
	// Rounded up to a power of two. Default one for two units of the skew.
	WindowPackets int
	// WindowBytes is the memory for the payloads of the one, and as much for the other. Rounded up to a power of two.
	// Default 64 for every unit of the skew.
	WindowBytes int
	// GapTimeoutNS is how long a gap may stay open after it was noticed. Default 50 ms, or SkewNS where that is more.
	GapTimeoutNS uint64
	// ReorderPackets is how many packets a line must be beyond a gap before it counts as having passed it,
	// since a line may reorder by itself. At most 64. Default 16.
	ReorderPackets int
	// ReorderNS is how long ago a line must have gone beyond a gap before it counts as having passed it: both
	// this and ReorderPackets must hold. The start of a joined run is decided by the same two. Default 3 ms.
	ReorderNS uint64
	// JumpUnits is how far ahead of the sequence a line may be and be believed by itself: a single packet within a few
	// hundred units, beyond it once the line goes on from there. What is farther is parked until the sequence comes
	// near, and needs agreement or persistence to be believed before. At most 65536. Default 4096.
	JumpUnits uint64
	// PersistPackets is how many consecutive consistent packets of one line make a far jump or an unknown
	// session believed. Default 16.
	PersistPackets int
	// SilentNS is how long without a packet makes a line silent: it is no longer waited for. It should be
	// longer than the venue's heartbeat interval. Default 3 s.
	SilentNS uint64
	// DeadNS is how long without a packet makes a line dead. Default 30 s.
	DeadNS uint64
	// ResetAgeNS is how much newer than the newest delivered send time a lower sequence number must be
	// to start the numbering again. Default 10 ms.
	ResetAgeNS uint64
	// ClockNS is how far the venue's clock may be ahead of ours: a packet sent later than that is from no day there was.
	// Default 1 s.
	ClockNS uint64
}

var (
	errNoLines  = errors.New("arbitration: Config.Lines is empty: a channel needs at least one line")
	errRecovery = errors.New("arbitration: every line of Config.Lines is a recovery line: at least one live line is needed")
)

// withDefaults fills zero fields and checks the rest.
func (c Config) withDefaults() (Config, error) {
	if len(c.Lines) == 0 {
		return c, errNoLines
	}
	if len(c.Lines) > MaxLines {
		return c, errors.New("arbitration: Config.Lines has " + strconv.Itoa(len(c.Lines)) + " lines: at most " + strconv.Itoa(MaxLines))
	}
	live := 0
	for _, l := range c.Lines {
		if !l.Recovery {
			live++
		}
	}
	if live == 0 {
		return c, errRecovery
	}
	if c.SkewNS == 0 {
		c.SkewNS = 50_000_000
	}
	if c.PeakUnits == 0 {
		c.PeakUnits = 2_000_000
	}
	units := SkewUnits(c.SkewNS, c.PeakUnits)
	if units > windowUnits {
		return c, errors.New("arbitration: Config.SkewNS at Config.PeakUnits is " + strconv.FormatUint(units, 10) + " units: at most " + strconv.Itoa(windowUnits))
	}
	for _, f := range []struct {
		name     string
		value    *int
		def, max int
	}{
		{"WindowPackets", &c.WindowPackets, max(int(units/2), 1024), 1 << 20},
		{"WindowBytes", &c.WindowBytes, max(int(units*64), 1<<20), 1 << 30},
		{"ReorderPackets", &c.ReorderPackets, 16, recentPackets},
		{"PersistPackets", &c.PersistPackets, 16, 1024},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
		if *f.value < 0 || *f.value > f.max {
			return c, errors.New("arbitration: Config." + f.name + " is " + strconv.Itoa(*f.value) + ": must be 1 to " + strconv.Itoa(f.max))
		}
	}
	for _, f := range []struct {
		value *uint64
		def   uint64
	}{
		{&c.GapTimeoutNS, max(50_000_000, c.SkewNS)}, // a gap that the line behind will fill is none
		{&c.ReorderNS, 3_000_000},
		{&c.JumpUnits, 4096},
		{&c.SilentNS, 3_000_000_000},
		{&c.DeadNS, 30_000_000_000},
		{&c.ResetAgeNS, 10_000_000},
		{&c.ClockNS, 1_000_000_000},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if c.JumpUnits > 1<<16 {
		return c, errors.New("arbitration: Config.JumpUnits is " + strconv.FormatUint(c.JumpUnits, 10) + ": must be 1 to 65536")
	}
	return c, nil
}
