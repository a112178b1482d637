package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestReplayOfPacketsRefuses what does not go with it, and an instance that recorded nothing, by code and by what to do.
func TestReplayOfPacketsRefuses(t *testing.T) {
	r := newRig(t)
	day := filepath.Join(t.TempDir(), "day.pcap")
	if got := r.run("sim", "-o", day, "--messages", "200", "--seconds", "0"); got.code != 0 {
		t.Fatal(got.errors)
	}
	if got := r.run("replay", "-q", "-p", "nasdaq.itch50", "-i", "plain", day); got.code != 0 {
		t.Fatal(got.errors)
	}
	for _, tc := range []struct {
		args string
		code int
		says string
	}{
		{"--packets plain " + day, 2, "reads no capture files"},
		{"--packets plain --speed 1", 2, "--speed does not go with --packets"},
		{"--packets plain -p nasdaq.itch50", 2, "--profile does not go with --packets"},
		{"--packets ../plain", 2, "name"},
		{"--worker 1 -p nasdaq.itch50 " + day, 2, "--worker goes with --packets"},
		{"--packets plain", 1, "rings.packets"},
		{"--packets plain --worker 3", 1, "worker 3"},
		{"--packets nothere", 1, "nothere"},
	} {
		if got := r.run(append([]string{"replay"}, strings.Fields(tc.args)...)...); got.code != tc.code || !strings.Contains(got.errors, tc.says) {
			t.Errorf("replay %s: code %d, %s; want %d, %q", tc.args, got.code, got.errors, tc.code, tc.says)
		}
	}
}
