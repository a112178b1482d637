package replay

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAPipeIsNotLookedThrough refuses to find channels in what can be read once, instead of waiting for a second writer.
func TestAPipeIsNotLookedThrough(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day.pcap")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), Options{Files: []string{path}, Profile: "nasdaq.itch50"}); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("a pipe: %v", err)
	}
}
