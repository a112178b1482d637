package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"wirebook/feedhandler/venue/framing"
)

func newExchange(t testing.TB, cfg Config) *Exchange {
	t.Helper()
	x, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// day hashes a whole day: times and payloads.
func day(t testing.TB, cfg Config) string {
	x := newExchange(t, cfg)
	h := sha256.New()
	var d Datagram
	for x.Next(&d) {
		h.Write(binary.BigEndian.AppendUint64(nil, d.TimeNS))
		h.Write(d.Payload)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// TestGolden pins the bytes of each encoding: equal on every machine. A wanted change of the market or an encoder
// changes them; then the new values belong here.
func TestGolden(t *testing.T) {
	for encoding, want := range golden {
		t.Run(string(encoding), func(t *testing.T) {
			if have := day(t, Config{Seed: 1, Encoding: encoding, Messages: 20_000}); have != want {
				t.Errorf("day has hash %s, want %s", have, want)
			}
		})
	}
}

var golden = map[Encoding]string{
	ITCH50:   "c0a2e4ea23a220b5e589718ef482dc3e",
	DeepPlus: "945c45adc0db56dfce2ddd206420d7dd",
	Deep:     "72a21e549c1d52e52ecf603119746278",
	MDP3:     "126b7c9c56e0167f7153a834cc98bb6b",
}

func TestSeedsDiffer(t *testing.T) {
	for _, encoding := range Encodings {
		seen := map[string]uint64{}
		for seed := range uint64(4) {
			h := day(t, Config{Seed: seed, Encoding: encoding, Messages: 3000})
			if other, ok := seen[h]; ok {
				t.Errorf("%s: seeds %d and %d give the same day", encoding, seed, other)
			}
			seen[h] = seed
			if again := day(t, Config{Seed: seed, Encoding: encoding, Messages: 3000}); again != h {
				t.Errorf("%s: seed %d gives two days", encoding, seed)
			}
		}
	}
}

// TestReplayEqualsOracle decodes what was encoded, books it naively and finds the true books, at every checkpoint.
func TestReplayEqualsOracle(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	for _, encoding := range Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			for seed := range seeds {
				cfg := Config{
					Seed: seed, Encoding: encoding, Messages: 20_000, Symbols: 1 + int(seed)*7, LiveOrders: 300 + int(seed)*100,
					CheckpointEvery: 1777,
				}
				if seed == 0 {
					cfg.LiveOrders = 60
				}
				replay(t, cfg)
			}
		})
	}
}

// TestSmallMarkets runs many short days in cramped markets: few orders, few symbols, shallow depth, a full house.
func TestSmallMarkets(t *testing.T) {
	seeds := uint64(120)
	if testing.Short() {
		seeds = 20
	}
	for _, encoding := range Encodings {
		for seed := range seeds {
			replay(t, Config{
				Seed: seed, Encoding: encoding, Messages: 700, Symbols: 1 + int(seed%4), LiveOrders: 1 + int(seed%50),
				Prefill: -1, Depth: 1 + int(seed%7), Rate: 10 + seed*seed*seed*50,
			})
		}
	}
}

func replay(t *testing.T, cfg Config) *reader {
	t.Helper()
	x := newExchange(t, cfg)
	r := newReader(t, x.Config())
	var d Datagram
	var last uint64
	checked := 0
	for x.Next(&d) {
		if d.TimeNS < last {
			t.Fatalf("datagram at %d after %d", d.TimeNS, last)
		}
		last = d.TimeNS
		if len(d.Payload) > x.Config().PayloadBytes {
			t.Fatalf("datagram of %d bytes", len(d.Payload))
		}
		if d.Kind == framing.Data && d.Messages == 0 {
			t.Fatalf("datagram of sequence %d without messages", d.Seq)
		}
		r.read(d.Payload)
		if c := x.Checkpoints(); checked < len(c) && d.Seq+uint64(d.Count) == c[checked].LastSeq+1 {
			r.compare(&c[checked])
			checked++
		}
	}
	truth := x.Books()
	r.compare(&truth)
	if truth.LastSeq+1 != r.next {
		t.Errorf("oracle ends at sequence %d, the feed at %d", truth.LastSeq, r.next-1)
	}
	if want := len(x.Checkpoints()); checked != want || want < 5 && cfg.CheckpointEvery != 0 {
		t.Errorf("%d of %d checkpoints compared", checked, want)
	}
	return r
}

// TestNeverCrossed looks at the market itself.
func TestNeverCrossed(t *testing.T) {
	x := newExchange(t, Config{Seed: 3, Messages: 30_000, Symbols: 8, CheckpointEvery: 100})
	var d Datagram
	for x.Next(&d) {
	}
	spread, quoted := int64(0), int64(0)
	for _, c := range x.Checkpoints() {
		for _, in := range c.Instruments {
			if len(in.Bids) == 0 || len(in.Asks) == 0 {
				continue
			}
			if in.Bids[0].Price >= in.Asks[0].Price {
				t.Fatalf("%s at sequence %d is crossed: %d / %d", in.Symbol, c.LastSeq, in.Bids[0].Price, in.Asks[0].Price)
			}
			spread += in.Asks[0].Price - in.Bids[0].Price
			quoted++
		}
	}
	if mean := spread / quoted; mean > 15*10_000_000 {
		t.Errorf("mean spread is %d (1e-9): want prices to cluster at the touch", mean)
	}
}

// TestMix compares a long day of ITCH with the message mix of a real one.
func TestMix(t *testing.T) {
	x := newExchange(t, Config{Seed: 5, Messages: 200_000, Symbols: 50, LiveOrders: 3000, Prefill: 2000})
	r := newReader(t, x.Config())
	var d Datagram
	for x.Next(&d) {
		r.read(d.Payload)
	}
	total := 0
	for _, n := range r.types {
		total += n
	}
	for _, c := range []struct {
		types     string
		low, high float64
	}{
		{"AF", 42, 48}, {"D", 37, 43}, {"EC", 4, 7}, {"X", 2, 4}, {"U", 5, 7.5}, {"P", 0.5, 1.5}, {"C", 0.02, 0.5},
		{"F", 0.3, 2}, {"Q", 0.005, 0.5}, {"B", 0.005, 0.2}, {"H", 0.005, 0.5}, {"I", 0.05, 0.5}, {"N", 0.02, 0.3},
		{"J", 0.001, 0.2}, {"S", 0.001, 0.01}, {"R", 0.02, 0.03}, {"Y", 0.01, 0.1}, {"L", 0.001, 0.1}, {"h", 0.02, 0.03},
		{"V", 0.0001, 0.01}, {"K", 0.0001, 0.01},
	} {
		n := 0
		for i := range c.types {
			n += r.types[c.types[i:i+1]]
		}
		if share := 100 * float64(n) / float64(total); share < c.low || share > c.high {
			t.Errorf("%s are %.3f %% of %d messages, want %g to %g", c.types, share, total, c.low, c.high)
		}
	}
	if t.Failed() {
		t.Log(r.types)
	}
}

// TestTemplates sees every message that the other encodings promise.
func TestTemplates(t *testing.T) {
	for encoding, types := range map[Encoding][]string{
		DeepPlus: {"S", "D", "H", "O", "P", "E", "I", "a", "M", "R", "L", "T", "B"},
		Deep:     {"S", "D", "H", "O", "P", "E", "I", "8", "5", "T", "B", "A"},
		MDP3:     {"12", "30", "37", "46", "47", "48", "51", "54"},
	} {
		r := replay(t, Config{Seed: 9, Encoding: encoding, Messages: 60_000, Symbols: 12, LiveOrders: 1000})
		for _, want := range types {
			if r.types[want] == 0 {
				t.Errorf("%s: no message of type %s: %v", encoding, want, r.types)
			}
		}
	}
}

// TestPace holds the rate, the bursts and the packing of messages.
func TestPace(t *testing.T) {
	for _, rate := range []uint64{1000, 100_000, 5_000_000} {
		x := newExchange(t, Config{Seed: 2, Rate: rate, Messages: 100_000, Prefill: -1})
		var d Datagram
		var first, last, messages, datagrams, full uint64
		for x.Next(&d) && len(d.Payload) > 0 && d.Kind == framing.Data {
			if first == 0 {
				first = d.TimeNS
			}
			last = d.TimeNS
			messages += uint64(d.Messages)
			datagrams++
			if len(d.Payload) > 1300 {
				full++
			}
		}
		have := float64(messages) * 1e9 / float64(last-first)
		if rate < 1_000_000 && (have < 0.8*float64(rate) || have > 1.25*float64(rate)) {
			t.Errorf("rate %d: %.0f messages a second", rate, have)
		}
		if messages < datagrams*3/2 || full == 0 && rate > 1000 {
			t.Errorf("rate %d: %d messages in %d datagrams, %d of them full", rate, messages, datagrams, full)
		}
	}
}

func TestHeartbeats(t *testing.T) {
	for encoding, want := range map[Encoding]framing.Kind{ITCH50: framing.Heartbeat, DeepPlus: framing.Heartbeat} {
		r := replay(t, Config{Seed: 4, Encoding: encoding, Rate: 2, Messages: 300, Symbols: 2, Prefill: -1})
		if r.heads[want] < 10 {
			t.Errorf("%s: a slow day has %d heartbeats", encoding, r.heads[want])
		}
		if ends := r.heads[framing.EndOfSession]; encoding == ITCH50 && ends != 3 {
			t.Errorf("%d ends of session, want 3", ends)
		}
	}
}

func TestDuration(t *testing.T) {
	cfg := Config{Seed: 1, DurationNS: 2_000_000_000, Rate: 5000}
	x := newExchange(t, cfg)
	var d Datagram
	var trading uint64
	for x.Next(&d) {
		if d.Kind == framing.Data {
			trading = d.TimeNS - x.Config().StartNS
		}
	}
	if trading < cfg.DurationNS || trading > cfg.DurationNS+500_000_000 {
		t.Errorf("trading lasted %d ns, want %d", trading, cfg.DurationNS)
	}
}

func TestLiveOrders(t *testing.T) {
	x := newExchange(t, Config{Seed: 1, Symbols: 40, LiveOrders: 4000, Messages: 150_000})
	var d Datagram
	peak := 0
	for x.Next(&d) {
		peak = max(peak, x.LiveOrders())
	}
	if end := x.LiveOrders(); end < 3000 || peak > 5016 {
		t.Errorf("%d live orders at the end, at most %d: want about 4000", end, peak)
	}
}

func TestConfigErrors(t *testing.T) {
	_, err := New(Config{Encoding: "fix", Symbols: -1, TickSize: 3, PayloadBytes: 10})
	if err == nil {
		t.Fatal("a wrong configuration is accepted")
	}
	for _, field := range []string{"Encoding is fix", "Symbols is -1", "TickSize is 3", "PayloadBytes is 10"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%q does not say %q", err, field)
		}
	}
}

func TestNewYorkMidnight(t *testing.T) {
	for _, c := range []struct{ at, want uint64 }{
		{1_748_871_000_000_000_000, 1_748_836_800_000_000_000}, // 2025-06-02 09:30 EDT
		{1_736_951_400_000_000_000, 1_736_917_200_000_000_000}, // 2025-01-15 09:30 EST
		{1_741_590_000_000_000_000, 1_741_579_200_000_000_000}, // 2025-03-10 03:00 EDT, the day after the change
		{1_762_144_200_000_000_000, 1_762_059_600_000_000_000}, // 2025-11-02 23:30 EST, the day of the change
	} {
		if have := newYorkMidnight(c.at); have != c.want {
			t.Errorf("midnight before %d is %d, want %d", c.at, have, c.want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	for _, encoding := range Encodings {
		x := newExchange(t, Config{Seed: 1, Encoding: encoding, Messages: 3_000_000, Symbols: 20, LiveOrders: 1000})
		var d Datagram
		for range 100_000 {
			x.Next(&d)
		}
		if n := testing.AllocsPerRun(5, func() {
			for range 2000 {
				x.Next(&d)
			}
		}); n > 1 { // a ladder may still grow now and then
			t.Errorf("%s: %.1f allocations in 2000 datagrams", encoding, n)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for _, c := range []Config{
		{Encoding: ITCH50, Symbols: 100, LiveOrders: 10_000},
		{Encoding: ITCH50, Symbols: 8000, LiveOrders: 1_200_000},
		{Encoding: DeepPlus}, {Encoding: Deep}, {Encoding: MDP3},
	} {
		c.Messages = 1 << 60
		b.Run(fmt.Sprintf("%s/%d", c.Encoding, c.LiveOrders), func(b *testing.B) {
			x := newExchange(b, c)
			var d Datagram
			for x.stage == opening {
				x.Next(&d)
			}
			b.ReportAllocs()
			start := x.Messages()
			bytes := 0
			b.ResetTimer()
			for x.Messages()-start < uint64(b.N) {
				x.Next(&d)
				bytes += len(d.Payload)
			}
			b.SetBytes(int64(bytes / b.N))
		})
	}
}
