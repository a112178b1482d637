package nasdaq

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
)

// TestEveryHaltReasonHasAMeaning: each reason code the specification tables list maps to a DBN reason.
func TestEveryHaltReasonHasAMeaning(t *testing.T) {
	for file, field := range map[string]string{
		"nasdaq-totalview-itch-5.0-2026.tsv":  "reason_code",
		"nasdaq-texas-totalview-itch-5.0.tsv": "trading_action_reason",
	} {
		raw, err := os.ReadFile(filepath.Join(feedtest.Captures(t), "..", "specs", file))
		if err != nil {
			t.Skipf("layout tables absent beside the captures: %v; this check did not run", err)
		}
		count := 0
		for line := range strings.Lines(string(raw)) {
			row := strings.Split(line, "\t")
			if len(row) < 12 || row[4] != field {
				continue
			}
			for _, entry := range strings.Split(row[11], ";") {
				text, _, _ := strings.Cut(entry, "=")
				if text == "<sp>" {
					continue
				}
				code := [4]byte{' ', ' ', ' ', ' '}
				copy(code[:], text)
				if haltReason(code) == 0 {
					t.Errorf("%s: reason %s has no meaning", file, text)
				}
				count++
			}
		}
		if count < 30 {
			t.Errorf("%s: only %d reasons found", file, count)
		}
	}
}
