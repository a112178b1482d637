//go:build nicrig

package nictest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const (
	wirebook = "/bin/wirebook"
	nic      = "eth0"
	peerNIC  = "eth1"
	phc      = "/dev/ptp0" // of eth0
	peerPHC  = "/dev/ptp1"
)

// hardware says whether the NIC of this guest stamps every packet.
func hardware(t *testing.T) bool {
	t.Helper()
	switch want := os.Getenv("WANT_STAMPS"); want {
	case "hardware":
		return true
	case "driver":
		return false
	default:
		t.Fatalf("WANT_STAMPS=%q: must be hardware or driver", want)
		return false
	}
}

// atPeer runs f on a thread in the namespace of the other NIC. Sockets made there stay there. f must not call Fatal.
func atPeer(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with f
		done <- func() error {
			ns, err := os.Open("/run/netns/peer")
			if err != nil {
				return fmt.Errorf("this test is for the NIC rig: %w", err)
			}
			defer ns.Close()
			if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			return f()
		}()
	}()
	return <-done
}

// process is a program that runs until the test ends.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	log *bytes.Buffer
}

// launch starts a program, in the peer's namespace where peer is set.
func launch(t *testing.T, peer bool, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(name, args...), log: &bytes.Buffer{}}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append(os.Environ(), env...), p.log, p.log
	start := p.cmd.Start
	if peer {
		start = func() error { return atPeer(p.cmd.Start) }
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("%s %s:\n%s", name, strings.Join(args, " "), p.log)
		}
	})
	return p
}

// end sends a signal and waits. It returns the exit code.
func (p *process) end(s syscall.Signal) int {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Signal(s)
		_ = p.cmd.Wait()
	}
	return p.cmd.ProcessState.ExitCode()
}

// verb runs wirebook to its end.
func verb(t *testing.T, env []string, args ...string) (out string, code int) {
	t.Helper()
	out, errors, code := tryVerb(env, args...)
	if code != 0 {
		t.Logf("%s: exit code %d: %s", strings.Join(args, " "), code, errors)
	}
	return out, code
}

func tryVerb(env []string, args ...string) (out, errors string, code int) {
	c := exec.Command(wirebook, args...)
	c.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil && c.ProcessState == nil {
		return "", err.Error(), -1
	}
	return stdout.String(), stderr.String(), c.ProcessState.ExitCode()
}

// object runs wirebook and takes its output for JSON. Its exit code may be anything.
func object(t *testing.T, env []string, into any, args ...string) {
	t.Helper()
	out, _ := verb(t, env, args...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after %v: %s", limit, what)
		}
	}
}

// linked waits for both ends of the wire: igb takes its link down when zero-copy sockets come and go.
func linked(t *testing.T) {
	t.Helper()
	up := func(name string) bool {
		l, err := netlink.LinkByName(name)
		return err == nil && l.Attrs().OperState == netlink.OperUp
	}
	eventually(t, 15*time.Second, "the link is up", func() bool {
		other := false
		_ = atPeer(func() error { other = up(peerNIC); return nil })
		return up(nic) && other
	})
}

// attached says whether an XDP program sits on our NIC.
func attached(t *testing.T) bool {
	t.Helper()
	l, err := netlink.LinkByName(nic)
	if err != nil {
		t.Fatal(err)
	}
	return l.Attrs().Xdp != nil && l.Attrs().Xdp.Attached
}

// receiveFilter reads what the NIC stamps.
func receiveFilter(t *testing.T) *unix.HwTstampConfig {
	t.Helper()
	fd := controlSocket(t)
	defer unix.Close(fd)
	c, err := unix.IoctlGetHwTstamp(fd, nic)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func setReceiveFilter(t *testing.T, c unix.HwTstampConfig) {
	t.Helper()
	fd := controlSocket(t)
	defer unix.Close(fd)
	if err := unix.IoctlSetHwTstamp(fd, nic, &c); err != nil {
		t.Fatal(err)
	}
}

func controlSocket(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// clockFile is a PHC that a test steps and skews: another program's doing, as the product sees it.
type clockFile struct{ f *os.File }

func openClock(t *testing.T, path string) clockFile {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return clockFile{f}
}

// id is the clock's number for the clock system calls: FD_TO_CLOCKID of the kernel.
func (c clockFile) id() int32 { return int32(^c.f.Fd())<<3 | 3 }

func (c clockFile) now(t *testing.T) int64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(c.id(), &ts); err != nil {
		t.Fatal(err)
	}
	return ts.Nano()
}

func (c clockFile) step(t *testing.T, by time.Duration) {
	t.Helper()
	tx := unix.Timex{Modes: unix.ADJ_SETOFFSET | unix.ADJ_NANO}
	tx.Time.Sec, tx.Time.Usec = int64(by/time.Second), int64(by%time.Second)
	if tx.Time.Usec < 0 {
		tx.Time.Sec--
		tx.Time.Usec += 1e9
	}
	if _, err := unix.ClockAdjtime(c.id(), &tx); err != nil {
		t.Fatal(err)
	}
}

func (c clockFile) skew(t *testing.T, ppm int64) {
	t.Helper()
	if _, err := unix.ClockAdjtime(c.id(), &unix.Timex{Modes: unix.ADJ_FREQUENCY, Freq: ppm << 16}); err != nil {
		t.Fatal(err)
	}
}

// set puts the clock so far ahead of the host's.
func (c clockFile) set(t *testing.T, ahead time.Duration) {
	t.Helper()
	c.step(t, ahead-time.Duration(c.now(t)-time.Now().UnixNano()))
	if off := time.Duration(c.now(t) - time.Now().UnixNano() - int64(ahead)); off.Abs() > 50*time.Millisecond {
		t.Fatalf("the clock is %v from where it was put", off)
	}
}

// folder is a place for instances and files that goes with the test.
func folder(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	root := filepath.Join(dir, "shm")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, []string{"WIREBOOK_SHM=" + root}
}
