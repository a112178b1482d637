package rights

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"wirebook/shm/segment"
)

// childEnv has this test's program play a run.
const childEnv = "WIREBOOK_RIGHTS_CHILD"

// said is what a child found.
type said struct {
	Errors map[string]string
	UID    int
	CapEff string
	Left   string
}

func TestMain(m *testing.M) {
	if what := os.Getenv(childEnv); what != "" {
		child(what)
		return
	}
	os.Exit(m.Run())
}

// child gives up what it can and tries what it then must not do.
func child(what string) {
	s := said{Errors: map[string]string{}}
	note := func(name string, err error) {
		if err != nil {
			s.Errors[name] = err.Error()
		}
	}
	n := Need{XDP: what == "xdp" || what == "user", StartsAgain: what == "xdp"}
	if what == "user" {
		root := os.Getenv("WIREBOOK_RIGHTS_ROOT")
		note("become", Become("nobody", &n, root, "one"))
		note("write below", os.WriteFile(filepath.Join(root, "one", "new"), nil, 0o640))
		note("write beside", os.WriteFile(filepath.Join(root, "new"), nil, 0o640))
	}
	// Threads that are there already, and locked to goroutines as workers are, give up the same.
	ask, answer := make(chan func(), 1), make(chan bool)
	go func() {
		runtime.LockOSThread()
		for f := range ask {
			f()
			answer <- true
		}
	}()
	var err error
	s.Left, err = Drop(&n)
	note("drop", err)
	note("filter", Filter(&n))
	ask <- func() {
		note("unshare", unix.Unshare(unix.CLONE_NEWNET))
		note("ptrace", unix.PtraceAttach(os.Getppid()))
		note("mount", unix.Mount("none", "/tmp", "tmpfs", 0, ""))
		note("setuid", syscall.Setuid(0))
		note("new process", exec.Command("/bin/true").Run())
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		if err == nil {
			unix.Close(fd)
		}
		note("packet socket", err)
		_, _, errno := unix.Syscall(unix.SYS_BPF, 999, 0, 0)
		if errno == unix.EPERM {
			note("bpf", errno)
		}
	}
	<-answer
	// What a run does goes on.
	note("a file", errors.Join(os.WriteFile(os.DevNull, []byte("x"), 0), func() error { _, err := net.Interfaces(); return err }()))
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	note("a socket", err)
	if err == nil {
		c.Close()
	}
	threads := make(chan bool)
	for range 8 {
		go func() { runtime.LockOSThread(); threads <- true }() // each ends a thread, and makes one
	}
	for range 8 {
		<-threads
	}
	s.UID = os.Geteuid()
	text, _ := os.ReadFile("/proc/thread-self/status")
	if _, rest, ok := strings.Cut(string(text), "CapEff:"); ok {
		s.CapEff = strings.Fields(rest)[0]
	}
	if what == "xdp" {
		note("exec", syscall.Exec("/nonexistent", []string{"x"}, nil))
	} else {
		note("exec", syscall.Exec("/bin/true", []string{"true"}, nil))
	}
	_ = json.NewEncoder(os.Stdout).Encode(s)
}

// pure builds this test's program as the product is built: with cgo, threads cannot give up anything together.
func pure(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "child")
	build := exec.Command("go", "test", "-c", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v: %s", err, out)
	}
	return path
}

func play(t *testing.T, what string, env ...string) said {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give it up; this check did not run")
	}
	c := exec.Command(pure(t))
	c.Env = append(append(os.Environ(), childEnv+"="+what), env...)
	out, err := c.CombinedOutput()
	var s said
	if err != nil || json.Unmarshal(out, &s) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return s
}

// TestWhatAReceiverHas: capabilities by the receive mode, and no system call by which one goes on to the host.
func TestWhatAReceiverHas(t *testing.T) {
	for what, want := range map[string]struct{ left, bpf string }{
		"socket": {"NET_RAW", "operation not permitted"},
		"xdp":    {"NET_ADMIN NET_RAW BPF PERFMON IPC_LOCK", ""},
	} {
		s := play(t, what)
		if s.Left != want.left || s.Errors["bpf"] != want.bpf {
			t.Errorf("%s: left %q, bpf %q", what, s.Left, s.Errors["bpf"])
		}
		for _, name := range []string{"unshare", "ptrace", "mount", "setuid", "packet socket"} {
			if s.Errors[name] != "operation not permitted" {
				t.Errorf("%s: %s: %q", what, name, s.Errors[name])
			}
		}
		if !strings.Contains(s.Errors["new process"], "operation not permitted") {
			t.Errorf("%s: a new process: %q", what, s.Errors["new process"])
		}
		for _, name := range []string{"drop", "filter", "a file", "a socket"} {
			if s.Errors[name] != "" {
				t.Errorf("%s: %s: %s", what, name, s.Errors[name])
			}
		}
		if refused := s.Errors["exec"] == "operation not permitted"; refused != (what == "socket") {
			t.Errorf("%s: exec: %q", what, s.Errors["exec"])
		}
	}
}

// TestRootBecomesAnother: the process is the user's, keeps the capabilities of its mode, and owns its folder and no other.
func TestRootBecomesAnother(t *testing.T) {
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("no user nobody: this check did not run")
	}
	root, err := os.MkdirTemp("/dev/shm", "rights")
	if err != nil {
		t.Skip("no /dev/shm: this check did not run")
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := os.Chmod(root, 0o750); err != nil { // as a run of root's makes it
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "one"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "one", "old"), nil, 0o640); err != nil {
		t.Fatal(err)
	}
	s := play(t, "user", "WIREBOOK_RIGHTS_ROOT="+root)
	if s.UID == 0 || s.Errors["become"] != "" || s.Errors["drop"] != "" || s.Errors["filter"] != "" || s.Errors["write below"] != "" {
		t.Errorf("user %d, %v", s.UID, s.Errors)
	}
	if !strings.Contains(s.Errors["write beside"], "permission denied") {
		t.Errorf("beside its folder: %q", s.Errors["write beside"])
	}
	if s.Left != "NET_ADMIN NET_RAW BPF PERFMON IPC_LOCK" || s.CapEff == "0000000000000000" {
		t.Errorf("left %s, %s", s.Left, s.CapEff)
	}
	for _, name := range []string{"one", "one/old", "one/new"} {
		var at unix.Stat_t
		if err := unix.Lstat(filepath.Join(root, name), &at); err != nil || u.Uid != itoa(at.Uid) {
			t.Errorf("%s: user %d, %v", name, at.Uid, err)
		}
	}
	// A stranger's folder is not given away, and nothing is in a root that others may write.
	if err := os.Chmod(root, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := give(4242, 4242, root, []string{"one"}); err == nil || !strings.Contains(err.Error(), "nobody else may write") {
		t.Errorf("a root that is everybody's: %v", err)
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := give(4242, 4242, root, []string{"one"}); err == nil || !strings.Contains(err.Error(), "belongs to user") {
		t.Errorf("another user's folder: %v", err)
	}
}

// TestNothingIsGivenOnAStrangersWay: who owns a folder above could put another in root's place between two looks at it, and have
// root give away what is in there.
func TestNothingIsGivenOnAStrangersWay(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: this check did not run")
	}
	strangers, err := os.MkdirTemp("/dev/shm", "rights")
	if err != nil {
		t.Skip("no /dev/shm: this check did not run")
	}
	t.Cleanup(func() { _ = os.RemoveAll(strangers) })
	root := filepath.Join(strangers, "wirebook")
	if err := errors.Join(os.Mkdir(root, 0o755), os.Mkdir(filepath.Join(root, "one"), 0o750), os.Lchown(strangers, 4242, 4242), os.Chmod(strangers, 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := give(1234, 1234, root, []string{"one"}); !errors.Is(err, segment.ErrUntrusted) {
		t.Errorf("below a stranger's folder: %v", err)
	}
	var at unix.Stat_t
	if err := unix.Lstat(filepath.Join(root, "one"), &at); err != nil || at.Uid != 0 {
		t.Errorf("it belongs to user %d, %v", at.Uid, err)
	}
}

// TestNothingIsGivenInVain: a binary that cannot become another user leaves the folders root's, or the next run of root's would
// refuse them.
func TestNothingIsGivenInVain(t *testing.T) {
	if !errors.Is(prctl(unix.PR_SET_KEEPCAPS, 0, 0, 0), errCgo) || os.Geteuid() != 0 {
		return // this one can, or could not give anything
	}
	root, err := os.MkdirTemp("/dev/shm", "rights")
	if err != nil {
		t.Skip("no /dev/shm: this check did not run")
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := Become("nobody", &Need{}, root, "one"); !errors.Is(err, errCgo) {
		t.Errorf("it became nobody: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(root, "one")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func itoa(v uint32) string {
	b, _ := json.Marshal(v)
	return string(b)
}
