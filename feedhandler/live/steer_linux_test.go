package live

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/live/ntuple"
	"wirebook/feedhandler/live/ntuple/ntupletest"
	"wirebook/feedhandler/socket"
)

// steered is a run whose NIC's rules a test plays.
func steered(t *testing.T, c *config.Config, root string, table *ntupletest.Table) Options {
	t.Helper()
	return Options{Config: c, Shm: control.Options{Root: root}, rules: func(string) (ruleTable, error) { return table, nil }}
}

func ledgers(t *testing.T, root string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(root, ".steering", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestGroupsAreSteeredToTheirWorkers has rules follow channels through a start, reloads, a reset of the driver and the end.
func TestGroupsAreSteeredToTheirWorkers(t *testing.T) {
	wiretest.New(t)
	both, one := twoWorkers(t, "native", "one1", "two2"), twoWorkers(t, "native", "one1")
	theirs := ntuple.Entry{Location: 0}
	table, root := ntupletest.New(16, theirs), t.TempDir()
	h, log := startWith(t, steered(t, both, root, table))
	v := h.view(t)
	// Lines A and B of the first channel to the first worker's queues 0 and 2, of the second to 1 and 3.
	const all = "0 another; 1 239.10.1.1:26477 to queue 0; 2 239.10.2.1:26478 to queue 2; 3 239.10.1.2:26477 to queue 1; 4 239.10.2.2:26478 to queue 3"
	check := func(what, want string, rules uint64) {
		t.Helper()
		if table.String() != want {
			t.Errorf("%s: rules %s; want %s", what, table, want)
		}
		if n := counter(v, "xdp_flow_rules", ""); n != rules {
			t.Errorf("%s: %d rules are told, want %d", what, n, rules)
		}
	}
	check("after the start", all, 4)
	if !strings.Contains(h.Edge().Why, "steered by 4 flow rules") {
		t.Errorf("why: %s", h.Edge().Why)
	}
	reload := func(c *config.Config) {
		t.Helper()
		if _, err := h.Reload(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	reload(one) // one worker polls all queues: the NIC's hash may spread
	check("one channel", "0 another", 0)
	reload(both)
	check("both again", all, 4)
	table.Reset()
	table.Put(theirs)
	h.watchXDP()
	check("after a reset of the driver", all, 4)
	if !strings.Contains(log.String(), "flow rules of ours are gone") {
		t.Error("the reset is not told")
	}
	// Others have as many as are left and more: ours are missed all the same.
	table.Reset()
	for at := range uint32(6) {
		table.Put(ntuple.Entry{Location: at})
	}
	h.watchXDP()
	if n := len(h.links[0].steering.rules.Rules()); n != 4 || !strings.Contains(table.String(), "6 239.10.1.1:26477 to queue 0") {
		t.Errorf("after others took our places: %s, %d ours", table, n)
	}
	table.Reset()
	table.Put(theirs)
	h.watchXDP()
	check("once more", all, 4)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	check("after the end", "0 another", 0)
	if left := ledgers(t, root); len(left) != 0 || table.Closed != 1 {
		t.Errorf("left behind: %v, closed %d times", left, table.Closed)
	}
}

// TestRulesOfOthersServe where they say the same; they are not counted as ours, nor taken out.
func TestRulesOfOthersServe(t *testing.T) {
	wiretest.New(t)
	theirs := ntuple.Entry{Location: 7, Rule: ntuple.Rule{Dst: netip.MustParseAddrPort("239.10.1.1:26477"), Queue: 0}, Plain: true}
	table := ntupletest.New(16, theirs)
	h, _ := startWith(t, steered(t, twoWorkers(t, "native", "one1", "two2"), t.TempDir(), table))
	if !strings.Contains(h.Edge().Why, "steered by 3 flow rules, and 1 that are not ours") {
		t.Errorf("why: %s", h.Edge().Why)
	}
	if err := h.Close(); err != nil || table.String() != "7 239.10.1.1:26477 to queue 0" {
		t.Errorf("%v; left %s", err, table)
	}
}

// TestAKilledRunsRulesAreTakenBack starts after a run that could not clean up, also when nothing is to be steered any more.
func TestAKilledRunsRulesAreTakenBack(t *testing.T) {
	wiretest.New(t)
	table, root := ntupletest.New(16), t.TempDir()
	h, _ := startWith(t, steered(t, twoWorkers(t, "native", "one1", "two2"), root, table))
	// The process is killed: the filter and sockets go, rules and ledger stay.
	l := h.links[0]
	before, kept := table.String(), *l.steering
	l.steering = nil
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if table.String() != before || len(ledgers(t, root)) != 1 || kept.count != 4 {
		t.Fatalf("the kill left %s, %v", table, ledgers(t, root))
	}
	off := twoWorkers(t, "native", "one1", "two2")
	off.Live.Steer = "off"
	h, _ = startWith(t, steered(t, off, root, table))
	if table.String() != "" || len(ledgers(t, root)) != 0 {
		t.Errorf("after the restart %s, %v", table, ledgers(t, root))
	}
	if !strings.Contains(h.Edge().Why, "not steered: live.steer: off") {
		t.Errorf("why: %s", h.Edge().Why)
	}
}

// TestWithoutFlowRules is veth, and NICs that refuse: auto says once why, and hands over; require fails and leaves nothing.
func TestWithoutFlowRules(t *testing.T) {
	wiretest.New(t)
	full := func() *ntupletest.Table { return ntupletest.New(3) }
	for _, c := range []struct {
		what   string
		change func(*config.Config)
		table  *ntupletest.Table // nil: veth's own
		says   []string
	}{
		{"veth, auto", func(*config.Config) {}, nil, []string{"not steered", "the driver has no flow rules", "hand-over"}},
		{"veth, require", func(c *config.Config) { c.Live.Steer = "require" }, nil, []string{"live.steer: require", "the driver has no flow rules"}},
		{"veth, require, rx: auto", func(c *config.Config) { c.Live.Steer, c.Live.RX = "require", "auto" }, nil, []string{"live.steer: require", "the driver has no flow rules"}},
		{"sockets, require", func(c *config.Config) { c.Live.Steer, c.Live.RX = "require", "socket" }, nil, []string{"live.steer: require", "only AF_XDP is steered"}},
		{"full, auto", func(*config.Config) {}, full(), []string{"steered by 3 flow rules, of 4", "rule table is full"}},
		{"full, require", func(c *config.Config) { c.Live.Steer = "require" }, full(), []string{"live.steer: require", "rule table is full"}},
		{"no queue, require", func(c *config.Config) {
			c.Live.Steer, c.Live.Queues = "require", map[string][]int{wiretest.RX: {0, 0, 0, 0}}
		}, ntupletest.New(9),
			[]string{"channel two2 line A: its worker polls no queue of wbrx", "live.queues"}},
		{"no queue, auto", func(c *config.Config) { c.Live.Queues = map[string][]int{wiretest.RX: {0, 0, 0, 0}} }, ntupletest.New(9),
			[]string{"steered by 2 flow rules", "2 lines of workers that poll none of the queues are handed over"}},
	} {
		cfg, root, log := twoWorkers(t, "native", "one1", "two2"), t.TempDir(), &logged{}
		c.change(cfg)
		o := Options{Config: cfg, Shm: control.Options{Root: root}, Log: slog.New(slog.NewTextHandler(log, nil))}
		if c.table != nil {
			o.rules = steered(t, cfg, root, c.table).rules
		}
		h, err := Start(context.Background(), o)
		require := cfg.Live.Steer == "require"
		said := ""
		switch {
		case require && err == nil:
			t.Errorf("%s: started", c.what)
		case require:
			said = err.Error()
		case err != nil:
			t.Errorf("%s: %v", c.what, err)
		default:
			if said = h.Edge().Why; strings.Count(log.String(), "steered") != 1 {
				t.Errorf("%s: not told once: %s", c.what, log)
			}
		}
		for _, want := range c.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q is not said: %s", c.what, want, said)
			}
		}
		if h != nil {
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		}
		if c.table != nil && c.table.String() != "" {
			t.Errorf("%s: left in the NIC: %s", c.what, c.table)
		}
		if xdpAttached(t) {
			t.Errorf("%s: a filter is left", c.what)
		}
		if m, err := socket.ReadMemberships(); err != nil || m.Has(wiretest.RX, 0xEF0A0101) {
			t.Errorf("%s: still a member (%v)", c.what, err)
		}
		for _, place := range []string{".steering/*", "t*"} {
			if left, _ := filepath.Glob(filepath.Join(root, place)); len(left) != 0 && (require || place[0] == '.') {
				t.Errorf("%s: left behind: %v", c.what, left)
			}
		}
	}
}

// TestRulesOfAnEarlierRunUnknown goes on without rules where the ledger cannot be read, and with require does not.
func TestRulesOfAnEarlierRunUnknown(t *testing.T) {
	wiretest.New(t)
	space, err := networkNamespace()
	if err != nil {
		t.Fatal(err)
	}
	table, root := ntupletest.New(16), t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, ".steering", fmt.Sprintf("%d-%s", space, wiretest.RX)), 0o700); err != nil {
		t.Fatal(err)
	}
	h, log := startWith(t, steered(t, twoWorkers(t, "native", "one1", "two2"), root, table))
	if table.String() != "" || !strings.Contains(log.String(), "flow rules are left alone") {
		t.Errorf("rules %s: %s", table, log)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	c := twoWorkers(t, "native", "one1", "two2")
	c.Live.Steer = "require"
	o := steered(t, c, root, table)
	o.Log = slog.New(slog.DiscardHandler)
	if _, err := Start(context.Background(), o); err == nil || !strings.Contains(err.Error(), "live.steer: require: rules of an earlier run") {
		t.Errorf("require: %v", err)
	}
	if xdpAttached(t) || table.Closed != 2 {
		t.Errorf("left behind, closed %d times", table.Closed)
	}
}

// TestAnInterfaceLeavesWithItsChannels has a reload take the last channel off an interface: its filter and sockets go, and
// come back with the next.
func TestAnInterfaceLeavesWithItsChannels(t *testing.T) {
	wiretest.New(t)
	both, one := twoWorkers(t, "native", "one1", "two2"), twoWorkers(t, "native", "one1")
	wiretest.IP(t, "link add wbother type veth peer name wbotherp")
	wiretest.IP(t, "addr add 10.98.0.1/24 dev wbother")
	wiretest.IP(t, "link set wbother up")
	wiretest.IP(t, "link set wbotherp up")
	for i := range both.Channels[1].Lines {
		both.Channels[1].Lines[i].Interface = "wbother"
	}
	h, _ := start(t, both, nil)
	for i, c := range []*config.Config{one, both, one} {
		if _, err := h.Reload(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		if attached, want := attachedTo(t, "wbother"), c == both; attached != want || len(h.links) != len(c.Channels) {
			t.Errorf("reload %d: attached %v, %d links", i, attached, len(h.links))
		}
	}
	if !attachedTo(t, wiretest.RX) {
		t.Error("the other interface's filter went too")
	}
	if _, err := os.Stat(filepath.Join(h.opts.Shm.Root, ".steering")); err == nil {
		t.Error(fmt.Errorf("a directory for rules, without rules"))
	}
}
