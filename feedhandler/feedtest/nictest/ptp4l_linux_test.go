//go:build nicrig

package nictest

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/facebook/time/ptp/protocol"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"wirebook/ptp/ptp4l/ptp4ltest"
	"wirebook/shm"
)

const (
	linuxptp = "/opt/linuxptp/"
	daemonAt = "/var/run/ptp4l" // where wirebook looks by itself
)

// needPTP4L skips where the host that started the guest has no linuxptp.
func needPTP4L(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(linuxptp + "ptp4l"); err != nil {
		t.Skip("NIC rig: no linuxptp on the host: this check did not run")
	}
}

// program is one of linuxptp's, which are linked dynamically: with a loader and libraries of their own.
func program(name string, args ...string) []string {
	return append([]string{linuxptp + "ld.so", "--library-path", linuxptp, linuxptp + name}, args...)
}

// startPTP4L runs a ptp4l on one of the two NICs.
func startPTP4L(t *testing.T, peer bool, iface, socket, stamping, more string) *process {
	t.Helper()
	config := filepath.Join(t.TempDir(), "ptp4l.conf")
	text := "[global]\nuds_address " + socket + "\ntime_stamping " + stamping + "\nlogAnnounceInterval -1\nannounceReceiptTimeout 4\n" +
		"logSyncInterval -3\nlogMinDelayReqInterval -3\ntx_timestamp_timeout 1000\nfault_reset_interval 0\n" + more
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := program("ptp4l", "-f", config, "-i", iface, "-m")
	return launch(t, peer, nil, p[0], p[1:]...)
}

// grandmaster serves the network from the peer's NIC and says that its time is traceable. It returns its identity.
func grandmaster(t *testing.T, stamping, scale string) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), "server")
	server := startPTP4L(t, true, peerNIC, at, stamping, "clockClass 6\n")
	p := program("pmc", "-u", "-b", "0", "-s", at, "SET GRANDMASTER_SETTINGS_NP clockClass 6 clockAccuracy 0x21 offsetScaledLogVariance 0x4e5d "+
		"currentUtcOffset 37 leap61 0 leap59 0 currentUtcOffsetValid 1 ptpTimescale "+scale+" timeTraceable 1 frequencyTraceable 1 timeSource 0x20")
	eventually(t, 20*time.Second, "the server says that it is traceable", func() bool {
		out, err := exec.Command(p[0], p[1:]...).CombinedOutput()
		return err == nil && strings.Contains(string(out), "timeTraceable")
	})
	eventually(t, 15*time.Second, "the server serves", func() bool {
		c := ptpView(t, "--socket", at)
		return c.PTP4L.PortState == "MASTER" || c.PTP4L.Health == "idle" && strings.Contains(server.log.String(), "grand master role")
	})
	return identity(t, at)
}

// identity asks a daemon who it is.
func identity(t *testing.T, at string) string {
	t.Helper()
	p := program("pmc", "-u", "-b", "0", "-s", at, "GET DEFAULT_DATA_SET")
	out, err := exec.Command(p[0], p[1:]...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "clockIdentity" {
			return f[1]
		}
	}
	t.Fatalf("pmc: %v: %s", err, out)
	return ""
}

// view is what 'wirebook ptp --json' shows.
type view struct {
	State       string `json:"state"`
	Trusted     bool   `json:"trusted"`
	Source      string `json:"source"`
	BoundNS     uint64 `json:"bound_ns"`
	OffsetNS    int64  `json:"offset_ns"`
	TAIOffset   int32  `json:"tai_offset"`
	Grandmaster string `json:"grandmaster"`
	Reference   string `json:"reference"`
	Problem     string `json:"problem"`
	PTP4L       struct {
		Health    string `json:"health"`
		Why       string `json:"why"`
		PortState string `json:"port_state"`
		Hardware  bool   `json:"hardware_stamps"`
		OffsetNS  int64  `json:"offset_ns"`
		TAIOffset int16  `json:"tai_offset"`
		TAIValid  bool   `json:"tai_offset_valid"`
	} `json:"ptp4l"`
	code int
}

func ptpView(t *testing.T, args ...string) (v view) {
	t.Helper()
	out, stderr, code := tryVerb(nil, append([]string{"ptp", "--json", "--interface", nic, "--for", "700ms"}, args...)...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("ptp: %v: %s %s", err, out, stderr)
	}
	v.code = code
	return v
}

// healthy waits until the daemon is seen in a state.
func healthy(t *testing.T, want string, args ...string) (v view) {
	t.Helper()
	eventually(t, 30*time.Second, "ptp4l is "+want, func() bool { v = ptpView(t, args...); return v.PTP4L.Health == want })
	return v
}

// TestHardwarePTP4L has a real ptp4l keep the NIC's clock on a grandmaster's, with hardware stamps at both ends, while the
// handler runs: no daemon, UNCALIBRATED, SLAVE, killed, FAULTY and lying are told apart, and what is published follows.
func TestHardwarePTP4L(t *testing.T) {
	if !hardware(t) {
		t.Skip("NIC rig: this NIC's clock cannot be steered")
	}
	needPTP4L(t)
	ours := openClock(t, phc)
	openClock(t, peerPHC).set(t, 37*time.Second)
	ours.set(t, time.Minute)
	t.Cleanup(func() { ours.skew(t, 0) }) // as ptp4l's servo left it
	v := newVenue(t, t.TempDir(), 1000, 1000)
	before := receiveFilter(t)
	h := startHandler(t, v, 1, "rx: xdp, xdp_mode: zerocopy, clock: nic")
	if c := ptpView(t); c.PTP4L.Health != "missing" || c.Trusted || c.code == 0 || c.BoundNS != 0 || c.State != "unsynchronised" {
		t.Errorf("without a daemon: %+v", c)
	}
	h.clock(3*time.Second, "nobody vouches for the clock", func(b *shm.ClockBlock) bool { return b.State == shm.ClockFree && b.BoundNS == 0 })

	// The servo may not follow every hiccup of the emulator.
	const servo = "slaveOnly 1\nsanity_freq_limit 0\nmax_frequency 100000\n"
	master := grandmaster(t, "hardware", "1")
	free := startPTP4L(t, false, nic, daemonAt, "hardware", "slaveOnly 1\nfree_running 1\n")
	if c := healthy(t, "uncalibrated"); c.Trusted || c.PTP4L.PortState != "UNCALIBRATED" || c.Grandmaster != master {
		t.Errorf("uncalibrated: %+v", c)
	}
	free.end(syscall.SIGTERM)
	client := startPTP4L(t, false, nic, daemonAt, "hardware", servo)
	c := healthy(t, "slave")
	eventually(t, 30*time.Second, "the grandmaster is followed", func() bool { c = ptpView(t); return c.Trusted })
	if c.code != 0 || c.Reference != "ptp" || c.State != "locked" || c.Source != "nic" || c.TAIOffset != 37 || c.PTP4L.TAIOffset != 37 || !c.PTP4L.TAIValid ||
		!c.PTP4L.Hardware || c.Grandmaster != master || c.BoundNS == 0 || magnitude(c.OffsetNS) > int64(20*time.Millisecond) || magnitude(c.PTP4L.OffsetNS) > int64(time.Millisecond) {
		t.Errorf("slave: %+v, the grandmaster is %s", c, master)
	}
	block := h.clock(20*time.Second, "the run follows the grandmaster", func(b *shm.ClockBlock) bool { return b.State == shm.ClockLocked })
	if id := protocol.ClockIdentity(binary.BigEndian.Uint64(block.Grandmaster[:])); block.TAIOffset != 37 || id.String() != master || block.BoundNS == 0 || block.BoundNS > 5_000_000 {
		t.Errorf("published: grandmaster %v, TAI offset %d, bound %d", id, block.TAIOffset, block.BoundNS)
	}
	if err := v.send(1, 300); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)

	client.end(syscall.SIGKILL)
	killed := time.Now()
	h.clock(5*time.Second, "the clock is held over", func(b *shm.ClockBlock) bool { return b.State == shm.ClockHoldover })
	t.Logf("a killed daemon shows after %v", time.Since(killed))
	if c := ptpView(t); c.PTP4L.Health != "missing" || !strings.Contains(c.PTP4L.Why, "nobody behind") {
		t.Errorf("killed: %+v", c)
	}
	client = startPTP4L(t, false, nic, daemonAt, "hardware", servo)
	h.clock(40*time.Second, "the run follows the grandmaster again", func(b *shm.ClockBlock) bool { return b.State == shm.ClockLocked })

	h.stop()
	s := h.top()
	h.whole(v, &s)
	flagged, list := 0, h.judge(v)
	for i := range list {
		if list[i].bad {
			flagged++
		} else if list[i].untrue(block.BoundNS+uint64(time.Millisecond), 0) { // the grandmaster was set by hand
			t.Errorf("message %d: ts_recv %v from when it was sent", list[i].sequence, time.Duration(list[i].error))
			break
		}
	}
	t.Logf("%d records, %d flagged; %s", len(list), flagged, spread(list))
	if flagged > len(list)/2 {
		t.Errorf("%d of %d records are flagged", flagged, len(list))
	}
	// ptp4l, started after the run, relies on the stamps it found.
	if now := receiveFilter(t); now.Rx_filter != unix.HWTSTAMP_FILTER_ALL || before.Rx_filter != unix.HWTSTAMP_FILTER_NONE {
		t.Errorf("receive stamping was %+v and is %+v", *before, *now)
	}
	healthy(t, "slave")

	l, err := netlink.LinkByName(nic)
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetDown(l); err != nil {
		t.Fatal(err)
	}
	if c := healthy(t, "faulty"); c.PTP4L.PortState != "FAULTY" {
		t.Errorf("link down: %+v", c)
	}
	if err := netlink.LinkSetUp(l); err != nil {
		t.Fatal(err)
	}
	linked(t)
	client.end(syscall.SIGTERM)
	setReceiveFilter(t, *before)

	lying := ptp4ltest.Slave()
	lying.StepsRemoved = 0
	fake := ptp4ltest.StartAt(t, filepath.Join(t.TempDir(), "liar"), lying)
	if c := healthy(t, "lying", "--socket", fake.Path); c.Trusted || c.code == 0 || !strings.Contains(c.PTP4L.Why, "zero steps") {
		t.Errorf("lying: %+v", c)
	}
}

// TestSoftwarePTP4L has ptp4l steer the host's clock, which driver and kernel stamps come from.
func TestSoftwarePTP4L(t *testing.T) {
	if hardware(t) {
		t.Skip("NIC rig: the NIC's own clock is steered here")
	}
	needPTP4L(t)
	t.Cleanup(func() { // ptp4l told the kernel that it is kept; later tests want a host that nobody keeps
		if _, err := unix.Adjtimex(&unix.Timex{Modes: unix.ADJ_STATUS | unix.ADJ_MAXERROR, Status: unix.STA_UNSYNC, Maxerror: 16_000_000}); err != nil {
			t.Error(err)
		}
		if _, err := unix.Adjtimex(&unix.Timex{Modes: unix.ADJ_TAI}); err != nil {
			t.Error(err)
		}
	})
	h := startHandler(t, &venue{date: "2026-03-02"}, 1, "rx: xdp, xdp_mode: zerocopy")
	h.clock(3*time.Second, "nobody vouches for the clock", func(b *shm.ClockBlock) bool { return b.State == shm.ClockFree && b.BoundNS == 0 })
	master := grandmaster(t, "software", "0")
	startPTP4L(t, false, nic, daemonAt, "software", "slaveOnly 1\npi_proportional_const 0.7\npi_integral_const 0.3\nfirst_step_threshold 0\nstep_threshold 0\nmax_frequency 1000\n")
	if c := healthy(t, "slave"); c.PTP4L.PortState != "SLAVE" || c.PTP4L.Hardware || c.Grandmaster != master {
		t.Errorf("slave: %+v, the grandmaster is %s", c, master)
	}
	var c view
	eventually(t, 20*time.Second, "the host's clock is kept", func() bool { c = ptpView(t); return c.Trusted })
	if c.code != 0 || c.Reference != "system" || c.Source == "nic" || c.BoundNS == 0 {
		t.Errorf("kept: %+v", c)
	}
	block := h.clock(20*time.Second, "the run believes the host's clock", func(b *shm.ClockBlock) bool { return b.State == shm.ClockLocked })
	if block.Source == 1 || block.BoundNS == 0 {
		t.Errorf("published: %+v", block)
	}
	// Software stamps of emulated CPUs swing by milliseconds, so the daemon may hardly touch the clock, which is the same at both
	// ends. The bound is not less than what it says of itself.
	if block.BoundNS < 1000 {
		t.Errorf("published: a bound of %d ns", block.BoundNS)
	}
	h.stop()
}
