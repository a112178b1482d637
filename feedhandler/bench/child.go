package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// childVar names the environment variable that makes this program the bench's second process.
const childVar = "WIREBOOK_BENCH_CHILD"

// IsChild says whether this process was started by the bench as its second process. Call Child then.
func IsChild() bool { return os.Getenv(childVar) != "" }

// job is what the second process is to do.
type job struct {
	Do      string // echo, drain, poll, latency
	Root    string // of the instance "bench" that the first process made
	Back    string // of the instance "back" that this process makes for its answers
	Core    int    // -1: any
	Records uint64
	Readers int    // poll: how many
	EveryNS uint64 // poll: how often each looks
	Spins   uint32 // echo, drain: pauses between two looks
	Hurry   bool   // with SCHED_FIFO while it counts
	Clock   jobClock
}

type jobClock struct{ Base, Mult, Zero uint64 }

// answer is what the second process says at its end, as JSON on standard output.
type answer struct {
	Records uint64
	Lost    uint64
	Slow    uint64        // latency: records above the limit, whether or not they are among Late
	Early   uint64        // latency: records seen before they were due, which cannot be
	Hist    *hdr.Snapshot `json:",omitempty"`
	Places  []Place       `json:",omitempty"`
	Late    []late        `json:",omitempty"`
	Stalls  []stall       `json:",omitempty"`
}

// late is a run of samples above the limit, one behind the other: from when the first was due until the last was seen.
type late struct{ From, To, Count, WorstNS uint64 }

// process is the second process at work.
type process struct {
	cmd  *exec.Cmd
	out  *bufio.Reader
	in   io.Closer
	kill *time.Timer
}

const childLimit = 2 * time.Minute

// start starts the second process and waits until it is ready.
func (b *bencher) start(j job) (*process, error) {
	if len(b.o.Child) == 0 {
		return nil, errors.New("no second process: Options.Child is empty")
	}
	j.Clock = jobClock{b.clock.base, b.clock.mult, b.clock.zero}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(b.ctx, b.o.Child[0], b.o.Child[1:]...)
	cmd.Env = append(os.Environ(), childVar+"="+string(text))
	cmd.Stderr = os.Stderr
	p := &process{cmd: cmd}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the second process: %w", err)
	}
	p.kill = time.AfterFunc(childLimit, func() { _ = cmd.Process.Kill() })
	if line, err := p.out.ReadString('\n'); err != nil || line != "ready\n" {
		p.stop()
		return nil, fmt.Errorf("the second process (%s) did not come up: %q", b.o.Child[0], line)
	}
	return p, nil
}

// finish waits for the second process's answer.
func (p *process) finish() (answer, error) {
	var a answer
	err := json.NewDecoder(p.out).Decode(&a)
	p.stop()
	if err != nil {
		return a, fmt.Errorf("the second process ended without an answer: %w", err)
	}
	return a, nil
}

func (p *process) stop() {
	p.kill.Stop()
	_ = p.in.Close()
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// Child is the second process of a bench: it does what childVar says and writes its answer to standard output.
func Child() error {
	var j job
	if err := json.Unmarshal([]byte(os.Getenv(childVar)), &j); err != nil {
		return fmt.Errorf("%s: %w", childVar, err)
	}
	if j.Core >= 0 {
		unpin, err := pin(j.Core)
		if err != nil {
			return err
		}
		defer unpin()
		confine(j.Core)
	}
	runtime.GOMAXPROCS(2) // this thread spins; the runtime keeps one to itself
	v, err := segment.Open(j.Root, "bench")
	if err != nil {
		return err
	}
	defer v.Close()
	c := childWork{job: &j, clock: clock{base: j.Clock.Base, mult: j.Clock.Mult, zero: j.Clock.Zero}}
	for i := range v.Control.Rings() {
		e := v.Control.Rings()[i]
		if shm.Schema(e.Schema) == shm.SchemaMBO {
			if c.ring, err = v.Ring(e); err != nil {
				return err
			}
		}
	}
	if c.ring == nil {
		return errors.New("the bench's instance has no mbo ring")
	}
	if j.Back != "" {
		back, err := segment.Create(segment.Options{Root: j.Back, Name: "back", Populate: true, Rings: []segment.RingSpec{{Schema: shm.SchemaMBO, Slots: backSlots}}})
		if err != nil {
			return err
		}
		defer back.Close()
		c.back = shm.MBOOf(back.Writer(shm.SchemaMBO, 0))
	}
	c.buf = make([]byte, c.ring.PayloadSize()*256)
	var work func() answer
	switch j.Do {
	case "echo":
		work = c.echo
	case "drain":
		work = c.drain
	case "poll":
		work = c.poll
	case "latency":
		work = c.latency()
	default:
		return fmt.Errorf("no job %q", j.Do)
	}
	go func() { // the first process is gone: so are we
		_, _ = io.Copy(io.Discard, os.Stdin)
		time.Sleep(time.Second)
		os.Exit(1)
	}()
	// What the runtime's other threads still have to do, they do now: starved by the real-time threads to come, one of them
	// might hold a lock that this thread waits for.
	runtime.GC()
	debug.SetGCPercent(-1)
	time.Sleep(settleTime)
	lockMemory()
	fmt.Println("ready")
	if j.Hurry {
		if err := realtime(true); err != nil {
			return fmt.Errorf("SCHED_FIFO, which the first process has: %w", err)
		}
	}
	a := work()
	_ = realtime(false)
	return json.NewEncoder(os.Stdout).Encode(a)
}

const (
	backSlots  = 1 << 10
	settleTime = 20 * time.Millisecond
)
