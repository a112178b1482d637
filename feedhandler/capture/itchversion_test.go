package capture

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
)

// TestITCH41IsNamed by the file's name and by its first messages, and nobody is sent to an option that cannot help.
func TestITCH41IsNamed(t *testing.T) {
	file := feedtest.Case(t, "19-itch41", "S060212-v41.txt")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	unnamed := filepath.Join(t.TempDir(), "day.bin")
	if err := os.WriteFile(unnamed, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, unnamed} {
		_, err := Open([]string{path}, Options{})
		if !errors.Is(err, ErrNotCapture) || !strings.Contains(err.Error(), "4.1") || !strings.Contains(err.Error(), "nasdaq.itch50") || strings.Contains(err.Error(), "format option") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
