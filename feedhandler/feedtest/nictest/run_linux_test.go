//go:build nicrig

package nictest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wirebook/ptp"
	"wirebook/shm"
)

// TestRun receives two lossy lines of four channels, on every queue of the NIC in zero copy, and by kernel sockets: the
// books of the clean day, every packet once, every stamp from where it is said to come from and near the truth.
func TestRun(t *testing.T) {
	hw := hardware(t)
	v := newVenue(t, t.TempDir(), 3000, 2000)
	before := receiveFilter(t)
	for _, c := range []struct {
		name, settings string
		source         ptp.Source
	}{
		{"zero copy", "rx: xdp, xdp_mode: zerocopy", ptp.SourceDriver},
		{"native copy", "rx: xdp, xdp_mode: native", ptp.SourceDriver},
		{"socket", "rx: socket", ptp.SourceKernel},
	} {
		t.Run(c.name, func(t *testing.T) {
			if hw {
				c.settings, c.source = c.settings+", clock: nic", ptp.SourceNIC
			}
			const channels = 4
			h := startHandler(t, v, channels, c.settings+", trust_host: true, busy_poll: 0s")
			if hw && receiveFilter(t).Rx_filter != unix.HWTSTAMP_FILTER_ALL {
				t.Error("receive stamping is off")
			}
			block := h.clock(5*time.Second, "the clock is locked", func(b *shm.ClockBlock) bool { return b.State == shm.ClockLocked })
			if err := v.send(channels, 1000); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			h.stop()
			s := h.top()
			h.whole(v, &s)
			sent := uint64(len(v.packets) * channels)
			if got := counted(&s, "stamps", fmt.Sprintf("source=%q", c.source)); got != sent {
				t.Errorf("%d stamps from %v, want all %d", got, c.source, sent)
			}
			if block.Source != uint32(c.source) || block.BoundNS == 0 || block.BoundNS > 2_000_000 {
				t.Errorf("published: source %v, bound %d; want %v and about a millisecond", ptp.Source(block.Source), block.BoundNS, c.source)
			}
			if c.name == "zero copy" {
				var frames []uint64
				used := 0
				for _, q := range s.Queues {
					frames = append(frames, q.Counts["xdp_frames"])
					if q.Counts["xdp_frames"] > 0 {
						used++
					}
				}
				t.Logf("frames by queue: %v", frames)
				if used < 2 || len(s.Queues) < 2 || !strings.Contains(h.log.String(), "zero copy") || strings.Contains(h.log.String(), "native copy") {
					t.Errorf("%d of %d queues received", used, len(s.Queues))
				}
			}
			if c.name != "socket" && counted(&s, "xdp_frames", "") != sent {
				t.Errorf("%d frames by AF_XDP, want all %d", counted(&s, "xdp_frames", ""), sent)
			}
			if named := strings.Contains(h.log.String(), "no hardware receive stamps"); named == hw {
				t.Errorf("the log names a fallback: %v; hardware stamps: %v", named, hw)
			}
			late := time.Duration(0)
			if c.source != ptp.SourceNIC { // the emulated CPUs take their time until somebody stamps
				late = 2 * time.Second
			}
			list, near := h.judge(v), 0
			for i := range list {
				r := &list[i]
				if r.bad || r.untrue(block.BoundNS, late) {
					t.Errorf("message %d of channel %d: ts_recv %v from when it was sent, bad %v", r.sequence, r.channel+1, time.Duration(r.error), r.bad)
					break
				}
				if magnitude(r.error) <= slack {
					near++
				}
			}
			t.Logf("%d records; %s", len(list), spread(list))
			if c.source == ptp.SourceNIC && near < len(list)*9/10 {
				t.Errorf("only %d of %d stamps are within %v of the sending", near, len(list), time.Duration(slack))
			}
			if now := receiveFilter(t); *now != *before {
				t.Errorf("receive stamping was %+v and is %+v", *before, *now)
			}
		})
	}
}

// spread tells how far stamps were outside of the send calls.
func spread(list []judged) string {
	var all []int64
	for i := range list {
		all = append(all, list[i].error)
	}
	if len(all) == 0 {
		return "none"
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	at := func(q float64) time.Duration { return time.Duration(all[int(q*float64(len(all)-1))]) }
	return fmt.Sprintf("error from %v over %v, %v, %v to %v", at(0), at(0.01), at(0.5), at(0.99), at(1))
}

// TestStepAndSkew has somebody set the NIC's clock while packets come, then change its rate, then switch receive stamping
// off. Every stamp that is not flagged is true, but for those of the second after each fault; and trust comes back.
func TestStepAndSkew(t *testing.T) {
	if !hardware(t) {
		t.Skip("NIC rig: this NIC has no hardware receive stamps")
	}
	v := newVenue(t, t.TempDir(), 16_000, 1000)
	clock := openClock(t, phc)
	h := startHandler(t, v, 1, "rx: xdp, xdp_mode: zerocopy, clock: nic, trust_host: true")
	locked := func(b *shm.ClockBlock) bool { return b.State == shm.ClockLocked }
	h.clock(5*time.Second, "the clock is locked", locked)
	sending := make(chan error, 1)
	go func() { sending <- v.send(1, 500) }()

	type fault struct {
		name string
		do   func()
		at   int64 // when it was done
		flag bool  // records are flagged for a while
	}
	faults := []fault{
		{"a step of 300 ms", func() { clock.step(t, 300*time.Millisecond) }, 0, true},
		{"a step back of 30 s", func() { clock.step(t, -30*time.Second) }, 0, true},
		{"100 ppm", func() { clock.skew(t, 100) }, 0, false},
		{"0 ppm", func() { clock.skew(t, 0) }, 0, false},
		{"stamping off", func() { setReceiveFilter(t, unix.HwTstampConfig{}) }, 0, false},
	}
	for i := range faults {
		f := &faults[i]
		time.Sleep(2500 * time.Millisecond)
		f.at = time.Now().UnixNano()
		f.do()
		switch f.name {
		case "100 ppm":
			time.Sleep(500 * time.Millisecond)
			h.clock(3*time.Second, "the rate is seen", func(b *shm.ClockBlock) bool { return locked(b) && b.FreqPPB > 80_000 && b.FreqPPB < 120_000 })
		case "stamping off":
			eventually(t, 2*time.Second, "receive stamping is on again", func() bool { return receiveFilter(t).Rx_filter == unix.HWTSTAMP_FILTER_ALL })
		}
	}
	block := h.clock(5*time.Second, "the clock is locked again", locked)
	if block.Steps < 2 { // the emulated clock makes some of its own, of microseconds
		t.Errorf("%d steps published, want 2 at least", block.Steps)
	}
	if err := <-sending; err != nil {
		t.Fatal(err)
	}
	end := time.Now().UnixNano()
	time.Sleep(time.Second)
	h.stop()
	s := h.top()
	h.whole(v, &s)
	list := h.judge(v)
	if last := faults[len(faults)-1].at; end-last < int64(3*time.Second) {
		t.Errorf("the sending ended %v after the last fault: too early to see the recovery", time.Duration(end-last))
	}
	for i := range faults {
		f := &faults[i]
		until := end
		if i+1 < len(faults) { // what is sent just before a fault is processed after it
			until = faults[i+1].at - int64(300*time.Millisecond)
		}
		late := time.Duration(0)
		if f.name == "stamping off" { // then the driver stamps
			late = 2 * time.Second
		}
		var flagged, wrong, missed, lateFlags, after int
		var recovered int64
		for k := range list {
			r := &list[k]
			if r.sent < f.at || r.sent >= until {
				continue
			}
			after++
			since := r.sent - f.at
			untrue := !r.bad && r.untrue(block.BoundNS, late)
			switch {
			case r.bad:
				flagged++
				recovered = max(recovered, since)
			case untrue && since <= int64(time.Second):
				wrong++
			case untrue:
				missed++
				t.Logf("%s: message %d, sent %v later: ts_recv %v from when it was sent", f.name, r.sequence, time.Duration(since), time.Duration(r.error))
			}
			if r.bad && since > int64(2*time.Second) {
				lateFlags++
			}
		}
		t.Logf("%s: %d records after it, %d flagged until %v later, %d unflagged and wrong within the first second", f.name, after, flagged, time.Duration(recovered), wrong)
		if missed > 0 || lateFlags > 0 || after == 0 || f.flag && flagged == 0 {
			t.Errorf("%s: %d records, %d wrong and unflagged after a second, %d still flagged after two, %d flagged in all", f.name, after, missed, lateFlags, flagged)
		}
	}
	if n := counted(&s, "stamps", `source="nic"`); n < uint64(len(v.packets)*8/10) || counted(&s, "stamps", `source="driver"`) == 0 {
		t.Errorf("%d stamps from the NIC of %d packets, %d from the driver while stamping was off", n, len(v.packets), counted(&s, "stamps", `source="driver"`))
	}
	if !strings.Contains(h.log.String(), "stepped") || !strings.Contains(h.log.String(), "stamps of "+nic) {
		t.Error("the log does not tell of the faults")
	}
}

// TestNICGone takes the NIC from its driver under a run and gives it back: interface, clock and queues go and come. Until
// then the clock is missing, and afterwards all is as before, stamps included.
func TestNICGone(t *testing.T) {
	if !hardware(t) {
		t.Skip("NIC rig: this NIC has no hardware receive stamps")
	}
	v := newVenue(t, t.TempDir(), 1000, 1000)
	h := startHandler(t, v, 1, "rx: xdp, xdp_mode: zerocopy, clock: nic, trust_host: true")
	locked := func(b *shm.ClockBlock) bool { return b.State == shm.ClockLocked }
	h.clock(5*time.Second, "the clock is locked", locked)
	device, err := filepath.EvalSymlinks("/sys/class/net/" + nic + "/device")
	if err != nil {
		t.Fatal(err)
	}
	driver, err := filepath.EvalSymlinks(filepath.Join(device, "driver"))
	if err != nil {
		t.Fatal(err)
	}
	give := func(what string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(driver, what), []byte(filepath.Base(device)), 0); err != nil {
			t.Fatal(err)
		}
	}
	give("unbind")
	gone := time.Now()
	h.clock(5*time.Second, "the clock is missing", func(b *shm.ClockBlock) bool { return b.State == shm.ClockMissing && b.BoundNS == 0 })
	t.Logf("shown after %v", time.Since(gone))
	give("bind")
	for _, c := range []string{"ethtool -L " + nic + " combined " + os.Getenv("QUEUES"), "ethtool -N " + nic + " rx-flow-hash udp4 sdfn", "ip addr add 10.9.0.1/24 dev " + nic, "ip link set " + nic + " up"} {
		f := strings.Fields(c)
		if out, err := exec.Command(f[0], f[1:]...).CombinedOutput(); err != nil && f[0] == "ip" {
			t.Fatalf("%s: %v: %s", c, err, out)
		}
	}
	linked(t)
	h.clock(20*time.Second, "the clock is locked again", locked)
	eventually(t, 20*time.Second, "AF_XDP and the memberships are back", func() bool {
		s := h.top()
		return counted(&s, "xdp_reattached", "") == 1 && s.Counters["memberships_joined"] == s.Counters["memberships_wanted"] && attached(t)
	})
	eventually(t, 5*time.Second, "receive stamping is on again", func() bool { return receiveFilter(t).Rx_filter == unix.HWTSTAMP_FILTER_ALL })
	linked(t)
	time.Sleep(time.Second)
	if err := v.send(1, 300); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	h.stop()
	s := h.top()
	h.whole(v, &s)
	if got := counted(&s, "stamps", `source="nic"`); got != uint64(len(v.packets)) {
		t.Errorf("%d stamps from the NIC of %d packets", got, len(v.packets))
	}
	for _, r := range h.judge(v) {
		if r.bad || r.untrue(2_000_000, 0) {
			t.Errorf("message %d: ts_recv %v from when it was sent, bad %v", r.sequence, time.Duration(r.error), r.bad)
			break
		}
	}
}
