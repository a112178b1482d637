//go:build nicrig

package nictest

import (
	"strings"
	"testing"
)

// TestDoctor examines the NIC of the guest: what it finds is what the other tests use.
func TestDoctor(t *testing.T) {
	hw := hardware(t)
	var report struct {
		Findings []struct{ ID, Level, Found, Want, Cost, Fix string } `json:"findings"`
	}
	object(t, nil, &report, "doctor", "--interface", nic, "--json")
	type finding struct{ level, found string }
	got := map[string]finding{}
	for _, f := range report.Findings {
		got[f.ID] = finding{f.Level, f.Found}
		if f.Level != "ok" && (f.Found == "" || f.Want == "" || f.Cost == "" || f.Fix == "") {
			t.Errorf("a finding without what it costs and how to mend it: %+v", f)
		}
	}
	want := map[string]finding{
		"nic.zero_copy:eth0": {"ok", "since"}, "nic.phc:eth0": {"ok", "/dev/ptp"}, "nic.link:eth0": {"ok", "up"}, "nic.queues:eth0": {"ok", " of "},
		"nic.hardware_stamps:eth0": {"ok", "every packet"}, "nic.phc_lock:eth0": {"warn", "unsynchronised; reference: nothing"}, "time.phc": {"ok", "2 PTP clocks"},
	}
	if !hw {
		want["nic.hardware_stamps:eth0"] = finding{"warn", "PTP packets only"}
		want["nic.phc_lock:eth0"] = finding{"warn", "cannot stamp every packet"}
	}
	for id, w := range want {
		if g := got[id]; g.level != w.level || !strings.Contains(g.found, w.found) {
			t.Errorf("%s: %s, %q; want %s, %q", id, g.level, g.found, w.level, w.found)
		}
	}
}

// TestPTPWords: what is printed for people says where stamps would come from, and gives no bound that nobody vouches for.
func TestPTPWords(t *testing.T) {
	out, stderr, code := tryVerb(nil, "ptp", "--interface", nic, "--for", "1s")
	t.Log(out, stderr)
	stamps := "by the NIC, every packet"
	if !hardware(t) {
		stamps = "this NIC cannot stamp every packet"
	}
	row := func(name string) string {
		for line := range strings.Lines(out) {
			if rest, ok := strings.CutPrefix(line, name+" "); ok {
				return strings.TrimSpace(rest)
			}
		}
		return ""
	}
	if code == 0 || !strings.Contains(row("stamps"), stamps) || row("bound") != "unknown" || !strings.HasPrefix(row("state"), "unsynchronised") || !strings.HasPrefix(row("clock"), "/dev/ptp") {
		t.Errorf("exit code %d", code)
	}
}
