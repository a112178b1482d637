package feedhandler_test

import (
	"os/exec"
	"strings"
	"testing"
)

// list runs go list and returns its lines.
func list(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	var notes strings.Builder // go says there what it downloads
	cmd.Stderr = &notes
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, notes.String())
	}
	return strings.Fields(string(out))
}

// TestCoreDoesNoIO holds the first rule of the design: bytes and stamps in, records out.
func TestCoreDoesNoIO(t *testing.T) {
	forbidden := map[string]bool{"net": true, "os": true, "time": true, "log": true, "log/slog": true, "syscall": true, "fmt": true}
	for _, pkg := range []string{"wirebook/feedhandler", "wirebook/arbitration", "wirebook/book", "wirebook/ptp", "wirebook/shm"} {
		deps := list(t, "-deps", pkg)
		if len(deps) == 0 || deps[len(deps)-1] != pkg {
			t.Fatalf("%s: go list -deps says %v", pkg, deps)
		}
		for _, dep := range deps {
			if forbidden[dep] {
				t.Errorf("%s pulls in %s", pkg, dep)
			}
		}
	}
}

// layer is a package's height in the house; arrows point down only.
var layer = map[string]int{
	"arbitration": 1, "book": 1, "ptp": 1, "shm": 1, "afxdp": 1, "bpf": 1,
	"feedhandler/venue": 2, "feedhandler/pages": 2, "feedhandler/checksum": 2,
	"feedhandler": 3,
	// Around the core: readers of files, of configuration, of rings.
	"feedhandler/capture": 4, "feedhandler/sim": 4, "feedhandler/config": 4, "feedhandler/inspect": 4,
	"feedhandler/export": 4, "feedhandler/control": 4, "feedhandler/replay": 4, "feedhandler/playback": 4, "feedhandler/view": 4, "feedhandler/live": 4,
	"feedhandler/socket": 4, "feedhandler/xdpsend": 4, "feedhandler/bench": 4,
	"cmd": 5, "scripts": 5, // scripts holds only tests of what make runs
}

// leaves know nothing of ours, not even of each other.
var leaves = []string{"arbitration", "book", "ptp", "shm", "afxdp", "bpf"}

func height(pkg string) (string, int) {
	pkg = strings.TrimPrefix(pkg, "wirebook/")
	best, at := "", 0
	for name, h := range layer {
		if (pkg == name || strings.HasPrefix(pkg, name+"/")) && len(name) > len(best) {
			best, at = name, h
		}
	}
	return best, at
}

// TestArrowsPointDown holds the dependency direction of the architecture.
func TestArrowsPointDown(t *testing.T) {
	for _, pkg := range list(t, "wirebook/...") {
		if strings.HasPrefix(pkg, "wirebook/feedhandler/feedtest") || strings.Contains(pkg, "/internal/") {
			continue
		}
		room, h := height(pkg)
		if h == 0 {
			t.Errorf("%s has no place in the house: give it one here and in docs/ARCHITECTURE.md", pkg)
			continue
		}
		for _, dep := range list(t, "-f", "{{join .Imports \"\\n\"}}", pkg) {
			if !strings.HasPrefix(dep, "wirebook/") {
				continue
			}
			other, d := height(dep)
			if other == room || strings.Contains(dep, "/internal/") {
				continue
			}
			if d > h {
				t.Errorf("%s (layer %d) imports %s (layer %d): arrows point down", pkg, h, dep, d)
			}
			for _, leaf := range leaves {
				if room == leaf {
					t.Errorf("%s is a leaf and imports %s", pkg, dep)
				}
			}
			if room == "feedhandler/venue" && pkg != "wirebook/feedhandler/venue" && d == 1 && other != "book" {
				t.Errorf("%s is a plug-in and imports %s: only book, framing and layout", pkg, dep)
			}
		}
	}
}

// floor is a room's height within feedhandler/live: its doors open downwards only.
var floor = map[string]int{"worker": 1, "ntuple": 1, "rights": 1, "doctor": 2, "xdp": 2, "": 3}

// TestLiveHasOneWayDoors: the hot thread knows nobody above it, queues know the thread that polls them, and only what
// manages both knows both.
func TestLiveHasOneWayDoors(t *testing.T) {
	const house = "wirebook/feedhandler/live"
	room := func(pkg string) string {
		first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(pkg, house), "/"), "/")
		return first
	}
	for _, pkg := range list(t, house+"/...") {
		at, known := floor[room(pkg)]
		if !known {
			t.Errorf("%s is on no floor: give it one here and in docs/ARCHITECTURE.md", pkg)
		}
		for _, dep := range list(t, "-f", "{{join .Imports \"\\n\"}}", pkg) {
			if dep != house && !strings.HasPrefix(dep, house+"/") || room(dep) == room(pkg) {
				continue
			}
			if floor[room(dep)] >= at {
				t.Errorf("%s imports %s: doors open downwards", pkg, dep)
			}
		}
	}
}

// TestDrawingBelongsToViews: the command wires flags to the views, which print and draw.
func TestDrawingBelongsToViews(t *testing.T) {
	for _, dep := range list(t, "-f", "{{join .Imports \"\\n\"}}", "wirebook/cmd/wirebook") {
		if strings.HasPrefix(dep, "charm.land/") {
			t.Errorf("cmd/wirebook draws with %s: that belongs to feedhandler/view", dep)
		}
	}
}
