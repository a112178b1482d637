package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/xdpsend"
)

// How a run receives, and how the configuration says it.
var (
	receiveModes = []string{"native", "generic", "socket"}
	receiveBy    = map[string]string{"native": "rx: xdp, xdp_mode: native", "generic": "rx: xdp, xdp_mode: generic", "socket": "rx: socket"}
)

// loaded is a run under load: a day that is being sent by AF_XDP while things break.
type loaded struct {
	*liveRig
	mode string
	want map[string]struct{ Content string }
	all  uint64 // messages of the clean day
	run  *exec.Cmd
	log  *strings.Builder
	send *exec.Cmd
	out  *strings.Builder
}

// atWork starts a run and does what is to be done before anything is sent.
func atWork(t *testing.T, mode string, messages int, before ...func(*loaded)) *loaded {
	t.Helper()
	if testing.Short() {
		t.Skip("a day under load takes seconds: left out with -short")
	}
	l := &loaded{liveRig: newLiveRig(t), mode: mode}
	var date string
	l.want, date = l.day(messages)
	l.all = l.clean
	// The lines share this machine's processors: one may be held back for long, and is not lost for that.
	channel := strings.Replace(fmt.Sprintf(liveChannel, date), "{name: one,", "{name: one, gap_timeout: 500ms, window_packets: 32768,", 1)
	l.configure(channel)
	text, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path, []byte(strings.Replace(string(text), "rx: socket", receiveBy[mode], 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	l.run, l.log = l.liveRig.run("--summary", "summary.json")
	for _, do := range before {
		do(l)
	}
	return l
}

// underLoad is a run at work to which a day is sent at a steady pace, two lossy lines on two queues.
func underLoad(t *testing.T, mode string, messages int, before ...func(*loaded)) *loaded {
	t.Helper()
	l := atWork(t, mode, messages, before...)
	l.send, l.out = exec.Command(binary, "send", "--interface", wiretest.TX, "--tx", "xdp", "--queues", "2,1", "--rate", "10000", "--json", "--quiet", "day.pcap"), &strings.Builder{}
	l.send.Env, l.send.Dir, l.send.Stdout, l.send.Stderr = l.env, l.dir, l.out, os.Stderr
	if err := l.send.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if l.send.ProcessState == nil {
			_ = l.send.Process.Kill()
			_ = l.send.Wait()
		}
	})
	l.flows("at the start")
	return l
}

// flows waits until two thousand more datagrams have come, all by AF_XDP where that is the mode.
func (l *loaded) flows(when string) {
	l.t.Helper()
	name := "wire_ok"
	if l.mode != "socket" {
		name = "xdp_frames"
	}
	from := l.counted(name)
	l.wait("2000 more in "+name+" "+when, func() bool { return l.counted(name) >= from+2000 })
	if l.ended() {
		l.t.Fatalf("everything was sent before the faults: %s", when)
	}
}

// counted sums a counter over its labels.
func (l *loaded) counted(name string) (n uint64) {
	for key, v := range l.top().Counters {
		if key == name || strings.HasPrefix(key, name+"{") {
			n += v
		}
	}
	return n
}

func (l *loaded) ended() bool {
	return syscall.Kill(l.send.Process.Pid, 0) != nil
}

// ending is what a day under load came to.
type ending struct {
	topShape
	sent, refused   uint64 // datagrams
	received        uint64
	delivered, lost uint64 // messages
}

// finish lets the sender and the run end.
func (l *loaded) finish() (e ending) {
	l.t.Helper()
	sendErr := l.send.Wait()
	var out struct{ Packets, Failed uint64 }
	if err := json.Unmarshal([]byte(l.out.String()), &out); err != nil {
		l.t.Fatalf("the sender says %s, %v", l.out, err)
	}
	if sendErr != nil && out.Failed == 0 { // refusals while the link was away are reckoned with
		l.t.Fatal(sendErr)
	}
	return l.close(out.Packets, out.Failed)
}

// close lets the run end once it has the end of the day.
func (l *loaded) close(sent, refused uint64) (e ending) {
	l.t.Helper()
	l.wait("the end of the day is received", func() bool {
		s := l.top()
		return len(s.Channels) == 1 && s.Channels[0].NextSequence > l.all
	})
	l.stop(l.run, l.log)
	b, err := os.ReadFile(filepath.Join(l.dir, "summary.json"))
	if err != nil {
		l.t.Fatal(err)
	}
	var sum struct {
		Gaps []struct{ First, Count uint64 }
	}
	if err := json.Unmarshal(b, &sum); err != nil {
		l.t.Fatal(err)
	}
	e = ending{topShape: l.top(), sent: sent, refused: refused}
	e.received, e.delivered = total(e.Counters, "wire_ok"), e.Channels[0].Messages
	for _, r := range sum.Gaps {
		e.lost += r.Count
	}
	l.t.Logf("sent %d datagrams, %d refused, received %d; %d messages delivered, %d reported lost", e.sent, e.refused, e.received, e.delivered, e.lost)
	return e
}

// accounted holds a run to its word: every message of the day was delivered once or reported lost, and without losses the
// books are those of the clean day.
func (l *loaded) accounted(e ending) {
	l.t.Helper()
	if e.delivered+e.lost != l.all {
		l.t.Errorf("%d messages delivered and %d reported lost of %d", e.delivered, e.lost, l.all)
	}
	if e.lost > 0 {
		return
	}
	for schema, d := range l.want {
		if got := e.Channels[0].Digests[schema].Content; got != d.Content {
			l.t.Errorf("%s: content %s, the replay of the clean capture gives %s", schema, got, d.Content)
		}
	}
}

// whole says that nothing went missing at all.
func (l *loaded) whole(e ending) {
	l.t.Helper()
	l.accounted(e)
	if e.received != e.sent || e.refused != 0 || e.lost != 0 {
		l.t.Errorf("sent %d, %d refused, received %d; %d messages lost", e.sent, e.refused, e.received, e.lost)
	}
}

func total(counters map[string]uint64, name string) (n uint64) {
	for key, v := range counters {
		if key == name || strings.HasPrefix(key, name+"{") {
			n += v
		}
	}
	return n
}

// attached finds the program on the receiving end and the BPF link that holds it there.
func attached(t *testing.T) (*ebpf.Program, link.Link) {
	t.Helper()
	out, err := exec.Command("ip", "-d", "link", "show", wiretest.RX).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	var id uint32
	if _, after, ok := strings.Cut(string(out), "prog/xdp id "); !ok {
		t.Fatalf("no program on %s: %s", wiretest.RX, out)
	} else if _, err := fmt.Sscan(after, &id); err != nil {
		t.Fatal(err)
	}
	prog, err := ebpf.NewProgramFromID(ebpf.ProgramID(id))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prog.Close() })
	it := new(link.Iterator)
	t.Cleanup(func() { it.Close() })
	for it.Next() {
		if info, err := it.Link.Info(); err == nil && info.XDP() != nil && info.Program == ebpf.ProgramID(id) {
			return prog, it.Link
		}
	}
	t.Fatalf("no link holds program %d", id)
	return nil, nil
}

// TestFilterTakenOffUnderLoad detaches the filter as another program would, twice: kernel sockets go on, the filter
// comes back by itself, and what the driver let fall at the switch is reported.
func TestFilterTakenOffUnderLoad(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			l := underLoad(t, mode, 60_000)
			for n := range uint64(2) {
				_, at := attached(t)
				if err := at.Detach(); err != nil {
					t.Fatal(err)
				}
				l.wait("the filter is back", func() bool { return l.counted("xdp_reattached") == n+1 })
				l.flows("after the filter came back")
			}
			e := l.finish()
			l.accounted(e)
			if total(e.Counters, "socket_datagrams") == 0 {
				t.Error("kernel sockets received nothing while the filter was off")
			}
			if !strings.Contains(l.log.String(), "the filter was attached again") {
				t.Error("the log does not tell")
			}
		})
	}
}

// TestQueueReboundUnderLoad takes the sockets of the queues out of the filter's map, as another program would: kernel
// sockets get those queues' frames, the sockets are put back, nothing is lost.
func TestQueueReboundUnderLoad(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			l := underLoad(t, mode, 50_000)
			prog, _ := attached(t)
			info, err := prog.Info()
			if err != nil {
				t.Fatal(err)
			}
			ids, _ := info.MapIDs()
			emptied := false
			for _, id := range ids {
				m, err := ebpf.NewMapFromID(id)
				if err != nil {
					t.Fatal(err)
				}
				if m.Type() == ebpf.XSKMap {
					for q := range uint32(4) {
						if err := m.Delete(q); err != nil {
							t.Fatal(err)
						}
					}
					emptied = true
				}
				m.Close()
			}
			if !emptied {
				t.Fatal("the filter has no map of sockets")
			}
			l.wait("the sockets are put back", func() bool { return l.counted("xdp_rebound") == 1 })
			l.flows("after the sockets were put back")
			e := l.finish()
			l.whole(e)
			if total(e.Counters, "socket_datagrams") == 0 || total(e.Counters, "xdp_filter_no_socket") == 0 {
				t.Error("kernel sockets received nothing while the queues had no sockets")
			}
		})
	}
}

// TestLinkFlapUnderLoad takes the receiver's link down for a moment: what was sent into it is reported lost, and the rest
// arrives as if nothing had been, by the same sockets.
func TestLinkFlapUnderLoad(t *testing.T) {
	for _, mode := range receiveModes {
		t.Run(mode, func(t *testing.T) {
			l := underLoad(t, mode, 60_000)
			wiretest.IP(t, "link set "+wiretest.RX+" down")
			time.Sleep(300 * time.Millisecond)
			wiretest.IP(t, "link set "+wiretest.RX+" up")
			l.flows("after the link came back")
			e := l.finish()
			l.accounted(e)
			if e.lost == 0 || e.received >= e.sent {
				t.Error("the fault did nothing")
			}
			if n := total(e.Counters, "memberships_joined"); n != 2 {
				t.Errorf("%d memberships, want 2", n)
			}
		})
	}
}

// TestInterfaceGoneUnderLoad deletes the veth pair and makes it anew: the run opens its queues and joins again by itself. The
// day is sent from here, slowly while something is waited for, so that there is load whenever it happens.
func TestInterfaceGoneUnderLoad(t *testing.T) {
	for _, mode := range receiveModes {
		t.Run(mode, func(t *testing.T) {
			l := atWork(t, mode, 60_000)
			day := l.byHand()
			day.send(day.all / 3)
			l.wait("it is received", func() bool { return l.counted("wire_ok") >= 2000 })
			wiretest.IP(t, "link del "+wiretest.RX)
			l.wait("the fault is seen on both ends", func() bool {
				day.send(4)
				return day.refused > 0 && l.counted("memberships_joined") == 0 &&
					(mode == "socket" || strings.Contains(l.log.String(), "the interface of AF_XDP queues is gone"))
			})
			wiretest.IP(t, "link add "+wiretest.TX+" numtxqueues 4 numrxqueues 4 type veth peer name "+wiretest.RX+" numtxqueues 4 numrxqueues 4")
			wiretest.Up(t)
			from, sent := l.counted("xdp_frames"), day.sent
			l.wait("it is mended and receives", func() bool {
				day.send(4)
				return l.counted("memberships_joined") == 2 && day.sent > sent && (mode == "socket" || l.counted("xdp_frames") > from)
			})
			before := l.counted("wire_ok")
			if left := day.send(day.all); left < 2000 {
				t.Fatalf("%d datagrams were left after the interface came back", left)
			}
			l.wait("what was left is received", func() bool { return l.counted("wire_ok") >= before+2000 })
			e := l.close(day.sent, day.refused)
			l.accounted(e)
			if e.lost == 0 || e.refused == 0 {
				t.Error("the fault did nothing")
			}
		})
	}
}

// dayByHand sends a day from this process.
type dayByHand struct {
	t             *testing.T
	out           *xdpsend.Sender
	src           capture.Source
	all           int    // datagrams of the day
	sent, refused uint64 // so far
}

func (l *loaded) byHand() *dayByHand {
	l.t.Helper()
	out, err := xdpsend.Open(xdpsend.Options{Interface: wiretest.TX, Queues: []int{2, 1}})
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { out.Close() })
	d := &dayByHand{t: l.t, out: out, src: l.open()}
	var p capture.Packet
	for d.src.Next(&p) == nil {
		d.all++
	}
	d.src = l.open()
	return d
}

func (l *loaded) open() capture.Source {
	l.t.Helper()
	src, err := capture.Open([]string{filepath.Join(l.dir, "day.pcap")}, capture.Options{})
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { src.Close() })
	return src
}

// send sends at most n more and returns how many that were. A burst is no longer than a queue.
func (d *dayByHand) send(n int) (did int) {
	d.t.Helper()
	var p capture.Packet
	var g feedhandler.Datagram
	for ; did < n; did++ {
		if err := d.src.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			d.t.Fatal(err)
		}
		if fault := feedhandler.ParseFrame(p.Data, false, &g); fault != feedhandler.WireOK {
			d.t.Fatal(fault)
		}
		failed := d.refused
		_ = d.out.Send(g.Dst, g.DstPort, g.Payload, &d.refused)
		if d.refused == failed {
			d.sent++
		}
		if did%20 == 19 {
			d.flush()
			time.Sleep(2 * time.Millisecond) // its pace
		}
	}
	d.flush()
	return did
}

// flush sends what is queued; what the interface refused of it was not sent.
func (d *dayByHand) flush() {
	before := d.refused
	_ = d.out.Flush()
	d.sent -= d.refused - before
}

// TestReaderKilledUnderLoad kills readers in the middle of a record: the writer does not notice, and the next reader gets
// every record.
func TestReaderKilledUnderLoad(t *testing.T) {
	for _, mode := range receiveModes {
		t.Run(mode, func(t *testing.T) {
			var readers []*exec.Cmd
			l := underLoad(t, mode, 50_000, func(l *loaded) {
				for range 5 {
					c := exec.Command(binary, "tail", "--instance", "live", "--schema", "mbo", "--plain", "--from", "oldest", "--follow", "--quiet")
					c.Env = l.env
					if err := c.Start(); err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = c.Process.Kill() })
					readers = append(readers, c)
				}
				l.wait("every reader has the ring mapped", func() bool { return len(l.top().Readers) >= len(readers) })
			})
			for _, c := range readers {
				_ = c.Process.Signal(syscall.SIGKILL)
				_ = c.Wait()
			}
			l.flows("after readers were killed")
			next := exec.Command(binary, "tail", "--instance", "live", "--schema", "trades", "--plain", "--from", "oldest", "--quiet")
			var read strings.Builder
			next.Env, next.Stdout = l.env, &read
			if err := next.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = next.Process.Kill() })
			e := l.finish()
			l.whole(e)
			_ = next.Wait() // it ends with the writer
			if lines := uint64(strings.Count(read.String(), "\n")); lines == 0 || lines != e.Records["trades"] {
				t.Errorf("the next reader got %d trades of %d", lines, e.Records["trades"])
			}
		})
	}
}

// TestWriterKilledUnderLoad kills the run and starts it again: queues, filter, groups and shared memory are taken over
// from the dead, a reader goes on by itself, and from its first message on the second run accounts for everything.
func TestWriterKilledUnderLoad(t *testing.T) {
	for _, mode := range receiveModes {
		t.Run(mode, func(t *testing.T) {
			l := underLoad(t, mode, 100_000)
			tail := exec.Command(binary, "tail", "--instance", "live", "--schema", "mbo", "--plain", "--from", "oldest", "--follow")
			var notes strings.Builder
			read, err := os.Create(filepath.Join(l.dir, "read"))
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			tail.Env, tail.Stdout, tail.Stderr = l.env, read, &notes
			if err := tail.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = tail.Process.Kill() })
			before := l.top()
			_ = l.run.Process.Kill()
			_ = l.run.Wait()
			dead := l.top()
			if dead.Alive || dead.State != "running" {
				t.Errorf("after SIGKILL readers see state %s, alive %v", dead.State, dead.Alive)
			}
			time.Sleep(50 * time.Millisecond)
			if later := l.top(); later.UptimeNS != dead.UptimeNS || dead.UptimeNS == 0 {
				t.Errorf("the killed run was up for %d ns, then for %d", dead.UptimeNS, later.UptimeNS)
			}
			l.run, l.log = l.liveRig.run("--summary", "summary.json")
			l.flows("after the run was started again")
			e := l.finish()
			if e.Epoch != before.Epoch+1 {
				t.Errorf("epoch %d after %d", e.Epoch, before.Epoch)
			}
			// What came before it joined is not the second run's: that is more than the first is known to have had, and every
			// book is flagged for it.
			joined, had := l.all-e.delivered-e.lost, before.Channels[0].NextSequence-1
			if joined < had || joined == 0 {
				t.Errorf("the second run accounts for %d and %d of %d messages, and the first had %d", e.delivered, e.lost, l.all, had)
			}
			if ch := e.Channels[0]; ch.Suspect == 0 || ch.Suspect != ch.Instruments {
				t.Errorf("%d of %d books are flagged after a start in the middle", ch.Suspect, ch.Instruments)
			}
			l.wait("the reader has every record of the second run", func() bool {
				b, err := os.ReadFile(read.Name())
				return err == nil && uint64(strings.Count(string(b), "\n")) >= e.Records["mbo"]
			})
			_ = tail.Process.Signal(syscall.SIGTERM)
			_ = tail.Wait()
			if !strings.Contains(notes.String(), "new run") && !strings.Contains(notes.String(), "epoch") {
				t.Errorf("the reader did not notice the new run: %q", notes.String())
			}
		})
	}
}
