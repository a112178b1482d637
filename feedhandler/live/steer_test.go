package live

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestFlowRules(t *testing.T) {
	line := func(name string, worker int) steerable {
		return steerable{name, netip.MustParseAddrPort("239.1.1." + name + ":9"), worker}
	}
	for _, c := range []struct {
		what     string
		lines    []steerable
		pollers  []int
		now      map[string]int
		want     string
		unserved int
	}{
		{"over the worker's queues in turn", []steerable{line("1", 0), line("2", 0), line("3", 0), line("4", 1)}, []int{0, 1, 0, 1}, nil, "1>0 2>2 3>0 4>1", 0},
		{"what is there stays", []steerable{line("1", 0), line("2", 0), line("3", 0)}, []int{0, 1, 0}, map[string]int{"2": 0, "3": 2}, "2>0 3>2 1>0", 0},
		{"unless the queue went to another worker", []steerable{line("1", 0), line("2", 1)}, []int{1, 0}, map[string]int{"1": 0, "2": 1}, "1>1 2>0", 0},
		{"or is no more", []steerable{line("1", 0)}, []int{0, 0}, map[string]int{"1": 7}, "1>0", 0},
		{"a worker without a queue", []steerable{line("1", 0), line("2", 5)}, []int{0, 1}, nil, "1>0", 1},
		{"one destination, two workers: the first's", []steerable{line("1", 1), line("1", 0)}, []int{0, 1}, nil, "1>1", 0},
		{"one destination, two lines of a worker", []steerable{line("1", 1), line("1", 1)}, []int{0, 1}, map[string]int{"1": 1}, "1>1", 0},
	} {
		now := map[netip.AddrPort]int{}
		for name, q := range c.now {
			now[line(name, 0).dst] = q
		}
		rules, unserved := flowRules(c.lines, c.pollers, now)
		got := ""
		for i, r := range rules {
			if i > 0 {
				got += " "
			}
			a := r.Dst.Addr().As4()
			got += fmt.Sprintf("%d>%d", a[3], r.Queue)
		}
		if got != c.want || len(unserved) != c.unserved {
			t.Errorf("%s: %s, %v unserved; want %s, %d", c.what, got, unserved, c.want, c.unserved)
		}
	}
}
