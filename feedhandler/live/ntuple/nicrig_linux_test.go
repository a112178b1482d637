//go:build nicrig

package ntuple

import (
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The test of this file runs in a virtual machine with the driver of a real NIC:
//
//	make nicrig NICRIG=FOLDER

// TestNICAnswers asks the driver for a rule: it takes it, and shows it as we wrote it, or says by an error of ours that it
// does not. Nothing is left either way.
func TestNICAnswers(t *testing.T) {
	d, err := Open("eth0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	before, most, err := d.Count()
	t.Logf("%d rules, room for %d, %v", before, most, err)
	if err != nil && !errors.Is(err, ErrNoRules) {
		t.Fatal(err)
	}
	others := byEtherType(t, d)
	before += others
	ledger := filepath.Join(t.TempDir(), "eth0")
	s, err := Start(d, ledger)
	if err != nil {
		t.Fatal(err)
	}
	want := Rule{netip.MustParseAddrPort("239.10.1.1:26477"), 1}
	err = s.Steer([]Rule{want})
	t.Logf("steer: %v", err)
	switch {
	case err == nil:
		list, err := d.List()
		if err != nil || len(list) != before+1 || len(s.Rules()) != 1 {
			t.Fatalf("after the insertion %v, %v", list, err)
		}
		// A run that is killed here: the next finds its rule.
		if s, err = Start(d, ledger); err != nil {
			t.Fatal(err)
		}
		if n, _, err := d.Count(); err != nil || n != before {
			t.Fatalf("the next run sees %d rules, %v; want %d", n, err, before)
		}
	case !errors.Is(err, ErrNoRules) && !errors.Is(err, ErrKind):
		t.Errorf("an answer that says nothing: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if list, err := d.List(); others > 0 && (err != nil || len(list) != before || list[0].Plain) {
		t.Errorf("somebody else's rule is now %+v, %v", list, err)
	}
	if after, _, err := d.Count(); err == nil && after != before {
		t.Errorf("%d rules before, %d after", before, after)
	}
}

// byEtherType puts somebody else's rule in, where the driver takes that kind, until the test ends.
func byEtherType(t *testing.T, d *Device) int {
	used, most, err := d.locations()
	if err != nil {
		return 0
	}
	at, err := freeLocation(used, most)
	if err != nil {
		return 0
	}
	const etherFlow, protocol = 0x12, 12
	r := request{Cmd: unix.ETHTOOL_SRXCLSRLINS, Spec: flowSpec{FlowType: etherFlow, RingCookie: 1, Location: at}}
	copy(r.Spec.Header[protocol:], []byte{0x88, 0xB5})
	copy(r.Spec.Mask[protocol:], []byte{0xFF, 0xFF})
	if err := d.do(unsafe.Pointer(&r)); err != nil {
		t.Logf("no rule by EtherType: %v", err)
		return 0
	}
	t.Logf("a rule by EtherType at %d", at)
	t.Cleanup(func() {
		if err := d.Delete(at); err != nil {
			t.Error(err)
		}
	})
	return 1
}
