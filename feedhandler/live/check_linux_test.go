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
