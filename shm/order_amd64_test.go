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

// storesPacket is what TestPacketIsCommittedLast looks at.
//
//go:noinline
func storesPacket(w *PacketWriter) {
	h, payload := w.Claim(1)
	h.Value = 0x11111111
	payload[0] = 0x22
	w.Commit()
}

// codeOf returns the machine code of functions of this package. The binary of a running test has no symbols.
func codeOf(t *testing.T, functions string) string {
	if testing.Short() {
		t.Skip("builds a binary")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	bin := filepath.Join(t.TempDir(), "shm.test")
	if out, err := exec.Command("go", "test", "-c", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command("go", "tool", "objdump", "-s", functions, bin).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// TestPacketIsCommittedLast reads the machine code: what fills a claimed packet is stored before Commit is called, and Commit stores the
// sequence word in a call of its own.
func TestPacketIsCommittedLast(t *testing.T) {
	_, w, _ := newPackets(t, 256, 4)
	storesPacket(w)
	code := codeOf(t, `^wirebook/shm\.storesPacket$`)
	commit := regexp.MustCompile(`CALL wirebook/shm\.\(\*PacketWriter\)\.Commit\(SB\)`).FindStringIndex(code)
	if commit == nil {
		t.Fatalf("Commit is not called:\n%s", code)
	}
	for _, stored := range []string{"$0x11111111", "$0x22"} {
		if at := strings.Index(code, stored); at < 0 || at > commit[0] {
			t.Errorf("%s is not stored before the commit:\n%s", stored, code)
		}
	}
}

// TestMarkIsStoredFirst reads the machine code: the mark is stored, before any field, and the commit is called after all.
// Nothing in the language says so. Should a compiler do otherwise, claim must become assembly, as on arm64.
func TestMarkIsStoredFirst(t *testing.T) {
	_, w, _ := newRing(t, SchemaMBO, 2)
	storesInOrder(MBOOf(w))
	code := codeOf(t, `^wirebook/shm\.storesInOrder$`)
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
