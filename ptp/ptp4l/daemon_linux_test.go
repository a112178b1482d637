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
	"golang.org/x/sys/unix"
)

// The tests of this file run linuxptp's ptp4l in two network namespaces with a veth pair between them and software stamps.
// ptp4l would steer this machine's clock, which is not ours: it runs without CAP_SYS_TIME, so that the kernel refuses.

// TestRealSlave has a real client follow a real server. Both read the same clock, so there is nothing to steer, and the
// servo locks although every adjustment is refused.
func TestRealSlave(t *testing.T) {
	lab := newLab(t)
	server := lab.start("server", "clockClass 6\n")
	client := lab.start("client", "slaveOnly 1\n"+fastServo)
	before := adjustment(t)
	// The server says where its time comes from, as one with a receiver of satellites does.
	lab.pmc(server, "SET GRANDMASTER_SETTINGS_NP clockClass 6 clockAccuracy 0x21 offsetScaledLogVariance 0x4e5d currentUtcOffset 37 "+
		"leap61 0 leap59 0 currentUtcOffsetValid 1 ptpTimescale 0 timeTraceable 1 frequencyTraceable 1 timeSource 0x20")
	s := New(Options{Socket: server.socket})
	defer s.Close()
	c := New(Options{Socket: client.socket, Interface: lab.iface("client")})
	defer c.Close()
	master := until(t, s, Idle)
	follows := func() (r Report) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			r = until(t, c, Slave)
			if r.State.TAIOffsetValid && r.State.OffsetNS != 0 || time.Now().After(end) {
				return r
			}
		}
	}
	r := follows()
	st := &r.State
	if accuracy, ok := st.AccuracyNS(); r.Why != "" || st.Grandmaster != master.State.Identity || !st.GMPresent || st.StepsRemoved != 1 || st.ClockClass != 6 ||
		!ok || accuracy != 100 || st.TAIOffset != 37 || !st.TAIOffsetValid || st.PTPTimescale || !st.TimeTraceable || st.Port.Hardware() || st.PathDelayNS <= 0 {
		t.Errorf("the slave: %+v", r)
	}
	if off := time.Duration(st.OffsetNS); off.Abs() > time.Millisecond {
		t.Errorf("%v from a clock that is the same", off)
	}
	lab.ip("-n", lab.ns("client"), "link", "set", lab.iface("client"), "down")
	until(t, c, Faulty)
	lab.ip("-n", lab.ns("client"), "link", "set", lab.iface("client"), "up")
	follows() // once ptp4l has forgiven the fault
	server.signal(t, syscall.SIGKILL)
	if r := until(t, c, Idle); !strings.Contains(r.Why, "no grandmaster is heard") {
		t.Errorf("the grandmaster is gone: %s", r.Why)
	}
	if after := adjustment(t); after != before {
		t.Errorf("this machine's clock was adjusted: %+v, before %+v", after, before)
	}
}

// fastServo locks with the second Sync: the default waits 16 s with software stamps. It never steps.
const fastServo = "pi_proportional_const 0.7\npi_integral_const 0.3\nfirst_step_threshold 0\nstep_threshold 0\nfault_reset_interval 0\n"

// adjustment is how this machine's clock is steered.
func adjustment(t *testing.T) (a struct {
	freq   int64
	status int32
}) {
	t.Helper()
	var tx unix.Timex
	if _, err := unix.Adjtimex(&tx); err != nil {
		t.Fatal(err)
	}
	a.freq, a.status = tx.Freq, tx.Status
	return a
}

// TestRealDaemon has a client that may not lock: it stays UNCALIBRATED. It is stopped, cut off and killed.
func TestRealDaemon(t *testing.T) {
	lab := newLab(t)
	server := lab.start("server", "")
	client := lab.start("client", "slaveOnly 1\nfree_running 1\n")

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
	lab.start("client", "slaveOnly 1\nfree_running 1\n")
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
	for _, tool := range []string{"ptp4l", "pmc", "ip", "setpriv"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s absent (packages linuxptp, iproute2, util-linux): this check did not run", tool)
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

// start runs a ptp4l that cannot steer a clock, and waits for its socket.
func (l *lab) start(who, more string) *daemon {
	l.t.Helper()
	d := &daemon{socket: filepath.Join(l.dir, who+".sock")}
	os.Remove(d.socket)
	config := filepath.Join(l.dir, who+".cfg")
	text := "[global]\nuds_address " + d.socket + "\ntime_stamping software\nlogAnnounceInterval -2\n" +
		"announceReceiptTimeout 3\nlogSyncInterval -3\nlogMinDelayReqInterval -3\n" + more
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	d.cmd = exec.Command("ip", "netns", "exec", l.ns(who), "setpriv", "--bounding-set=-sys_time", "ptp4l", "-f", config, "-i", l.iface(who), "-m")
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
			l.harmless(d)
			return d
		}
	}
	l.t.Fatalf("ptp4l, %s, does not listen:\n%s", who, log.String())
	return nil
}

// harmless fails where the daemon could set the clock.
func (l *lab) harmless(d *daemon) {
	l.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		l.t.Fatal(err)
	}
	var effective uint64
	if _, rest, ok := strings.Cut(string(status), "CapEff:"); !ok {
		l.t.Fatal("no CapEff in /proc/PID/status")
	} else if _, err := fmt.Sscanf(rest, "%x", &effective); err != nil || effective&(1<<unix.CAP_SYS_TIME) != 0 {
		l.t.Fatalf("ptp4l has CAP_SYS_TIME: %#x (%v)", effective, err)
	}
}

// pmc has a daemon do something.
func (l *lab) pmc(d *daemon, command string) {
	l.t.Helper()
	if out, err := exec.Command("pmc", "-u", "-b", "0", "-s", d.socket, command).CombinedOutput(); err != nil || !strings.Contains(string(out), "RESPONSE") {
		l.t.Fatalf("pmc %s: %v: %s", command, err, out)
	}
}

func (d *daemon) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
