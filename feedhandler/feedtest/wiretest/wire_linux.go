package wiretest

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The ends of the pair.
const (
	TX = "wbtx"
	RX = "wbrx"
)

// New moves the test's goroutine, locked to its thread, into a new namespace with the pair up and addressed. The thread
// ends with the test. Interfaces and sockets are to be opened on this goroutine; what is open may be used on any.
func New(tb testing.TB) {
	tb.Helper()
	if os.Getuid() != 0 {
		tb.Skip("network namespaces need root: this check did not run")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		tb.Skip("no ip command (iproute2): this check did not run")
	}
	// Never unlocked: a thread in a foreign namespace must not serve other goroutines.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		if errors.Is(err, unix.EPERM) {
			tb.Skip("network namespaces are not allowed here: this check did not run")
		}
		tb.Fatalf("unshare: %v", err)
	}
	IP(tb, "link set lo up")
	IP(tb, "link add "+TX+" numtxqueues 4 numrxqueues 4 type veth peer name "+RX+" numtxqueues 4 numrxqueues 4")
	Up(tb)
}

// Up addresses the pair and brings it up, also after Down or when it was made anew.
func Up(tb testing.TB) {
	tb.Helper()
	for name, address := range map[string]string{TX: "10.99.0.1/16", RX: "10.99.0.2/16"} {
		// Both ends are ours: the source is an address of this host, which the kernel refuses by default.
		for key, v := range map[string]string{"accept_local": "1", "rp_filter": "0"} {
			set(tb, "/proc/sys/net/ipv4/conf/"+name+"/"+key, v)
		}
		IP(tb, "addr replace "+address+" dev "+name)
		IP(tb, "link set "+name+" up")
	}
	set(tb, "/proc/sys/net/ipv4/conf/all/rp_filter", "0")
	for end := time.Now().Add(5 * time.Second); ; {
		if Operational(TX) && Operational(RX) {
			return
		}
		if time.Now().After(end) {
			tb.Fatal("the veth pair has no carrier after 5 s")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Operational says whether the kernel has seen an interface's carrier.
func Operational(name string) bool {
	// sysfs shows the namespace it was mounted in: ask ip.
	out, err := exec.Command("ip", "-o", "link", "show", name).Output()
	return err == nil && strings.Contains(string(out), "state UP")
}

// IP runs the ip command in the test's namespace.
func IP(tb testing.TB, args string) {
	tb.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		tb.Fatalf("ip %s: %v: %s", args, err, out)
	}
}

func set(tb testing.TB, path, value string) {
	tb.Helper()
	// /proc/sys/net is that of the thread that opens it.
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		tb.Fatal(err)
	}
}
