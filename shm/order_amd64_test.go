//go:build !purego && !race

package shm

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// storesInOrder is what TestMarkIsStoredFirst looks at.
//
//go:noinline
func storesInOrder(ring *MBORing) {
	slot := ring.Claim()
	slot.Body.OrderID = 0x11111111
	slot.Body.Price = 0x22222222
	slot.Body.TsRecv = 0x33333333
	ring.Commit(slot)
}

// TestMarkIsStoredFirst reads the machine code: the mark is stored, before any field, and the commit is called after all.
// Nothing in the language says so. Should a compiler do otherwise, claim must become assembly, as on arm64.
func TestMarkIsStoredFirst(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a binary")
	}
	_, w, _ := newRing(t, SchemaMBO, 2)
	storesInOrder(MBOOf(w))
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	bin := filepath.Join(t.TempDir(), "shm.test") // this test's own binary has no symbols
	if out, err := exec.Command("go", "test", "-c", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command("go", "tool", "objdump", "-s", `^wirebook/shm\.storesInOrder$`, bin).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	code := string(out)
	mark := regexp.MustCompile(`claim_amd64_unsafe\.go:.*MOVQ \w+, 0\(\w+\)`).FindStringIndex(code)
	commit := strings.Index(code, "CALL wirebook/shm.commit")
	if mark == nil || commit < mark[0] {
		t.Fatalf("mark or commit are not where they were:\n%s", code)
	}
	for _, field := range []string{"$0x11111111", "$0x22222222", "$0x33333333"} {
		if at := strings.Index(code, field); at < mark[0] || at > commit {
			t.Errorf("%s is not stored between mark and commit:\n%s", field, code)
		}
	}
}
