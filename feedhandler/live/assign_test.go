package live

import (
	"fmt"
	"strings"
	"testing"

	"wirebook/feedhandler/config"
)

// onInterfaces is a configuration of channels as worker:interface.
func onInterfaces(channels ...string) *config.Config {
	c := &config.Config{Live: config.Live{Interface: "eth0", CPUs: []int{0, 1, 2, 3}}}
	for _, s := range channels {
		var worker int
		var iface string
		if n, err := fmt.Sscanf(s, "%d:%s", &worker, &iface); n < 1 {
			panic(err)
		}
		c.Channels = append(c.Channels, config.Channel{Name: s, Worker: worker, Lines: []config.Line{{Name: "A", Interface: iface}, {Name: "B", Interface: "eth9"}}})
	}
	return c
}

func TestQueuesGoToTheWorkersInTurn(t *testing.T) {
	named := onInterfaces("0:eth1", "1:eth1")
	named.Live.Queues = map[string][]int{"eth1": {3, 3, 0, 1}}
	for _, c := range []struct {
		what   string
		config *config.Config
		iface  string
		want   []int
	}{
		{"one worker", onInterfaces("2:eth1", "2:eth1"), "eth1", []int{2, 2, 2, 2}},
		{"two workers, not in order", onInterfaces("3:eth1", "1:eth1"), "eth1", []int{1, 3, 1, 3}},
		{"a worker elsewhere", onInterfaces("0:eth1", "1:eth2", "2:eth1"), "eth1", []int{0, 2, 0, 2}},
		{"every line's interface counts", onInterfaces("0:eth1", "1:eth2", "2:eth1"), "eth9", []int{0, 1, 2, 0}},
		{"live.interface", onInterfaces("1:", "0:eth1"), "eth0", []int{1, 1, 1, 1}},
		{"nobody", onInterfaces("1:eth1"), "eth5", []int{0, 0, 0, 0}},
		{"live.queues", named, "eth1", []int{3, 3, 0, 1}},
		{"live.queues of another", named, "eth9", []int{0, 1, 0, 1}},
	} {
		if got := assignment(c.config, c.iface, 4); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: queues of %s polled by %v, want %v", c.what, c.iface, got, c.want)
		}
	}
}

func TestQueueMistakes(t *testing.T) {
	c := onInterfaces("0:eth1", "1:eth1")
	count := func(string) int { return 4 }
	c.Live.Queues = map[string][]int{"eth1": {0, 1, 0, 1}}
	if err := checkQueues(c, count); err != nil {
		t.Error(err)
	}
	c.Live.Queues = map[string][]int{"eth1": {0, 1}, "eth7": {0}}
	err := checkQueues(c, count)
	for _, want := range []string{"live.queues: eth1: names the workers of 2 queues, and the interface has 4", "ethtool -L eth1 combined 2", "live.queues: eth7: no line arrives"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in %v", want, err)
		}
	}
}
