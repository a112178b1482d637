package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// receiveBuffer holds a filled queue of UDP datagrams with what the kernel adds to each.
const receiveBuffer = 128 << 20

// skipped is how many packets at the start of a paced run are left out of the ages: caches and predictors are cold.
const skipped = 200

// contender is one receiver: its process, its pair and what it was measured at.
type contender struct {
	name   string
	base   string // the contender that ratios are taken to
	frames bool   // sees frames and not payloads
	args   []string
	job    *job // of the ones in Go

	pair   *pair
	sender *sender
	cmd    *exec.Cmd
	orders io.WriteCloser
	says   *bufio.Reader
	memory string

	costs []float64    // ns a packet, one a round
	ages  [][3]float64 // p50, p99 and p99.9 of the packets' ages, one a round
	lost  uint64
	fifo  string
}

func contenders(o options) []*contender {
	cpu, frames, size, batch := strconv.Itoa(o.ReceiverCPU), strconv.Itoa(umemFrames), strconv.Itoa(frameBytes), strconv.Itoa(batchSize)
	address := uint32(rxAddress[0])<<24 | uint32(rxAddress[1])<<16 | uint32(rxAddress[2])<<8 | uint32(rxAddress[3])
	text := fmt.Sprintf("%d.%d.%d.%d", rxAddress[0], rxAddress[1], rxAddress[2], rxAddress[3])
	const c, cHuge, cUDP, cStamps = "C, libxdp, 4 KB pages", "C, libxdp, 2 MB pages", "C, recvmmsg", "C, recvmmsg with stamps"
	list := []*contender{
		{name: c, base: c, frames: true, memory: "4 KB pages", args: []string{"xdp4k", "rx", cpu, frames, size, batch}},
		{name: "afxdp, 4 KB pages", base: c, frames: true, job: &job{Kind: "xdp", Plain: true}},
		{name: cHuge, base: cHuge, frames: true, memory: "2 MB pages, madvise", args: []string{"xdp2m", "rx", cpu, frames, size, batch}},
		{name: "C, libxdp, 2 MB pages, fetching ahead", base: cHuge, frames: true, memory: "2 MB pages, madvise", args: []string{"xdp2mahead", "rx", cpu, frames, size, batch}},
		{name: "afxdp", base: cHuge, frames: true, job: &job{Kind: "xdp"}},
		{name: "afxdp, pool of huge pages", base: cHuge, frames: true, job: &job{Kind: "xdp", Huge: true}},
		{name: cUDP, base: cUDP, args: []string{"udp", text, strconv.Itoa(port), cpu, batch, strconv.Itoa(receiveBuffer)}},
		{name: cStamps, base: cStamps, args: []string{"udpstamps", text, strconv.Itoa(port), cpu, batch, strconv.Itoa(receiveBuffer)}},
		{name: "feedhandler/socket", base: cStamps, job: &job{Kind: "socket", Address: address, Port: port}},
	}
	if o.Only == "" {
		return list
	}
	return slices.DeleteFunc(list, func(c *contender) bool {
		return !slices.ContainsFunc(strings.Split(o.Only, ","), func(part string) bool { return strings.Contains(c.name, part) })
	})
}

// run measures. It makes everything it needs and leaves nothing.
func run(ctx context.Context, o options) (*report, error) {
	dir, err := os.MkdirTemp("", "wirebook-bench-live-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	o.Progress("build the receivers in C")
	bin, err := compile(ctx, dir)
	if err != nil {
		return nil, err
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("network namespaces, AF_XDP and SCHED_FIFO need root: run it with sudo")
	}
	list := contenders(o)
	if len(list) == 0 {
		return nil, fmt.Errorf("-only %q: no receiver's name has that", o.Only)
	}
	defer func() {
		for _, c := range list {
			c.close()
		}
	}()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	if err := pin(o.SenderCPU); err != nil {
		return nil, err
	}
	clock := newClock()
	for _, c := range list {
		o.Progress("start " + c.name)
		if err := c.start(ctx, bin, o, clock); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	var notes []string
	list, notes = withPool(list)
	for round := range o.Rounds {
		o.Progress(fmt.Sprintf("round %d of %d", round+1, o.Rounds))
		for i := range list {
			// Every second round goes backwards, so that none always follows the same one.
			c := list[i]
			if round%2 == 1 {
				c = list[len(list)-1-i]
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := errors.Join(c.drain(o), c.latency(o)); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			runtime.GC()
		}
	}
	return newReport(o, list, notes), nil
}

// withPool ends the receivers that were to have pages from the kernel's pool and did not get them: they would show once
// more what another shows.
func withPool(list []*contender) (kept []*contender, notes []string) {
	for _, c := range list {
		if c.job != nil && c.job.Huge && !strings.Contains(c.memory, "hugetlb") {
			c.close()
			notes = append(notes, fmt.Sprintf("%s: left out, %d free pages of 2 MB are needed (sysctl -w vm.nr_hugepages=%d)",
				c.name, umemFrames*frameBytes>>21, umemFrames*frameBytes>>21))
			continue
		}
		kept = append(kept, c)
	}
	return kept, notes
}

func (c *contender) start(ctx context.Context, bin string, o options, clock clock) (err error) {
	if c.pair, err = newPair(); err != nil {
		return err
	}
	if c.frames {
		if err := c.pair.redirect(); err != nil {
			return err
		}
	}
	if c.sender, err = newSender(c.pair, o.PacketBytes, clock); err != nil {
		return fmt.Errorf("open the sender: %w", err)
	}
	c.cmd = exec.CommandContext(ctx, bin, c.args...)
	if j := c.job; j != nil {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		j.CPU, j.Ifname, j.Ifindex = o.ReceiverCPU, "rx", c.pair.rxIndex
		text, err := json.Marshal(j)
		if err != nil {
			return err
		}
		c.cmd = exec.CommandContext(ctx, self)
		c.cmd.Env = append(os.Environ(), childVar+"="+string(text))
	}
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.says = bufio.NewReaderSize(out, 1<<20)
	if c.orders, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := c.pair.start(c.cmd); err != nil {
		return fmt.Errorf("start %s: %w", filepath.Base(c.cmd.Path), err)
	}
	line, err := c.says.ReadString('\n')
	ready, memory, _ := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || ready != "ready" {
		return fmt.Errorf("the receiver did not come up: %q", line)
	}
	if memory != "" {
		c.memory = memory
	}
	return nil
}

func (c *contender) close() {
	if c.orders != nil {
		_ = c.orders.Close() // the end of its orders is the end of it
	}
	if c.cmd != nil && c.cmd.Process != nil {
		late := time.AfterFunc(5*time.Second, func() { _ = c.cmd.Process.Kill() })
		_ = c.cmd.Wait()
		late.Stop()
	}
	if c.sender != nil {
		c.sender.close()
	}
	if c.pair != nil {
		c.pair.close()
	}
	c.orders, c.cmd, c.sender, c.pair = nil, nil, nil, nil
}

// order sends an order.
func (c *contender) order(what string, count int, idle time.Duration) error {
	_, err := fmt.Fprintf(c.orders, "%s %d %d\n", what, count, idle.Milliseconds())
	return err
}

// answered reads the answer to an order and checks that what came is what was sent.
func (c *contender) answered(sent int) (answer, error) {
	var a answer
	line, err := c.says.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		return a, fmt.Errorf("the receiver does not answer: %w", err)
	}
	if c.fifo == "" {
		c.fifo = a.FIFO
	}
	if a.Packets > uint64(sent) {
		return a, fmt.Errorf("received %d packets of %d sent: somebody else sends here", a.Packets, sent)
	}
	c.lost += uint64(sent) - a.Packets
	want := uint64(sent) * uint64(sent-1) / 2
	if c.frames {
		want += uint64(sent) * headerSum(c.sender.frame)
	}
	if a.Packets == uint64(sent) && a.Sum != want {
		return a, fmt.Errorf("read %d packets, but not what was sent: their sum is %d, want %d", a.Packets, a.Sum, want)
	}
	return a, nil
}

func (c *contender) drain(o options) error {
	if err := c.sender.fill(o.Queued); err != nil {
		return err
	}
	time.Sleep(10 * time.Millisecond) // a softirq that was put off
	if err := c.order("drain", o.Queued, 100*time.Millisecond); err != nil {
		return err
	}
	a, err := c.answered(o.Queued)
	if err != nil {
		return err
	}
	if a.Packets < uint64(o.Queued/2) {
		return fmt.Errorf("only %d of %d packets were in the queue", a.Packets, o.Queued)
	}
	c.costs = append(c.costs, float64(a.CPU)/float64(a.Packets))
	return nil
}

func (c *contender) latency(o options) error {
	// Long enough for a sender that a busy machine lets read "go" late, short enough for both with real-time priority.
	if err := c.order("latency", o.Paced, 600*time.Millisecond); err != nil {
		return err
	}
	if line, err := c.says.ReadString('\n'); err != nil || line != "go\n" {
		return fmt.Errorf("the receiver does not go: %q", line)
	}
	if why := realtime(true); why != "" && c.fifo == "" {
		c.fifo = why
	}
	err := c.sender.pace(o.Paced, 1_000_000_000/uint64(o.PPS))
	_ = realtime(false)
	if err != nil {
		return err
	}
	a, err := c.answered(o.Paced)
	if err != nil {
		return err
	}
	ages := a.Ages[min(skipped, len(a.Ages)):]
	c.ages = append(c.ages, [3]float64{quantile(ages, 0.5), quantile(ages, 0.99), quantile(ages, 0.999)})
	return nil
}
