package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"wirebook/feedhandler/feedtest/wiretest"
)

// liveRig is a network of its own with a place for instances and a configuration.
type liveRig struct {
	t    *testing.T
	dir  string
	env  []string
	path string // of the configuration

	clean uint64 // messages of the day
}

const liveSettings = `instance: live
rings: {mbo: 65536, mbp-1: 16384, mbp-10: 8192, trades: 16384, admin: 4096, instruments: 256}
live: {interface: wbrx, rx: socket, trust_host: true, clock: host, receive_buffer: 67108864}
channels:
`

// liveChannel is a channel on the simulator's groups.
const liveChannel = "  - {name: one, profile: nasdaq.itch50, session_date: \"%s\", max_orders: 65536, max_instruments: 64, lines: [{name: A, group: 239.10.1.1, port: 26477}, {name: B, group: 239.10.2.1, port: 26478}]}\n"

func newLiveRig(t *testing.T) *liveRig {
	t.Helper()
	wiretest.New(t)
	r := &liveRig{t: t, dir: t.TempDir()}
	r.path = filepath.Join(r.dir, "feeds.yaml")
	r.env = append(os.Environ(), "WIREBOOK_SHM="+filepath.Join(r.dir, "shm"))
	if err := os.Mkdir(filepath.Join(r.dir, "shm"), 0o755); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *liveRig) configure(channels ...string) {
	r.t.Helper()
	if err := os.WriteFile(r.path, []byte(liveSettings+strings.Join(channels, "")), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// verb runs the command to its end.
func (r *liveRig) verb(args ...string) (out string, code int) {
	r.t.Helper()
	c := exec.Command(binary, args...)
	c.Env, c.Dir = r.env, r.dir
	b, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		r.t.Fatal(err)
	}
	return string(b), c.ProcessState.ExitCode()
}

// run starts 'wirebook run' and waits until it has joined.
func (r *liveRig) run(args ...string) (*exec.Cmd, *strings.Builder) {
	r.t.Helper()
	c := exec.Command(binary, append([]string{"run", "-c", r.path}, args...)...)
	log := &strings.Builder{}
	c.Env, c.Dir, c.Stderr = r.env, r.dir, log
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
		if r.t.Failed() {
			r.t.Log(log)
		}
	})
	r.wait("the run is ready", func() bool {
		s := r.top()
		return s.State == "running" && s.PID == c.Process.Pid && s.Counters["memberships_wanted"] > 0 && s.Counters["memberships_joined"] == s.Counters["memberships_wanted"]
	})
	return c, log
}

type topShape struct {
	State    string
	PID      int
	Epoch    uint64
	Alive    bool
	UptimeNS int64 `json:"uptime_ns"`
	Counters map[string]uint64
	Dropped  map[string]uint64
	Records  map[string]uint64
	Readers  []struct{ PID int }
	Channels []struct {
		Name         string
		Active       bool
		Messages     uint64
		NextSequence uint64 `json:"next_sequence"`
		Suspect      uint64 `json:"instruments_suspect"`
		Instruments  uint64
		Digests      map[string]struct{ Content string }
		Lines        []struct {
			Packets uint64
			Dropped map[string]uint64
		}
	}
}

func (r *liveRig) top() (s topShape) {
	c := exec.Command(binary, "top", "--instance", "live", "--json")
	c.Env = r.env
	if b, err := c.Output(); err == nil {
		if err := json.Unmarshal(b, &s); err != nil {
			r.t.Fatal(err)
		}
	}
	return s
}

func (r *liveRig) wait(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("not after 15 s: %s", what)
		}
	}
}

func (r *liveRig) stop(c *exec.Cmd, log *strings.Builder) {
	r.t.Helper()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		r.t.Fatal(err)
	}
	hung := time.AfterFunc(20*time.Second, func() { _ = c.Process.Signal(syscall.SIGQUIT) })
	defer hung.Stop()
	if err := c.Wait(); err != nil {
		r.t.Fatalf("%v\n%s", err, log)
	}
}

// day makes an impaired and a clean capture and returns the clean one's digests and the date of both.
func (r *liveRig) day(messages int) (digests map[string]struct{ Content string }, date string) {
	r.t.Helper()
	if out, code := r.verb("sim", "-o", "day.pcap", "--clean", "clean.pcap", "--messages", fmt.Sprint(messages), "--seconds", "0", "--rate", "30000",
		"--symbols", "8", "--loss-a", "5", "--loss-b", "5", "--reorder", "2", "--duplicate", "2", "--no-double-loss"); code != 0 {
		r.t.Fatal(out)
	}
	c := exec.Command(binary, "replay", "--profile", "nasdaq.itch50", "--no-shm", "--quiet", "--json", "clean.pcap")
	c.Env, c.Dir = r.env, r.dir
	b, err := c.Output()
	if err != nil {
		r.t.Fatal(err)
	}
	var s struct {
		Messages uint64
		Digests  map[string]map[string]struct{ Content string }
	}
	if err := json.Unmarshal(b, &s); err != nil {
		r.t.Fatal(err)
	}
	r.clean = s.Messages
	head, err := os.ReadFile(filepath.Join(r.dir, "day.pcap"))
	if err != nil {
		r.t.Fatal(err)
	}
	seconds := int64(head[24]) | int64(head[25])<<8 | int64(head[26])<<16 | int64(head[27])<<24
	return s.Digests["nasdaq.itch50"], time.Unix(seconds, 0).UTC().Format(time.DateOnly)
}

// TestRunSendTop is the whole of a live run by its verbs: a capture sent over a wire, received, published, shown.
func TestRunSendTop(t *testing.T) {
	r := newLiveRig(t)
	want, date := r.day(30_000)
	r.configure(fmt.Sprintf(liveChannel, date))
	c, log := r.run("--summary", "summary.json")
	out, code := r.verb("send", "--interface", wiretest.TX, "--profile", "nasdaq.itch50", "--json", "--quiet", "day.pcap")
	if code != 0 {
		t.Fatal(out)
	}
	var sent struct {
		Destinations    []struct{ Packets uint64 }
		Packets, Failed uint64
		Messages        uint64
		TX, Why         string
		ElapsedNS       int64 `json:"elapsed_ns"`
	}
	if err := json.Unmarshal([]byte(out), &sent); err != nil || sent.Failed != 0 || len(sent.Destinations) != 2 || sent.Messages == 0 || sent.TX != "xdp" || sent.Why == "" {
		t.Fatalf("sent %+v, %v", sent, err)
	}
	adheres(t, "send", []byte(out))
	r.wait("everything is received", func() bool { return r.top().Counters["wire_ok"] == sent.Packets })
	if out, code := r.verb("top", "--instance", "live", "--json"); code == 0 {
		adheres(t, "top", []byte(out))
	} else {
		t.Errorf("top: %d, %s", code, out)
	}
	r.stop(c, log)
	if out, code := r.verb("send", "--interface", wiretest.TX, "--frames", "--json", "--quiet", "clean.pcap"); code == 0 {
		adheres(t, "send_frames", []byte(out))
	} else {
		t.Errorf("send --frames: %d, %s", code, out)
	}
	s := r.top()
	if s.State != "stopped" || len(s.Channels) != 1 {
		t.Fatalf("%+v", s)
	}
	for l, line := range s.Channels[0].Lines {
		if line.Packets+line.Dropped["socket_drops"] != sent.Destinations[l].Packets {
			t.Errorf("line %d: sent %d, received %d, dropped %v", l, sent.Destinations[l].Packets, line.Packets, line.Dropped)
		}
	}
	for schema, d := range want {
		if got := s.Channels[0].Digests[schema].Content; got != d.Content {
			t.Errorf("%s: content %s, the replay of the clean capture gives %s", schema, got, d.Content)
		}
	}
	b, err := os.ReadFile(filepath.Join(r.dir, "summary.json"))
	if err != nil || !strings.Contains(string(b), `"edge": "socket"`) || !strings.Contains(string(b), `"gaps": []`) {
		t.Errorf("summary %s, %v", b, err)
	}
	adheres(t, "run", b)
	if out, code := r.verb("top", "--instance", "live", "--once"); code != 0 || !strings.Contains(out, "receives by socket") {
		t.Errorf("top: %d, %s", code, out)
	}
}

// TestReloadByVerb adds a channel, refuses a mistake, and tells the service manager.
func TestReloadByVerb(t *testing.T) {
	r := newLiveRig(t)
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(r.dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	told := map[string]int{}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		buf := make([]byte, 4096)
		for {
			n, err := manager.Read(buf)
			if err != nil {
				return
			}
			word, _, _ := strings.Cut(string(buf[:n]), "\n")
			told[word]++
		}
	}()
	r.env = append(r.env, "NOTIFY_SOCKET="+filepath.Join(r.dir, "notify"), "WATCHDOG_USEC=300000")
	one := fmt.Sprintf(liveChannel, "2026-03-02")
	two := "  - {name: two, profile: cme.mdp3, max_orders: 1024, max_instruments: 64, lines: [{name: A, group: 239.10.3.1, port: 30000, source: 10.99.0.1}]}\n"
	r.configure(one)
	c, log := r.run()
	r.configure(one, two)
	if out, code := r.verb("reload", "--instance", "live"); code != 0 || !strings.Contains(out, "2 channels") {
		t.Fatalf("reload: %d, %s", code, out)
	}
	r.configure(one, two, "  - {name: bad, profile: no.such}\n")
	if out, code := r.verb("reload", "--instance", "live"); code != exitFailed || !strings.Contains(out, "found a mistake") {
		t.Fatalf("reload with a mistake: %d, %s", code, out)
	}
	if s := r.top(); len(s.Channels) != 2 || !s.Channels[0].Active || !s.Channels[1].Active {
		t.Fatalf("after a refused reload: %+v", s.Channels)
	}
	r.configure(one)
	if out, code := r.verb("reload", "--instance", "live"); code != 0 || !strings.Contains(out, "reloaded: 1 channel\n") {
		t.Fatalf("reload: %d, %s", code, out)
	}
	time.Sleep(400 * time.Millisecond) // a turn of the watchdog
	r.stop(c, log)
	if out, code := r.verb("reload", "--instance", "live"); code != exitFailed || !strings.Contains(out, "is not running") {
		t.Errorf("reload of a run that ended: %d, %s", code, out)
	}
	_ = manager.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	<-heard
	if told["READY=1"] != 4 || told["RELOADING=1"] != 3 || told["STOPPING=1"] != 1 || told["WATCHDOG=1"] == 0 {
		t.Errorf("the service manager was told %v", told)
	}
	if !strings.Contains(log.String(), "profile") {
		t.Errorf("the log does not name the mistake:\n%s", log)
	}
}

// TestRunSaysWhatIsWrong has exit code 2 for what was asked wrongly and 1 for what cannot be done.
func TestRunSaysWhatIsWrong(t *testing.T) {
	r := newLiveRig(t)
	r.configure(fmt.Sprintf(liveChannel, "2026-03-02"))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"run"}, exitUsage, "--config FILE"},
		{[]string{"run", "-c", "nosuch.yaml"}, exitUsage, "nosuch.yaml"},
		{[]string{"run", "-c", r.path, "--rx", "fast"}, exitUsage, "live.rx: fast"},
		{[]string{"run", "-c", r.path, "--cpu", "4000"}, exitUsage, "live.cpus[0]: 4000"},
		{[]string{"run", "-c", r.path, "--instance", "a/b"}, exitUsage, "a/b"},
		{[]string{"run", "-c", r.path, "--interface", "nosuch0"}, exitFailed, `no interface "nosuch0"`},
		{[]string{"run", "-c", r.path, "--log-level", "loud"}, exitUsage, "--log-level"},
		{[]string{"run", "-c", r.path, "--rx", "socket", "--check"}, 0, "would receive by socket"},
		{[]string{"send", "--interface", "nosuch0", "x.pcap"}, exitFailed, "x.pcap"},
		{[]string{"send", "--interface", "nosuch0", "--tx", "fast", "x.pcap"}, exitUsage, "--tx \"fast\""},
		{[]string{"send", "--interface", "nosuch0", "--spread", "all", "x.pcap"}, exitUsage, "--spread \"all\""},
		{[]string{"send", "--interface", "nosuch0", "--tx", "socket", "--queues", "1", "x.pcap"}, exitUsage, "--queues"},
		{[]string{"top", "--instance", "nosuch"}, exitFailed, "nosuch"},
		{[]string{"reload", "--instance", "nosuch"}, exitFailed, "nosuch"},
		{[]string{"doctor", "--interface", "nosuch0", "--no-self-test", "--strict"}, exitFailed, "nic.exists:nosuch0"},
	} {
		if out, code := r.verb(c.args...); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%v: exit %d, want %d, and %q in\n%s", c.args, code, c.code, c.want, out)
		}
	}
}

// TestStartAgain executes this test binary in its own place, and gives up after too many times.
func TestStartAgain(t *testing.T) {
	if os.Getenv("WIREBOOK_TEST_AGAIN") != "" {
		fmt.Println("at", strings.SplitN(os.Getenv(restartsEnv), "@", 2)[0])
		t.Log(startAgain()) // returns only when it gives up
		return
	}
	c := exec.Command(os.Args[0], "-test.run=^TestStartAgain$", "-test.v")
	c.Env = append(os.Environ(), "WIREBOOK_TEST_AGAIN=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"at 1\n", "at 5\n", "5 restarts within 10m0s: given up"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
