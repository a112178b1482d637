package sim

import (
	"errors"
	"fmt"
	"time"
)

// Encoding names a feed the market can speak: the profile names without the venue.
type Encoding string

// Encodings.
const (
	ITCH50   Encoding = "itch50"   // Nasdaq TotalView-ITCH 5.0 in MoldUDP64
	DeepPlus Encoding = "deepplus" // IEX DEEP+ 1.0 in IEX-TP: order by order
	Deep     Encoding = "deep"     // IEX DEEP 1.0 in IEX-TP: price levels
	MDP3     Encoding = "mdp3"     // CME MDP 3.0: price levels and orders together
)

// Encodings lists what Config.Encoding may be.
var Encodings = []Encoding{ITCH50, DeepPlus, Deep, MDP3}

// Config describes one exchange. The zero value of every field but Encoding is replaced by a default that gives
// a lively small market. Equal configurations give equal bytes.
type Config struct {
	Seed     uint64
	Encoding Encoding // default ITCH50

	// Symbols is the number of instruments; symbol i has activity in proportion to 1/(i+1). Default 32, at most 16384.
	Symbols int
	// Messages ends trading when about so many venue messages have been made; closing messages follow.
	// Default 100 000 when DurationNS is 0 as well. Whichever of the two comes first ends the day.
	Messages uint64
	// DurationNS ends trading after so much venue time; 0 means no such end.
	DurationNS uint64
	// Rate is the mean number of messages a second, bursts included. Default 100 000, at most 100 000 000.
	Rate uint64

	// LiveOrders is how many resting orders the market tends to; it never has more than 5/4 of them.
	// Default 40 for each symbol.
	LiveOrders int
	// IDStep is how many order ids lie at most between one and the next. Default 4: nearly dense, as a young venue's.
	IDStep int
	// Engines is how many matching engines number the orders, each by itself: the venue's ids are theirs interleaved.
	// Default 1, at most 16. Nasdaq's feeds show four.
	Engines int

	// Prefill is how many orders are entered before the market opens. Default half of LiveOrders; -1 is none.
	Prefill int

	// StartNS is the venue time of the first message, UTC ns. Default 2025-06-02 09:30 New York.
	StartNS uint64
	// MidnightNS is New York's midnight before StartNS, from which ITCH counts. Default by the rule of daylight saving
	// time that holds since 2007.
	MidnightNS uint64

	// TickSize in 1e-9 currency units. Default 0.01; 0.25 for MDP3. Must be a multiple of 1e-4 except for MDP3.
	TickSize int64
	// Depth is how many price levels MDP3 shows. Default 10.
	Depth int

	// PayloadBytes bounds a datagram's UDP payload. Default 1400, from 1300 to 8000.
	PayloadBytes int
	// PackNS is how long a datagram waits for more messages. Default 4000.
	PackNS uint64
	// HeartbeatNS is the silence after which a heartbeat is sent. Default 1 s; 30 s for MDP3.
	HeartbeatNS uint64

	// Session is MoldUDP64's session, ten characters at most. Default "SIM0000001".
	Session string
	// SessionID is IEX-TP's session. Default 1000000000.
	SessionID uint32
	// Channel is IEX-TP's channel or CME's. Default 1.
	Channel uint32

	// CheckpointEvery keeps the true books each time so many more messages were made; 0 keeps none but the last.
	CheckpointEvery uint64
}

// normal fills the defaults in and reports every rule that is broken, each by field name.
func (c Config) normal() (Config, error) {
	if c.Encoding == "" {
		c.Encoding = ITCH50
	}
	futures := c.Encoding == MDP3
	def(&c.Symbols, 32)
	if c.Messages == 0 && c.DurationNS == 0 {
		c.Messages = 100_000
	}
	def(&c.Rate, 100_000)
	def(&c.LiveOrders, 40*c.Symbols)
	def(&c.IDStep, 4)
	def(&c.Engines, 1)
	def(&c.Prefill, c.LiveOrders/2)
	c.Prefill = max(c.Prefill, 0)
	def(&c.StartNS, 1_748_871_000_000_000_000)
	if c.MidnightNS == 0 {
		c.MidnightNS = newYorkMidnight(c.StartNS)
	}
	if c.TickSize == 0 {
		c.TickSize = 10_000_000
		if futures {
			c.TickSize = 250_000_000
		}
	}
	def(&c.Depth, 10)
	def(&c.PayloadBytes, 1400)
	def(&c.PackNS, 4000)
	if c.HeartbeatNS == 0 {
		c.HeartbeatNS = 1_000_000_000
		if futures {
			c.HeartbeatNS *= 30
		}
	}
	if c.Session == "" {
		c.Session = "SIM0000001"
	}
	def(&c.SessionID, 1_000_000_000)
	def(&c.Channel, 1)
	return c, c.check()
}

func (c *Config) check() error {
	var errs []error
	rule := func(ok bool, field string, value any, says string) {
		if !ok {
			errs = append(errs, fmt.Errorf("sim: %s is %v: %s", field, value, says))
		}
	}
	known := false
	for _, e := range Encodings {
		known = known || e == c.Encoding
	}
	rule(known, "Encoding", c.Encoding, "want itch50, deepplus, deep or mdp3")
	rule(c.Symbols >= 1 && c.Symbols <= 16384, "Symbols", c.Symbols, "want 1 to 16384")
	rule(c.Rate <= 100_000_000, "Rate", c.Rate, "want at most 100000000 messages a second")
	rule(c.LiveOrders >= 1 && c.LiveOrders <= 100_000_000, "LiveOrders", c.LiveOrders, "want 1 to 100000000")
	rule(c.IDStep >= 1 && c.IDStep <= 1<<16, "IDStep", c.IDStep, "want 1 to 65536")
	rule(c.Engines >= 1 && c.Engines <= maxEngines, "Engines", c.Engines, "want 1 to 16")
	rule(c.Prefill <= c.LiveOrders, "Prefill", c.Prefill, "want at most LiveOrders")
	rule(c.TickSize > 0 && c.TickSize <= 1_000_000_000, "TickSize", c.TickSize, "want 1 to 1000000000 (1e-9 units)")
	rule(c.Encoding == MDP3 || c.TickSize%100_000 == 0, "TickSize", c.TickSize, "want a multiple of 100000 (0.0001) for equities")
	rule(c.Depth >= 1 && c.Depth <= 100, "Depth", c.Depth, "want 1 to 100")
	rule(c.PayloadBytes >= 1300 && c.PayloadBytes <= 8000, "PayloadBytes", c.PayloadBytes, "want 1300 to 8000")
	rule(len(c.Session) <= 10, "Session", c.Session, "want at most ten characters")
	rule(c.MidnightNS <= c.StartNS && c.StartNS-c.MidnightNS < 86_400_000_000_000, "MidnightNS", c.MidnightNS, "want the midnight before StartNS")
	return errors.Join(errs...)
}

func def[T int | uint32 | uint64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// newYorkMidnight returns the UTC ns of midnight of the New York day that holds ns. It needs no zone database.
func newYorkMidnight(ns uint64) uint64 {
	t := time.Unix(0, int64(ns)).UTC()
	offset := 5 * time.Hour
	if summer(t) {
		offset = 4 * time.Hour
	}
	local := t.Add(-offset)
	return uint64(local.Truncate(24 * time.Hour).Add(offset).UnixNano())
}

// summer is daylight saving time in New York: from the second Sunday of March, 2:00 standard time (7:00 UTC), to the
// first Sunday of November, 2:00 daylight time (6:00 UTC).
func summer(t time.Time) bool {
	march := time.Date(t.Year(), time.March, 8, 7, 0, 0, 0, time.UTC)
	march = march.AddDate(0, 0, (7-int(march.Weekday()))%7)
	november := time.Date(t.Year(), time.November, 1, 6, 0, 0, 0, time.UTC)
	november = november.AddDate(0, 0, (7-int(november.Weekday()))%7)
	return !t.Before(march) && t.Before(november)
}
