package ntuple

import (
	"errors"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"wirebook/feedhandler/feedtest/wiretest"
)

// TestDevicesWithoutRules says what is missing, by errors a caller can tell apart.
func TestDevicesWithoutRules(t *testing.T) {
	for name, want := range map[string]error{"lo": ErrNoRules, "nosuch0": ErrNoDevice} {
		d, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Count(); !errors.Is(err, want) {
			t.Errorf("%s: count: %v, want %v", name, err, want)
		}
		if _, err := d.List(); !errors.Is(err, want) {
			t.Errorf("%s: list: %v, want %v", name, err, want)
		}
		if _, err := d.Insert(Rule{netip.MustParseAddrPort("239.1.1.1:1"), 0}); !errors.Is(err, want) {
			t.Errorf("%s: insert: %v, want %v", name, err, want)
		}
		if err := d.Delete(1); os.Getuid() == 0 && !errors.Is(err, want) || err == nil {
			t.Errorf("%s: delete: %v, want %v", name, err, want)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Open("an-interface-name-too-long"); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a name too long: %v", err)
	}
}

// TestADeviceFollowsItsInterface finds the same one after it was renamed, and none of that name once it is gone.
func TestADeviceFollowsItsInterface(t *testing.T) {
	wiretest.New(t)
	wiretest.IP(t, "link add follow0 type veth peer name follow1")
	d, err := Open("follow0")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	wiretest.IP(t, "link set follow0 name follow2")
	if name, err := d.present(); name != "follow2" || err != nil {
		t.Errorf("renamed: %q, %v", name, err)
	}
	if _, _, err := d.Count(); !errors.Is(err, ErrNoRules) {
		t.Errorf("renamed: %v, want %v", err, ErrNoRules)
	}
	wiretest.IP(t, "link del follow2")
	wiretest.IP(t, "link add follow0 type veth peer name follow1")
	if _, _, err := d.Count(); !errors.Is(err, ErrNoDevice) {
		t.Errorf("another of the same name: %v, want %v", err, ErrNoDevice)
	}
}
