// Package feedtest holds what tests of the feed handler share: where the captures are, golden comparison, lossy lines.
package feedtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Captures returns the folder of third-party captures: WIREBOOK_CAPTURES, or shared/captures beside a parent of the
// working directory. The captures may not be redistributed, so a checkout elsewhere has none: then the test is
// skipped and says so.
func Captures(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("WIREBOOK_CAPTURES"); dir != "" {
		if _, err := os.Stat(dir); err != nil {
			tb.Fatalf("WIREBOOK_CAPTURES: %v", err)
		}
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		candidate := filepath.Join(dir, "shared", "captures")
		if _, err := os.Stat(filepath.Join(candidate, "README.md")); err == nil {
			return candidate
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Skip("captures absent: set WIREBOOK_CAPTURES to the folder that holds them; this check did not run")
		}
		dir = parent
	}
}
