package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"wirebook/feedhandler/feedtest/wiretest"
)

// twoWorkerSettings is two pinned workers with the queues of one interface between them.
const twoWorkerSettings = `instance: live
rings: {mbo: 65536, mbp-1: 16384, mbp-10: 8192, trades: 16384, admin: 4096, instruments: 256}
live: {interface: wbrx, rx: xdp, cpus: [%d, %d], trust_host: true, clock: host, receive_buffer: 67108864}
channels:
`

const secondChannel = "  - {name: two, worker: %d, profile: nasdaq.itch50, max_orders: 1024, max_instruments: 64, lines: [{name: A, group: 239.10.7.1, port: 26477}]}\n"

// twoWorkers configures them, the first channel on worker 0 or 1 and the second on the other. It returns worker 1's CPU.
func (r *liveRig) twoWorkers(date string, worker int) int {
	r.t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		r.t.Fatal(err)
	}
	var cpus []int
	for cpu := 0; cpu < 1024 && len(cpus) < 2; cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	if len(cpus) < 2 {
		r.t.Skip("one CPU: this check did not run")
	}
	// The CPUs are not these tests' own: a worker may be kept from its, and with it one line behind the other.
	channel := strings.Replace(fmt.Sprintf(liveChannel, date), "{name: one,",
		fmt.Sprintf("{name: one, worker: %d, gap_timeout: 10s, reorder_time: 5s, window_packets: 32768,", worker), 1)
	if err := os.WriteFile(r.path, []byte(fmt.Sprintf(twoWorkerSettings, cpus[0], cpus[1])+channel+fmt.Sprintf(secondChannel, 1-worker)), 0o644); err != nil {
		r.t.Fatal(err)
	}
	return cpus[1]
}

// send sends a capture by AF_XDP over all four queues and returns how many packets.
func (r *liveRig) send(args ...string) uint64 {
	r.t.Helper()
	out, code := r.verb(append([]string{"send", "--interface", wiretest.TX, "--tx", "xdp", "--queues", "0,1,2,3", "--json", "--quiet"}, args...)...)
	var sent struct{ Packets, Failed uint64 }
	if err := json.Unmarshal([]byte(out), &sent); code != 0 || err != nil || sent.Failed != 0 {
		r.t.Fatalf("send: %d, %v\n%s", code, err, out)
	}
	return sent.Packets
}

// received is how many packets reached a channel, of whichever worker.
func (s *topShape) received() (n uint64) {
	for name, v := range s.Counters {
		if name == "wire_ok" || strings.HasPrefix(name, "wire_ok{") {
			n += v
		}
	}
	return n
}

// expectDigests compares a channel with the replay of the clean capture.
func (r *liveRig) expectDigests(name string, want map[string]struct{ Content string }) {
	r.t.Helper()
	for _, ch := range r.top().Channels {
		if ch.Name != name {
			continue
		}
		for schema, d := range want {
			if got := ch.Digests[schema].Content; got != d.Content {
				r.t.Errorf("%s: content %s, the replay of the clean capture gives %s", schema, got, d.Content)
			}
		}
		return
	}
	r.t.Errorf("no channel %s", name)
}

// pinnedThread finds the thread of a process that may run on one CPU only.
func pinnedThread(t *testing.T, pid, cpu int) int {
	t.Helper()
	tasks, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task"))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "task", task.Name(), "status"))
		if err == nil && strings.Contains(string(status), fmt.Sprintf("Cpus_allowed_list:\t%d\n", cpu)) {
			tid, _ := strconv.Atoi(task.Name())
			return tid
		}
	}
	t.Fatalf("no thread of %d is pinned to CPU %d", pid, cpu)
	return 0
}

// stopThread stops one thread of another process until it is killed, as a worker that hangs would stand.
func stopThread(t *testing.T, tid int) {
	t.Helper()
	if err := ptrace(unix.PTRACE_SEIZE, tid); err != nil {
		if errors.Is(err, unix.EPERM) {
			t.Skip("ptrace is not allowed here: this check did not run")
		}
		t.Fatalf("ptrace: %v", err)
	}
	if err := ptrace(unix.PTRACE_INTERRUPT, tid); err != nil {
		t.Fatalf("ptrace: %v", err)
	}
	go func() { // an exec waits until its traced threads are reaped
		for {
			var status unix.WaitStatus
			if _, err := unix.Wait4(tid, &status, unix.WALL, nil); err != nil && !errors.Is(err, unix.EINTR) || status.Exited() || status.Signaled() {
				return
			}
		}
	}()
}

func ptrace(request, tid int) error {
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), 0, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// TestAStuckWorkerIsReplaced stops one worker's thread for real: the process starts again in its place, by AF_XDP, and a
// reader goes on with the new epoch.
func TestAStuckWorkerIsReplaced(t *testing.T) {
	r := newLiveRig(t)
	runtime.LockOSThread() // what traces is a thread
	want, date := r.day(20_000)
	cpu := r.twoWorkers(date, 0)
	c, log := r.run()
	tail := exec.Command(binary, "tail", "--instance", "live", "--schema", "mbo", "--plain", "--from", "oldest", "--follow")
	var notes strings.Builder
	tail.Env, tail.Stderr = r.env, &notes
	if err := tail.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tail.Process.Kill(); _ = tail.Wait() }()
	stopThread(t, pinnedThread(t, c.Process.Pid, cpu))
	r.wait("the process started again", func() bool {
		s := r.top()
		return s.Epoch == 2 && s.State == "running" && s.PID == c.Process.Pid && s.Counters["memberships_wanted"] == 3 && s.Counters["memberships_joined"] == 3
	})
	n := r.send("day.pcap")
	r.wait("everything is received", func() bool { s := r.top(); return s.received() == n })
	s := r.top()
	if s.Counters[`receive_edge{edge="xdp"}`] != 1 {
		t.Errorf("not by AF_XDP after the restart: %v", s.Counters)
	}
	r.stop(c, log)
	r.expectDigests("one", want)
	_ = tail.Process.Signal(syscall.SIGTERM)
	_ = tail.Wait()
	if !strings.Contains(notes.String(), "new run") {
		t.Errorf("the reader did not notice the new run: %q", notes.String())
	}
	for _, says := range []string{"a worker makes no progress", "worker=1", "starting again in place"} {
		if !strings.Contains(log.String(), says) {
			t.Errorf("the log does not say %q", says)
		}
	}
}

// TestKilledWithQueuesUnderLoad is SIGKILL while frames arrive on all queues: the next run has AF_XDP at once, and after the
// storm a whole day without a loss.
func TestKilledWithQueuesUnderLoad(t *testing.T) {
	r := newLiveRig(t)
	want, date := r.day(20_000)
	r.twoWorkers(date, 1)
	for round := range 2 {
		c, _ := r.run()
		storm := exec.Command(binary, "send", "--interface", wiretest.TX, "--tx", "xdp", "--queues", "0,1,2,3", "--spread", "packet", "--quiet", "day.pcap")
		var said strings.Builder
		storm.Env, storm.Dir, storm.Stderr = r.env, r.dir, &said
		if err := storm.Start(); err != nil {
			t.Fatal(err)
		}
		r.wait("some are received", func() bool { s := r.top(); return s.Epoch == uint64(round)+1 && s.received() > 500 })
		_ = c.Process.Kill()
		_ = c.Wait()
		_ = storm.Process.Kill()
		_ = storm.Wait()
		if said.Len() > 0 {
			t.Errorf("the sender says %s", &said)
		}
	}
	c, log := r.run()
	if s := r.top(); s.Counters[`receive_edge{edge="xdp"}`] != 1 || s.Epoch != 3 {
		t.Errorf("epoch %d, %v", s.Epoch, s.Counters)
	}
	n := r.send("day.pcap")
	r.wait("everything is received", func() bool { s := r.top(); return s.received() == n })
	r.stop(c, log)
	r.expectDigests("one", want)
	if s := r.top(); len(s.Dropped) != 0 {
		t.Errorf("dropped %v", s.Dropped)
	}
}
