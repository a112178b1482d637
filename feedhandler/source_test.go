package feedhandler_test

import (
	"fmt"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
)

// TestALineOfOneSourceBesideOneOfAny is refused, whoever comes first, alike by the configuration and by the core: a filter gives
// such a packet to the one, a socket to both, and whose it were would depend on the mode.
func TestALineOfOneSourceBesideOneOfAny(t *testing.T) {
	for _, c := range []struct {
		a, b string
		fine bool
	}{
		{"", "10.0.0.1", false}, {"10.0.0.1", "", false}, {"10.0.0.1", "10.0.0.1", false}, {"", "", false},
		{"10.0.0.1", "10.0.0.2", true},
		{"10.0.0.1, vlan: 5", ", vlan: 6", true}, {"10.0.0.1, vlan: 5", ", vlan: any", false}, {", vlan: any", "10.0.0.1", false},
	} {
		line := func(name, more string) string {
			if more != "" && more[0] != ',' {
				more = ", source: " + more
			}
			return fmt.Sprintf("{name: %s, profile: nasdaq.itch50, lines: [{name: A, group: 239.1.1.1, port: 9%s}]}", name, more)
		}
		_, err := config.Parse("x.yaml", []byte("live: {interface: lo}\nchannels: ["+line("a", c.a)+", "+line("b", c.b)+"]\n"))
		if (err == nil) != c.fine {
			t.Errorf("%q beside %q: %v", c.a, c.b, err)
		}
		var lines []feedhandler.LineConfig
		for n, more := range []string{c.a, c.b} {
			one, err := config.Parse("x.yaml", []byte("live: {interface: lo}\nchannels: ["+line("a", more)+"]\n"))
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := one.Channels[0].Build()
			if err != nil {
				t.Fatal(err)
			}
			cfg.Lines[0].Name = fmt.Sprint(n)
			lines = append(lines, cfg.Lines[0])
		}
		if lines[0].Overlaps(&lines[1]) == c.fine || lines[1].Overlaps(&lines[0]) == c.fine {
			t.Errorf("%q beside %q: overlap is not %v", c.a, c.b, !c.fine)
		}
		cfg, err := mustBuild(t)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Lines = lines
		if _, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{cfg}}); (err == nil) != c.fine {
			t.Errorf("core: %q beside %q: %v", c.a, c.b, err)
		}
	}
}

func mustBuild(t *testing.T) (feedhandler.ChannelConfig, error) {
	t.Helper()
	c, err := config.Parse("x.yaml", []byte("live: {interface: lo}\nchannels: [{name: a, profile: nasdaq.itch50, lines: [{name: A, group: 239.1.1.1, port: 9}]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c.Channels[0].Build()
}
