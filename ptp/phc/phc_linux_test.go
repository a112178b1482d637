package phc

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wirebook/ptp"
)

func TestFindNamesWhatIsMissing(t *testing.T) {
	info, err := Find("lo")
	if err != nil {
		t.Fatal(err)
	}
	if info.HasClock() || info.Path != "" || info.RxAll {
		t.Errorf("the loopback has a hardware clock: %+v", info)
	}
	if err := NoClock(info); !errors.Is(err, ErrNoClock) || !strings.Contains(err.Error(), "lo") || !strings.Contains(err.Error(), "chrony") {
		t.Errorf("%v", err)
	}
	for _, name := range []string{"nosuch0", "", "a-name-that-is-far-too-long"} {
		if _, err := Find(name); !errors.Is(err, ErrNoInterface) {
			t.Errorf("Find(%q): %v", name, err)
		}
	}
}

func TestOpenSaysWhatToDo(t *testing.T) {
	if _, err := Open("/dev/ptp4095"); !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), "/dev/ptp4095") {
		t.Errorf("missing device: %v", err)
	}
	if _, err := Open("/dev/null"); !errors.Is(err, ErrNoDevice) {
		t.Errorf("/dev/null is no PTP device: %v", err)
	}
	plain := filepath.Join(t.TempDir(), "ptp0")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(plain); !errors.Is(err, ErrNoDevice) {
		t.Errorf("a file is no PTP device: %v", err)
	}
	if os.Geteuid() != 0 {
		if err := os.Chmod(plain, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(plain); !errors.Is(err, ErrNoRights) {
			t.Errorf("unreadable: %v", err)
		}
	}
}

func TestReceiveStampsOfAnInterfaceWithoutThem(t *testing.T) {
	if _, err := EnableReceiveStamps("lo"); !errors.Is(err, ErrNoStamps) && !errors.Is(err, ErrNoRights) || !strings.Contains(err.Error(), "lo") {
		t.Errorf("%v", err)
	}
	if _, err := EnableReceiveStamps("nosuch0"); !errors.Is(err, ErrNoInterface) {
		t.Errorf("%v", err)
	}
}

func TestNarrower(t *testing.T) {
	wide := ptp.Sample{BeforeNS: 100, PHC: 1, AfterNS: 200}
	narrow := ptp.Sample{BeforeNS: 300, PHC: 2, AfterNS: 320}
	backwards := ptp.Sample{BeforeNS: 500, PHC: 3, AfterNS: 400}
	for _, test := range []struct{ a, b, want ptp.Sample }{
		{ptp.Sample{}, wide, wide}, {wide, narrow, narrow}, {narrow, wide, narrow}, {wide, backwards, wide}, {backwards, wide, wide},
	} {
		if got := narrower(test.a, test.b); got != test.want {
			t.Errorf("narrower(%+v, %+v) = %+v", test.a, test.b, got)
		}
	}
}

func TestHostClock(t *testing.T) {
	h, err := ReadHost()
	if err != nil {
		t.Fatal(err)
	}
	if h.TAIOffset < 0 || h.TAIOffset > 100 {
		t.Errorf("TAI offset %d s", h.TAIOffset)
	}
	a, err := ReadHostTimes()
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
	b, err := ReadHostTimes()
	if err != nil {
		t.Fatal(err)
	}
	for name, gone := range map[string]uint64{"UTC": b.UTC - a.UTC, "raw": b.Raw - a.Raw} {
		if gone < 9_000_000 || gone > 5_000_000_000 {
			t.Errorf("%s advanced by %d ns in 10 ms", name, gone)
		}
	}
}

// hardware finds a NIC with a PHC, as the NIC rig has, or skips.
func hardware(t *testing.T) Info {
	t.Helper()
	entries, _ := os.ReadDir("/sys/class/net")
	for _, e := range entries {
		if info, err := Find(e.Name()); err == nil && info.HasClock() {
			return info
		}
	}
	t.Skip("no interface with a PTP hardware clock here: this check runs in the NIC rig or on a host with one")
	return Info{}
}

func TestHardwareClockIsReadAndFitted(t *testing.T) {
	info := hardware(t)
	c, err := Open(info.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	method, why := c.Method()
	t.Logf("%+v: %v comparison, %s", info, method, why)
	e := ptp.NewEstimator(ptp.Config{MaxBoundNS: 100_000_000, WanderPPB: 100_000})
	e.SetReference(ptp.Reference{Kind: ptp.ReferenceSystem, BoundNS: 1})
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(60 * time.Millisecond) {
		s, err := c.Sample()
		if err != nil {
			t.Fatal(err)
		}
		if s.AfterNS < s.BeforeNS {
			t.Fatalf("backwards: %+v", s)
		}
		e.Add(s)
	}
	s := e.Status()
	t.Logf("%+v", s)
	if s.State != ptp.Locked {
		t.Errorf("a second and more of readings, and %v: %v", s.State, s.Cause)
	}
}

func TestHardwareReceiveStampsAreSwitchedOnAndBack(t *testing.T) {
	info := hardware(t)
	fd, err := controlSocket()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	before, _ := unix.IoctlGetHwTstamp(fd, info.Interface)
	s, err := EnableReceiveStamps(info.Interface)
	if !info.RxAll {
		if !errors.Is(err, ErrNoStamps) {
			t.Fatalf("the NIC stamps PTP only: %v", err)
		}
		t.Logf("refused as it should: %v", err)
		return
	}
	if errors.Is(err, ErrNoRights) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Somebody switches it off: Check repairs it.
	off := unix.HwTstampConfig{Rx_filter: unix.HWTSTAMP_FILTER_NONE}
	if err := unix.IoctlSetHwTstamp(fd, info.Interface, &off); err != nil {
		t.Fatal(err)
	}
	if repaired, err := s.Check(); err != nil || !repaired || s.Repairs() != 1 {
		t.Errorf("repaired %v, %v", repaired, err)
	}
	if now, err := unix.IoctlGetHwTstamp(fd, info.Interface); err != nil || now.Rx_filter != unix.HWTSTAMP_FILTER_ALL {
		t.Errorf("after Check: %+v, %v", now, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if now, err := unix.IoctlGetHwTstamp(fd, info.Interface); err != nil || before == nil || now.Rx_filter != off.Rx_filter {
		t.Errorf("after Close: %+v, %v", now, err)
	}
}
