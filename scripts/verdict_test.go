package scripts

import (
	"os/exec"
	"strings"
	"testing"
)

// What a run of the lab is good for: a memory that grows is false, and "false // true" is true.
func TestLabVerdict(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("no jq: the verdict was not tested")
	}
	const good = `"accounted": true, "lost_exactly": true, "digests_equal": true, "lost": []`
	for _, c := range []struct {
		more, soak string
		good       bool
	}{
		{``, "0", true},
		{`, "packets": null, "memory": null, "ptp": null`, "0", true},
		{`, "packets": {"equal": false}`, "0", false},
		{`, "ptp": {"read_right": false}`, "0", false},
		{`, "memory": {"enough": true, "flat": true}`, "0", true},
		{`, "memory": {"enough": true, "flat": false}`, "0", false},
		{`, "memory": {"enough": false, "flat": null}`, "0", true}, // it says that it did not judge
		{`, "memory": {"enough": true, "flat": true}`, "60", true},
		{`, "memory": {"enough": true, "flat": false}`, "60", false},
		{`, "memory": {"enough": false, "flat": null}`, "60", false},
		{``, "60", false},
		{`, "accounted": false`, "0", false},
		{`, "lost_exactly": false`, "0", false},
		{`, "digests_equal": false`, "0", false},
		{`, "digests_equal": false, "lost": [{}]`, "0", true},
	} {
		cmd := exec.Command("jq", "-e", "--argjson", "soak", c.soak, "-f", "verdict.jq")
		cmd.Stdin = strings.NewReader("{" + good + c.more + "}")
		out, err := cmd.Output()
		if said := strings.TrimSpace(string(out)); said != "true" && said != "false" || (err == nil) != c.good {
			t.Errorf("{%s} with SOAK=%s: %s, %v; want %t", c.more, c.soak, said, err, c.good)
		}
	}
}
