package live

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/sim"
	"wirebook/shm"
)

// ownMemory is what this process has of its own in memory, kB: without what it shares.
func ownMemory(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "RssAnon: %d kB", &kb); n == 1 {
			return kb
		}
	}
	t.Skip("the kernel does not tell RssAnon: this check did not run")
	return 0
}

// TestAHundredReloadsAreAsOne: memory, and the tables in shared memory, are after many reloads what they are after one. Each
// changes a channel that knows instruments.
func TestAHundredReloadsAreAsOne(t *testing.T) {
	wiretest.New(t)
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as run has it
	variant := func(n int) *config.Config {
		c := configuration(t, "one1")
		c.Live.JoinRate = 100_000
		c.Channels[0].MaxOrders, c.Channels[0].InitialOrders = 1<<18+n%2, 1<<17
		c.Channels[0].PublisherID = 7
		c.Channels[0].Lines[0].Name = [...]string{"A", "X"}[n%2] // another place in the control file, too
		return c
	}
	list, _, _ := day(t, 41, 400, 1, sim.WireConfig{Seed: 41}, built(t, &variant(0).Channels[0]))
	h, _ := start(t, variant(0), nil)
	v, out := h.view(t), sender(t)
	know := func(n int) {
		t.Helper()
		if _, err := h.Reload(context.Background(), variant(n)); err != nil {
			t.Fatalf("reload %d: %v", n, err)
		}
		before := counter(v, "wire_ok", "")
		sendAll(t, out, list)
		eventually(t, "the day is received", func() bool { return counter(v, "wire_ok", "") == before+uint64(len(list)) })
	}
	for n := 1; n <= 4; n++ {
		know(n)
	}
	instruments, memory := v.Control.Instruments(), ownMemory(t)
	if instruments == 0 {
		t.Fatal("no instruments: the check says nothing")
	}
	last := 100
	if testing.Short() {
		last = 20
	}
	for n := 5; n <= last; n++ {
		know(n)
	}
	// What the collector had not got to yet is not kept: it is gone after another reload, and what a reload keeps is more then.
	after := ownMemory(t)
	for more := last + 10; after > memory+memory/4 && last < more; after = ownMemory(t) {
		last++
		know(last)
	}
	if after > memory+memory/4 {
		t.Errorf("%d kB after %d reloads, %d after 4", after, last, memory)
	}
	if n := v.Control.Instruments(); n != instruments {
		t.Errorf("%d instruments after %d reloads, %d after 4", n, last, instruments)
	}
	seen := map[string]bool{}
	for i := range v.Control.Instruments() {
		e, _ := v.Control.Instrument(i)
		name := shm.Text(e.Symbol[:])
		if seen[name] {
			t.Errorf("%s stands twice in the instrument table", name)
		}
		seen[name] = true
	}
}

// TestAReloadMayNotShareALine: a channel of one source beside one of any source of the same group is refused in every mode,
// and what is at work stays.
func TestAReloadMayNotShareALine(t *testing.T) {
	for _, mode := range []string{"native", "socket"} {
		t.Run(mode, func(t *testing.T) {
			wiretest.New(t)
			of := func(source string, channels ...string) *config.Config {
				c := xdpConfiguration(t, "native", channels...)
				if mode == "socket" {
					c = configuration(t, channels...)
				}
				if source != "" {
					other := c.Channels[0]
					other.Name, other.Lines = "other", []config.Line{other.Lines[0]}
					other.Lines[0].Source = source
					c.Channels = append(c.Channels, other)
				}
				return c
			}
			list, clean, _ := day(t, 43, 2_000, 1, sim.WireConfig{Seed: 43}, built(t, &of("", "one1").Channels[0]))
			h, _ := start(t, of("", "one1"), nil)
			v, out := h.view(t), sender(t)
			sendAll(t, out, list[:len(list)/2])
			_, err := h.Reload(context.Background(), of("10.99.0.1", "one1"))
			if err == nil || !strings.Contains(err.Error(), "channel other line A: it shares packets with channel one1 line A") {
				t.Errorf("the reload: %v", err)
			}
			sendAll(t, out, list[len(list)/2:])
			eventually(t, "everything is received", func() bool { return channelOf(t, v, "one1").NextSequence == clean.Arbitration().Next })
			sameDigests(t, channelOf(t, v, "one1"), clean)
		})
	}
}
