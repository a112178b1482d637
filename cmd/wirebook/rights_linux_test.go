package main

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheUserReadsTheConfiguration: a run that could never reload as the user it becomes does not start.
func TestTheUserReadsTheConfiguration(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give it up; this check did not run")
	}
	if _, err := user.Lookup("nobody"); err != nil {
		t.Skip("no user nobody: this check did not run")
	}
	root, err := os.MkdirTemp("/dev/shm", "rights")
	if err != nil {
		t.Skip("no /dev/shm: this check did not run")
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil { // the user comes through
		t.Fatal(err)
	}
	file := filepath.Join(root, "feeds.yaml")
	text := `live: {interface: lo, rx: socket, user: nobody}
channels:
  - {name: one, profile: nasdaq.itch50, session_date: "2026-03-02", lines: [{name: A, group: 239.10.1.1, port: 26477, interface: nowhere0}]}
`
	for mode, want := range map[os.FileMode]string{0o600: "nobody cannot read the configuration again", 0o644: `no interface "nowhere0"`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		run := exec.Command(binary, "run", "-c", file)
		run.Env = append(os.Environ(), "WIREBOOK_SHM="+filepath.Join(root, "wirebook"))
		out, err := run.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("mode %04o: %v: %s, want %q", mode, err, out, want)
		}
	}
}
