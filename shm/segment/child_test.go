package segment

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wirebook/shm"
	"wirebook/shm/internal/selfcheck"
)

// The test binary starts itself again as the second process: WIREBOOK_TEST_CHILD names what it does there.
func TestMain(m *testing.M) {
	if job := os.Getenv("WIREBOOK_TEST_CHILD"); job != "" {
		if err := childMain(job); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	os.RemoveAll(builds.dir)
	os.Exit(code)
}

// child is a writer in another process.
type child struct {
	cmd   *exec.Cmd
	lines *bufio.Reader
	stdin io.Closer
}

// startChild runs job on an instance and waits until it publishes.
func startChild(t *testing.T, job, root string, schema shm.Schema, slots uint32, records uint64) *child {
	t.Helper()
	return startJob(t, job, root, schema.String(), strconv.Itoa(int(slots)), strconv.FormatUint(records, 10))
}

// startJob is startChild for any job.
func startJob(t *testing.T, job ...string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "WIREBOOK_TEST_CHILD="+strings.Join(job, ","))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = childAttributes()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd, bufio.NewReader(out), in}
	if line, err := c.lines.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("second process said %q, %v", line, err)
	}
	return c
}

func (c *child) kill() {
	c.cmd.Process.Signal(syscall.SIGKILL)
	c.cmd.Wait()
}

// end lets a writer of a fixed number of records finish and returns its last word.
func (c *child) end() string {
	line := c.lastLine()
	c.leave()
	return line
}

func (c *child) lastLine() string {
	line, _ := c.lines.ReadString('\n')
	return strings.TrimSpace(line)
}

func (c *child) leave() {
	c.stdin.Close()
	c.cmd.Wait()
}

func childMain(job string) error {
	if root, ok := strings.CutPrefix(job, "open,"); ok {
		return openOnce(root)
	}
	if rest, ok := strings.CutPrefix(job, "door,"); ok {
		return doorJob(strings.Split(rest, ","))
	}
	f := strings.Split(job, ",")
	if f[0] == "packets" {
		return putPackets(f[1:])
	}
	schema, _ := shm.ParseSchema(f[2])
	slots, _ := strconv.Atoi(f[3])
	records, _ := strconv.ParseUint(f[4], 10, 64)
	inst, err := Create(Options{Root: f[1], Name: "test", Rings: []RingSpec{{Schema: schema, Slots: uint32(slots)}}, Latest: 4, LatestSchema: schema, Instruments: 16})
	if err != nil {
		return err
	}
	inst.Running()
	fmt.Println("ready")
	w := inst.Writer(schema, 0)
	if f[0] == "unmarked" {
		return publishUnmarked(inst, schema, uint64(slots))
	}
	body := alignedBytes(schema.BodySize())
	claim := claimer(w)
	for n := uint64(0); records == 0 || n < records; n++ {
		selfcheck.Fill(body, w.Position())
		if n%2 == 0 || !claim(body, w.Position()) {
			w.Publish(body, w.Position())
		}
		if n%16 == 0 {
			w.Flush()
		}
		if n%4096 == 0 {
			inst.Heartbeat(nowNS())
		}
	}
	fmt.Println(w.Position())
	io.Copy(io.Discard, os.Stdin) // stay until the reader has seen it
	return inst.Close()
}

// claimer returns what builds a record in its slot; it says no where the schema has no such way.
func claimer(w *shm.Writer) func(body []byte, extra uint64) bool {
	mbo, trade, mbp1, mbp10 := shm.MBOOf(w), shm.TradeOf(w), shm.MBP1Of(w), shm.MBP10Of(w)
	return func(body []byte, extra uint64) bool {
		switch {
		case mbo != nil:
			s := mbo.Claim()
			copy(shm.Bytes(&s.Body), body)
			mbo.Commit(s)
		case trade != nil:
			s := trade.Claim()
			copy(shm.Bytes(&s.Body), body)
			s.TradeID = extra
			trade.Commit(s)
		case mbp1 != nil:
			s := mbp1.Claim()
			copy(shm.Bytes(&s.Body), body)
			s.TradeID = extra
			mbp1.Commit(s)
		case mbp10 != nil:
			s := mbp10.Claim()
			copy(shm.Bytes(&s.Body), body)
			s.TradeID = extra
			mbp10.Commit(s)
		default:
			return false
		}
		return true
	}
}

// publishUnmarked breaks the rule on purpose: fill and commit, without the mark. It rests in the middle of every record, so
// that a reader meets one half filled within seconds, also where the race detector makes everything slow.
func publishUnmarked(inst *Instance, schema shm.Schema, slots uint64) error {
	mem := inst.mappings[1].mem
	body := alignedBytes(schema.BodySize())
	for p := uint64(0); ; p++ {
		selfcheck.Fill(body, p)
		at := shm.HeaderBytes + int(p%slots)*schema.SlotSize()
		half := copy(mem[at+8:], body[:len(body)/2])
		shm.Pause(64)
		copy(mem[at+8+half:], body[half:])
		atomic.StoreUint64(wordAt(mem, at), (p+1)<<1)
	}
}

// tally reads until the deadline and checks every record it accepts.
type tally struct {
	read, lost, torn, epochs, stale uint64
	lastEpoch                       uint64
}

func (c *tally) step(t *testing.T, r *Reader, buf []byte) shm.Result {
	t.Helper()
	res := r.Wait(buf, 20*time.Millisecond)
	switch res {
	case shm.Record:
		c.read++
		p := r.Position() - 1
		if !selfcheck.Check(r.Body(buf), p) {
			c.torn++
		} else if r.Ring().Schema() != shm.SchemaMBO && r.Extra(buf) != p {
			c.torn++
		}
	case shm.Lapped:
		c.lost += r.Lost()
	case shm.NewEpoch:
		c.epochs++
		if e := r.Ring().Epoch(); e <= c.lastEpoch {
			t.Fatalf("epoch %d after %d", e, c.lastEpoch)
		} else {
			c.lastEpoch = e
		}
	case shm.StaleWriter:
		c.stale++
	case shm.Empty, shm.Stopped:
	default:
		t.Fatalf("%v at position %d", res, r.Position())
	}
	return res
}
