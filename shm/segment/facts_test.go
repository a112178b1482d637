package segment

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/shm"
)

// told runs a test program of another language and returns what it printed.
func told(t *testing.T, command []string, args ...string) string {
	t.Helper()
	out, err := exec.Command(command[0], append(append([]string(nil), command[1:]...), args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// testdata/abi1 was written by a writer of ABI 1. Readers of every language refuse it, and versions to come, with both named.
func TestOtherABIsAreRefused(t *testing.T) {
	dir := filepath.Join(shmRoot(t), "old")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	write := func(version byte) (paths []string) {
		for _, name := range []string{"control", "latest", "mbo-0.ring"} {
			b, err := os.ReadFile("../testdata/abi1/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if version != 1 {
				b[8] = version
			}
			paths = append(paths, filepath.Join(dir, name))
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o640); err != nil {
				t.Fatal(err)
			}
		}
		return paths
	}
	refused := func(version byte, who, said string, times int) {
		t.Helper()
		if want := fmt.Sprintf("written with ABI version %d, this reader knows version 2", version); strings.Count(said, want) != times {
			t.Errorf("%s said %q, want %d times %q", who, said, times, want)
		}
	}
	for _, version := range []byte{1, 3} {
		paths := write(version)
		_, err := Open(filepath.Dir(dir), "old")
		refused(version, "Go", fmt.Sprint(err), 1)
		for name, prepare := range programs("facts") {
			t.Run(fmt.Sprintf("%s/%d", name, version), func(t *testing.T) {
				refused(version, name, told(t, prepare(t), append([]string{"open"}, paths...)...), len(paths))
			})
		}
	}
}

// What the control file says of channels, instruments and sessions, and what the appliance made, is read alike by every language.
func TestForeignFacts(t *testing.T) {
	o := small(shmRoot(t))
	o.Sessions = 4
	inst := create(t, o)
	inst.Running()
	c := inst.Control
	for i, name := range []string{"one", "two"} {
		_, e, err := c.AddChannel(name, uint32(i), uint16(i+1), 0)
		if err != nil {
			t.Fatal(err)
		}
		e.State, e.Reason, e.StateUnit, e.Session, e.Appliance = shm.ChannelGapped+uint32(i), shm.ReasonUnfit+uint32(i), 77<<32, 6, 1000
		e.Digests[shm.SchemaAdmin].SetLo, e.Digests[shm.SchemaAdmin].SetHi = 1<<63+1, 15
		c.AddLine("A", uint32(i), 0)
	}
	count, _ := c.AddCounter("gaps", `channel="one"`)
	*count = 1 << 40
	for i, symbol := range []string{"WIRE", "BOOK"} {
		e := shm.InstrumentEntry{ID: uint32(i), State: shm.InstrumentRecovering | shm.ReasonGap<<8 | shm.BookOrders<<16}
		copy(e.Symbol[:], symbol)
		c.AddInstrument(e)
	}
	for i := range 6 { // more than there is room for
		e := shm.SessionEntry{First: uint64(i) << 33, Mark: 5, Since: [5]uint64{4: uint64(i)}}
		copy(e.ChannelName[:], "two")
		copy(e.Name[:], fmt.Sprint("day", i))
		c.BeginSession(e)
	}
	clock := shm.ClockBlock{State: shm.ClockHoldover, BoundNS: 1500}
	copy(clock.Device[:], "ptp0")
	c.SetClock(clock)
	w := inst.Writer(shm.SchemaAdmin, 0)
	status := shm.Status{RecordHeader: shm.RecordHeader{Length: shm.SizeStatus / 4, RType: shm.RTypeStatus, InstrumentID: 7}}
	w.Publish(shm.Bytes(&status), 0)
	w.Publish(shm.Bytes(&shm.Appliance{RecordHeader: shm.RecordHeader{Length: shm.SizeAppliance / 4, RType: shm.RTypeAppliance},
		Kind: shm.ApplianceGap, Reason: uint8(shm.ReasonGap), Channel: 1, Session: 6, Counter: 1000, Unit: 77 << 32, First: 77<<32 + 1, Count: 3}), 0)
	w.Flush()

	v, err := Open(o.Root, o.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	want := goFacts(v.Control)
	for _, need := range []string{"gapped " + shm.ReasonName(shm.ReasonUnfit) + " after 330712481792", "set 8000000000000001 f", "recovering gap orders", "session 3 day2", "session 6 day5", "clock holdover ptp0"} {
		if !strings.Contains(want, need) {
			t.Fatalf("%q is not in\n%s", need, want)
		}
	}
	const admin = "record 18 of 7\nappliance gap gap of channel 1 session 6 number 1000 after 330712481792 first 330712481793 count 3\n"
	for name, prepare := range programs("facts") {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			if got := told(t, command, "control", filepath.Join(inst.Dir, controlFile)); got != want {
				t.Errorf("%s\nwant\n%s", got, want)
			}
			if got := told(t, command, "admin", filepath.Join(inst.Dir, "admin-0.ring")); got != admin {
				t.Errorf("%s\nwant\n%s", got, admin)
			}
		})
	}
	inst.Close()
}

// goFacts says what the control file holds as testdata/c/facts.c does.
func goFacts(c *shm.ControlView) string {
	var b strings.Builder
	for _, e := range c.Rings() {
		fmt.Fprintf(&b, "ring %s schema %d worker %d\n", shm.Text(e.File[:]), e.Schema, e.Worker)
	}
	for i := range c.Channels() {
		e, _ := c.Channel(i)
		fmt.Fprintf(&b, "channel %s worker %d %s %s after %d session %d set %x %x appliance %d\n", shm.Text(e.Name[:]), e.Worker, shm.ChannelStateName(e.State),
			shm.ReasonName(e.Reason), e.StateUnit, e.Session, e.Digests[4].SetLo, e.Digests[4].SetHi, e.Appliance)
	}
	for i := range c.Lines() {
		e, _ := c.Line(i)
		fmt.Fprintf(&b, "line %s of %d received %d\n", shm.Text(e.Name[:]), e.Channel, e.Received)
	}
	for i := range c.Counters() {
		e, _ := c.Counter(i)
		fmt.Fprintf(&b, "counter %s %s %d\n", shm.Text(e.Name[:]), shm.Text(e.Label[:]), e.Value)
	}
	for i := range c.Instruments() {
		e, _ := c.Instrument(i)
		fmt.Fprintf(&b, "instrument %s %s %s %s\n", shm.Text(e.Symbol[:]), shm.InstrumentStateName(e.State&0xFF),
			shm.ReasonName(e.State>>8&0xFF), shm.BooksName(e.State>>16&0xFF))
	}
	for n := range uint32(12) {
		if e, ok := c.Session(n); ok {
			fmt.Fprintf(&b, "session %d %s of %s first %d mark %d since %d\n", n, shm.Text(e.Name[:]), shm.Text(e.ChannelName[:]), e.First, e.Mark, e.Since[4])
		}
	}
	if e, ok := c.Clock(); ok {
		fmt.Fprintf(&b, "clock %s %s bound %d\n", [...]string{shm.ClockHoldover: "holdover"}[e.State], shm.Text(e.Device[:]), e.BoundNS)
	}
	return b.String()
}

// Every reader says once for each silence that the writer's heart stands still.
func TestForeignStaleWriter(t *testing.T) {
	for name, prepare := range programs("facts") {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			o := small(shmRoot(t))
			inst := create(t, o)
			inst.Running()
			const ahead = 1 << 62
			inst.Heartbeat(ahead)
			cmd := exec.Command(command[0], append(append([]string(nil), command[1:]...), "stale", filepath.Join(inst.Dir, "mbo-0.ring"))...)
			cmd.Stderr = os.Stderr
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(out)
			expect := func(step string, want ...shm.Result) {
				t.Helper()
				for _, w := range want {
					io.WriteString(in, "\n")
					if got, err := lines.ReadString('\n'); strings.TrimSpace(got) != w.String() {
						t.Errorf("%s: %q, want %s (%v)", step, got, w, err)
					}
				}
			}
			expect("alive", shm.Empty, shm.Empty)
			inst.Heartbeat(1)
			expect("silent", shm.StaleWriter, shm.Empty, shm.Empty)
			inst.Heartbeat(ahead)
			expect("alive again", shm.Empty)
			inst.Heartbeat(2)
			expect("silent again", shm.StaleWriter, shm.Empty)
			inst.unmap() // dies and starts again
			inst.lock.Close()
			inst = create(t, o)
			inst.Running()
			inst.Heartbeat(ahead)
			expect("a new run", shm.NewEpoch, shm.Empty)
			inst.Heartbeat(3)
			expect("a new run, silent", shm.StaleWriter, shm.Empty)
			inst.Close()
			expect("ended", shm.Stopped)
			in.Close()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}
