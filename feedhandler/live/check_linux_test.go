package live

import (
	"strings"
	"testing"

	"wirebook/feedhandler/config"
)

// TestCheckTakesSampleGroups: a channel needs no lines of its own where its profile has some.
func TestCheckTakesSampleGroups(t *testing.T) {
	for profile, want := range map[string]string{"nasdaq.itch50": "", "cme.mdp3tcp": "has no lines, nor has its profile"} {
		c, err := config.Parse("x.yaml", []byte("live: {interface: lo, rx: socket}\nchannels: [{name: x, profile: "+profile+"}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		err = Check(c)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", profile, err, want)
		}
	}
}

// TestPlanRefusesOneLineTwice: a filter gives a frame to one channel, whether the configuration or a profile has the line.
func TestPlanRefusesOneLineTwice(t *testing.T) {
	for lines, refused := range map[string]bool{
		"": true,
		"lines: [{name: A, group: 233.54.12.111, port: 26477}]":            true,
		"lines: [{name: A, group: 233.54.12.111, port: 26477, vlan: any}]": true,
		"lines: [{name: A, group: 233.54.12.111, port: 26477, vlan: 142}]": false,
		"lines: [{name: A, group: 233.54.12.111, port: 26478}]":            false,
	} {
		c, err := config.Parse("x.yaml", []byte("live: {interface: lo, rx: auto}\nchannels:\n- {name: x, profile: nasdaq.itch50}\n- {name: y, profile: nasdaq.itch50, "+lines+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := planXDP(c); (err != nil) != refused || refused && !strings.Contains(err.Error(), "channel y line A: channel x takes 233.54.12.111:26477 on lo already") {
			t.Errorf("%q: %v, refused: %v", lines, err, refused)
		}
	}
}
