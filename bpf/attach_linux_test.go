package bpf

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// inNamespace runs f on a thread in a network namespace of its own with a veth pair of the MTU; the namespace and all
// in it go when the thread ends. f must not call Fatal.
func inNamespace(tb testing.TB, mtu int, f func(ifindex int) error) {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("network namespaces need root; this check did not run")
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("%w: %w", errNamespace, err)
			}
			// No IPv6, so that no packet is there that the test did not send; absent where the kernel has none.
			_ = os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
			attrs := netlink.NewLinkAttrs()
			attrs.Name, attrs.MTU = "wb0", mtu
			veth := &netlink.Veth{LinkAttrs: attrs, PeerName: "wb1", PeerMTU: uint32(mtu)}
			if err := netlink.LinkAdd(veth); err != nil {
				return fmt.Errorf("add a veth pair: %w", err)
			}
			l, err := netlink.LinkByName("wb0")
			if err != nil {
				return err
			}
			return f(l.Attrs().Index)
		}()
	}()
	err := <-done
	if errors.Is(err, errNamespace) && errors.Is(err, unix.EPERM) {
		tb.Skipf("network namespaces need CAP_SYS_ADMIN; this check did not run: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
}

var errNamespace = errors.New("make a network namespace")

func attached(ifindex int) (bool, error) {
	l, err := netlink.LinkByIndex(ifindex)
	if err != nil {
		return false, err
	}
	return l.Attrs().Xdp != nil && l.Attrs().Xdp.Attached, nil
}

// TestAttach attaches in each way and looks what the kernel has then, and after Close.
func TestAttach(t *testing.T) {
	for _, c := range []struct {
		name  string
		o     Options
		mtu   int
		hook  Hook
		stamp StampSource
	}{
		{"best", Options{}, 1500, HookNative, SourceHardware}, // veth lets a device-bound program in
		{"driver stamps", Options{Stamps: StampsDriver}, 1500, HookNative, SourceDriver},
		{"no stamps", Options{Stamps: StampsNone}, 1500, HookNative, SourceNone},
		{"generic", Options{Hook: HookGeneric}, 1500, HookGeneric, SourceDriver},
		{"carried", Options{Stamps: StampsCarried}, 1500, HookNative, SourceHardware},
		{"jumbo", Options{}, 9000, HookNative, SourceHardware}, // only a program for several buffers may
		{"jumbo generic", Options{Hook: HookGeneric}, 9000, HookGeneric, SourceDriver},
	} {
		t.Run(c.name, func(t *testing.T) {
			inNamespace(t, c.mtu, func(ifindex int) error {
				c.o.Ifindex = ifindex
				f, err := Load(c.o)
				if err != nil {
					return err
				}
				defer f.Close()
				if err := f.Check(); err == nil || !strings.Contains(err.Error(), "not attached") {
					t.Errorf("check before attaching: %v", err)
				}
				r, err := f.Attach()
				if err != nil {
					return err
				}
				if r.Hook != c.hook || r.Stamp != c.stamp || r.ProgramID == 0 || len(r.Attempts) != 0 {
					t.Errorf("report %+v, want %s hook and %s stamps at once", r, c.hook, c.stamp)
				}
				if _, err := f.Attach(); err == nil {
					t.Error("attached twice")
				}
				if err := f.Check(); err != nil {
					t.Error(err)
				}
				for _, again := range []bool{true, false} {
					if err := f.Detach(); err != nil {
						return err
					}
					if on, err := attached(ifindex); err != nil || on {
						t.Errorf("after Detach a program is attached: %v, %v", on, err)
					}
					if again {
						if _, err := f.Attach(); err != nil {
							return fmt.Errorf("attach again: %w", err)
						}
					}
				}
				if _, err := f.Attach(); err != nil {
					return err
				}
				if err := f.Close(); err != nil {
					return err
				}
				if on, err := attached(ifindex); err != nil || on {
					t.Errorf("after Close a program is attached: %v, %v", on, err)
				}
				return nil
			})
		})
	}
}

// TestFallback: loopback has no native hook and no device-bound programs; the report says what failed and why.
func TestFallback(t *testing.T) {
	inNamespace(t, 1500, func(int) error {
		f, err := Load(Options{Ifindex: 1})
		if err != nil {
			return err
		}
		defer f.Close()
		r, err := f.Attach()
		if err != nil {
			return err
		}
		if r.Hook != HookGeneric || r.Stamp != SourceDriver || len(r.Attempts) != 2 {
			t.Errorf("report %s, want the generic hook with driver stamps after two attempts", r)
		}
		if s := r.String(); !strings.Contains(s, "not native hook, stamps driver: ") || !strings.Contains(s, "the driver has no XDP") {
			t.Errorf("report without the reason: %s", s)
		}
		t.Log(r)
		return nil
	})
}

// TestOccupied: a second filter is refused, the holder named and left alone. It is the holder in this network namespace:
// another has an interface of the same number and a filter on it, which was there first.
func TestOccupied(t *testing.T) {
	inNamespace(t, 1500, func(other int) error {
		elsewhere, err := Load(Options{Ifindex: other})
		if err != nil {
			return err
		}
		defer elsewhere.Close()
		if _, err := elsewhere.Attach(); err != nil {
			return err
		}
		inNamespace(t, 1500, func(ifindex int) error {
			if ifindex != other {
				t.Errorf("interface numbers %d and %d: the test wants them equal", other, ifindex)
			}
			return occupied(t, ifindex)
		})
		return elsewhere.Check()
	})
}

func occupied(t *testing.T, ifindex int) error {
	first, err := Load(Options{Ifindex: ifindex})
	if err != nil {
		return err
	}
	defer first.Close()
	if _, err := first.Attach(); err != nil {
		return err
	}
	for _, hook := range []Hook{HookAuto, HookGeneric} {
		second, err := Load(Options{Ifindex: ifindex, Hook: hook})
		if err != nil {
			return err
		}
		defer second.Close()
		_, err = second.Attach()
		want := fmt.Sprintf("program %d filter_hardware holds the interface by link", first.Report().ProgramID)
		if !errors.Is(err, ErrOccupied) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s hook: error %v, want one with %q", hook, err, want)
		}
	}
	return first.Check()
}

// TestInterference: somebody else detaches the program, or puts another in its place. Check says so, and the filter
// can be attached again.
func TestInterference(t *testing.T) {
	inNamespace(t, 1500, func(ifindex int) error {
		f, err := Load(Options{Ifindex: ifindex})
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Subscribe(Subscription{Group: netip.MustParseAddrPort("239.1.1.1:1"), ID: 1}); err != nil {
			return err
		}
		if _, err := f.Attach(); err != nil {
			return err
		}
		theirs, err := linkOf(f)
		if err != nil {
			return err
		}
		defer theirs.Close()
		other, err := f.load(variant{program: filterProgFilterNone})
		if err != nil {
			return err
		}
		defer other.Close()
		if err := theirs.Update(other); err != nil {
			return err
		}
		if err := f.Check(); !errors.Is(err, ErrReplaced) {
			t.Errorf("replaced: %v", err)
		}
		if err := theirs.Detach(); err != nil {
			return err
		}
		if err := f.Check(); !errors.Is(err, ErrDetached) {
			t.Errorf("detached: %v", err)
		}
		if err := f.Detach(); err != nil {
			return err
		}
		if _, err := f.Attach(); err != nil {
			return fmt.Errorf("attach again: %w", err)
		}
		if err := f.Check(); err != nil {
			return err
		}
		if err := netlink.LinkDel(&netlink.GenericLink{LinkAttrs: netlink.LinkAttrs{Name: "wb0", Index: ifindex}, LinkType: "veth"}); err != nil {
			return err
		}
		if err := f.Check(); !errors.Is(err, ErrDetached) {
			t.Errorf("interface gone: %v", err)
		}
		return nil
	})
}

// linkOf opens the filter's link as another process would: by its number.
func linkOf(f *Filter) (link.Link, error) {
	info, err := f.link.Info()
	if err != nil {
		return nil, err
	}
	return link.NewFromID(info.ID)
}

// TestLoadRefuses: wrong options, a missing interface, missing rights.
func TestLoadRefuses(t *testing.T) {
	for _, o := range []Options{{}, {Ifindex: -1}, {Ifindex: 1, Queues: -1}, {Ifindex: 1, MaxSubscriptions: -1}} {
		if _, err := Load(o); err == nil {
			t.Errorf("%+v was loaded", o)
		}
	}
	inNamespace(t, 1500, func(int) error {
		f, err := Load(Options{Ifindex: 4711})
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.Attach(); err == nil || !strings.Contains(err.Error(), "no such interface") {
			t.Errorf("attached to an interface that is not there: %v", err)
		}
		if err := f.SetSocket(64, 0); err == nil || !strings.Contains(err.Error(), "raise Options.Queues") {
			t.Errorf("socket of queue 64 of 64: %v", err)
		}
		return nil
	})
	inNamespace(t, 1500, func(ifindex int) error {
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&hdr, &none[0]); err != nil { // of this thread only
			return err
		}
		f, err := Load(Options{Ifindex: ifindex})
		if err == nil {
			f.Close()
		}
		if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON") {
			t.Errorf("without rights: %v", err)
		}
		return nil
	})
}
