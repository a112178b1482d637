package config

import (
	"errors"
	"strings"
	"testing"
)

func TestLiveMistakesAreNamed(t *testing.T) {
	text := `live:
  interface: a-name-that-is-too-long
  rx: fast
  cpus: [2, 2, -1]
  idle: never
  realtime: 100
  batch: 5000
  clock: sun
  busy_poll: 1s
  stall_timeout: 5ms
  xdp_mode: drv
  queues: {eth1: [0, 3], eth2: []}
  handover: 4096
  steer: left
channels:
  - name: one
    profile: nasdaq.itch50
    worker: 3
`
	_, err := Parse("feeds.yaml", []byte(text))
	if !errors.Is(err, ErrInvalid) {
		t.Fatalf("error %v, want ErrInvalid", err)
	}
	for _, want := range []string{
		"line 2: live.interface: a-name-that-is-too-long", "line 3: live.rx: fast: must be one of auto, xdp, socket", "line 4: live.cpus[1]: 2: another worker",
		"live.cpus[2]: -1", "line 5: live.idle: never", "line 6: live.realtime: 100", "line 7: live.batch: 5000", "line 8: live.clock: sun",
		"line 9: live.busy_poll: 1s", "line 10: live.stall_timeout: 5ms", "line 11: live.xdp_mode: drv: must be one of auto, zerocopy, native, generic",
		"line 12: live.queues.eth1[1]: 3: live.cpus names 3 workers", "line 12: live.queues.eth2: []", "line 13: live.handover: 4096: must be 262144", "line 14: live.steer: left: must be one of auto, off, require", "line 18: channels[0].worker: 3",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
}

func TestRecheckSeesWhatFlagsChanged(t *testing.T) {
	c, err := Parse("feeds.yaml", []byte("channels:\n  - {name: one, profile: nasdaq.itch50}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Recheck("feeds.yaml"); err != nil {
		t.Fatalf("unchanged: %v", err)
	}
	c.Live.RX = "fast"
	if err := c.Recheck("feeds.yaml"); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "feeds.yaml: live.rx: fast") {
		t.Fatalf("changed: %v", err)
	}
	if n := (&Live{}).Workers(); n != 1 {
		t.Errorf("%d workers without CPUs, want 1", n)
	}
}
