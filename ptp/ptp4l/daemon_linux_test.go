package ptp4l

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/facebook/time/ptp/protocol"
)

// TestRealDaemon runs linuxptp's ptp4l in two network namespaces with a veth pair between them and software stamps.
// free_running keeps it from steering this machine's clock, and then its client stays UNCALIBRATED: SLAVE is left to
// the fake responder.
func TestRealDaemon(t *testing.T) {
	lab := newLab(t)
	server := lab.start("server", "")
	client := lab.start("client", "slaveOnly 1\n")

	s := New(Options{Socket: server.socket, Interface: lab.iface("server")})
	defer s.Close()
	c := New(Options{Socket: client.socket, Interface: lab.iface("client")})
	defer c.Close()

	first := c.Read()
	if first.Health != Idle || first.State.Port.State != protocol.PortStateListening {
		t.Errorf("at the start: %v: %s", first.Health, first.Why)
	}
	r := until(t, c, Uncalibrated)
	master := until(t, s, Idle)
	if master.State.Port.State != protocol.PortStateMaster || !strings.Contains(master.Why, "gives the time") {
		t.Errorf("the server: %+v", master)
	}
	time.Sleep(500 * time.Millisecond) // some Syncs
	if r = until(t, c, Uncalibrated); r.State.Grandmaster != master.State.Identity || !r.State.GMPresent || r.State.StepsRemoved != 1 ||
		r.State.Port.Interface != lab.iface("client") || r.State.Port.Hardware() || r.State.ClockClass != 248 ||
		r.State.Traceable() || r.State.PTPTimescale || r.State.TAIOffsetValid || r.State.IngressNS == 0 {
		t.Errorf("the client: %+v", r)
	}
	if _, ok := r.State.AccuracyNS(); ok {
		t.Errorf("the accuracy is said to be unknown: %+v", r.State)
	}
	if other := New(Options{Socket: client.socket, Interface: "eth9"}); true {
		if r := other.Read(); r.Health != Idle || !strings.Contains(r.Why, "not on eth9") {
			t.Errorf("another interface: %v: %s", r.Health, r.Why)
		}
		other.Close()
	}
	if other := New(Options{Socket: client.socket, Domain: 3}); true {
		if r := other.Read(); r.Health != Silent || !strings.Contains(r.Why, "domain is not 3") {
			t.Errorf("another domain: %v: %s", r.Health, r.Why)
		}
		other.Close()
	}

	// Stopped, it neither answers nor goes away.
	client.signal(t, syscall.SIGSTOP)
	begin := time.Now()
	if r := c.Read(); r.Health != Silent || time.Since(begin) > time.Second {
		t.Errorf("stopped: %v: %s, after %v", r.Health, r.Why, time.Since(begin))
	}
	client.signal(t, syscall.SIGCONT)
	until(t, c, Uncalibrated)

	lab.ip("-n", lab.ns("client"), "link", "set", lab.iface("client"), "down")
	r = until(t, c, Faulty)
	if r.State.Port.State != protocol.PortStateFaulty {
		t.Errorf("link down: %+v", r)
	}

	// Killed, it leaves its socket; the next one replaces it.
	client.signal(t, syscall.SIGKILL)
	client.cmd.Wait()
	if r := until(t, c, Missing); !strings.Contains(r.Why, "nobody behind") {
		t.Errorf("killed: %s", r.Why)
	}
	lab.ip("-n", lab.ns("client"), "link", "set", lab.iface("client"), "up")
	lab.start("client", "slaveOnly 1\n")
	until(t, c, Uncalibrated)
}

// until reads until the health is reached, at most for some seconds.
func until(t *testing.T, c *Client, want Health) (r Report) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if r = c.Read(); r.Health == want {
			return r
		}
	}
	t.Fatalf("never %v, but %v: %s", want, r.Health, r.Why)
	return r
}

type lab struct {
	t   *testing.T
	dir string
	tag string
}

type daemon struct {
	cmd    *exec.Cmd
	socket string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if testing.Short() {
		t.Skip("runs ptp4l for some seconds: left out with -short")
	}
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root: this check did not run")
	}
	for _, tool := range []string{"ptp4l", "ip"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s absent (packages linuxptp, iproute2): this check did not run", tool)
		}
	}
	l := &lab{t: t, dir: t.TempDir(), tag: fmt.Sprintf("%x", os.Getpid()&0xffff)}
	if out, err := exec.Command("ip", "netns", "add", l.ns("server")).CombinedOutput(); err != nil {
		t.Skipf("network namespaces cannot be made here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		exec.Command("ip", "netns", "del", l.ns("server")).Run()
		exec.Command("ip", "netns", "del", l.ns("client")).Run()
	})
	l.ip("netns", "add", l.ns("client"))
	l.ip("link", "add", l.iface("server"), "netns", l.ns("server"), "type", "veth", "peer", "name", l.iface("client"), "netns", l.ns("client"))
	for i, who := range []string{"server", "client"} {
		l.ip("-n", l.ns(who), "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+1), "dev", l.iface(who))
		l.ip("-n", l.ns(who), "link", "set", l.iface(who), "up")
	}
	return l
}

func (l *lab) ns(who string) string    { return "wbptp" + l.tag + who[:1] }
func (l *lab) iface(who string) string { return "wbp" + l.tag + who[:1] }

func (l *lab) ip(args ...string) {
	l.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		l.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// start runs a ptp4l that never steers a clock, and waits for its socket.
func (l *lab) start(who, more string) *daemon {
	l.t.Helper()
	d := &daemon{socket: filepath.Join(l.dir, who+".sock")}
	os.Remove(d.socket)
	config := filepath.Join(l.dir, who+".cfg")
	text := "[global]\nuds_address " + d.socket + "\ntime_stamping software\nfree_running 1\nlogAnnounceInterval -2\n" +
		"announceReceiptTimeout 3\nlogSyncInterval -3\nlogMinDelayReqInterval -3\n" + more
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	d.cmd = exec.Command("ip", "netns", "exec", l.ns(who), "ptp4l", "-f", config, "-i", l.iface(who), "-m")
	var log bytes.Buffer
	d.cmd.Stdout, d.cmd.Stderr = &log, &log
	if err := d.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		d.cmd.Process.Kill()
		d.cmd.Wait()
		if l.t.Failed() {
			l.t.Logf("ptp4l, %s:\n%s", who, log.String())
		}
	})
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(d.socket); err == nil {
			return d
		}
	}
	l.t.Fatalf("ptp4l, %s, does not listen:\n%s", who, log.String())
	return nil
}

func (d *daemon) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
