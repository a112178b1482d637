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
	return shared(tb, "captures", "WIREBOOK_CAPTURES")
}

// Case returns the path of a file of one of the small inputs that failed once: WIREBOOK_CASES, or shared/cases beside
// a parent of the working directory. Its README says what is right for each. Where there is none the test is skipped.
func Case(tb testing.TB, folder, file string) string {
	tb.Helper()
	path := filepath.Join(shared(tb, "cases", "WIREBOOK_CASES"), folder, file)
	if _, err := os.Stat(path); err != nil {
		tb.Fatal(err)
	}
	return path
}

// shared finds a folder of inputs that are not part of the repository.
func shared(tb testing.TB, folder, variable string) string {
	tb.Helper()
	if dir := os.Getenv(variable); dir != "" {
		if _, err := os.Stat(dir); err != nil {
			tb.Fatalf("%s: %v", variable, err)
		}
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		candidate := filepath.Join(dir, "shared", folder)
		if _, err := os.Stat(filepath.Join(candidate, "README.md")); err == nil {
			return candidate
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Skipf("%s absent: set %s to the folder that holds them; this check did not run", folder, variable)
		}
		dir = parent
	}
}
