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

// TestCheckRefusesOneLineTwice: two channels with the lines of one profile, or one with a line that the other's profile brings.
// AF_XDP would give the second nothing, sockets would give both the same.
func TestCheckRefusesOneLineTwice(t *testing.T) {
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
		if err := checkTakers(c); (err != nil) != refused || refused && !strings.Contains(err.Error(), "channel y line A: it shares packets with channel x line A") {
			t.Errorf("%q: %v, refused: %v", lines, err, refused)
		}
	}
}
