package venuesim

import (
	"os/exec"
	"strings"
	"testing"
)

// The venue's layouts are its own: nothing of it comes from a decoder, and nothing but a command and tests may know it.
func TestVenueSharesNothingWithItsClient(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "wirebook/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	const ours = "wirebook/feedhandler/sim/venuesim"
	seen := false
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		for _, dep := range f[1:] {
			if f[0] == ours {
				seen = true
				if strings.HasPrefix(dep, "wirebook/feedhandler/venue") || strings.HasPrefix(dep, "wirebook/feedhandler/recovery") {
					t.Errorf("the venue reads with %s", dep)
				}
			}
			if dep == ours && !strings.HasPrefix(f[0], "wirebook/cmd/") {
				t.Errorf("%s knows the simulated venue", f[0])
			}
		}
	}
	if !seen {
		t.Error("the venue was not listed")
	}
}
