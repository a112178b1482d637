package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// childVar names the environment variable that makes this program a receiver.
const childVar = "WIREBOOK_BENCH_LIVE_RECEIVER"

// job is the receiver to be. The receiver in C takes the same as arguments.
type job struct {
	Kind    string // xdp or socket
	CPU     int
	Ifname  string
	Ifindex int
	Address uint32
	Port    uint16
	Plain   bool // 4 KB pages
	Huge    bool // 2 MB pages from the kernel's pool, if it has them
}

// answer is what a receiver says after an order.
type answer struct {
	Packets uint64   `json:"packets"`
	Sum     uint64   `json:"sum"` // of the packets' numbers and, by AF_XDP, of header words
	CPU     uint64   `json:"cpu_ns"`
	FIFO    string   `json:"fifo"` // why there was no SCHED_FIFO
	Ages    []uint64 `json:"ages"` // ns, in order of arrival
}

// tally is what the receivers' loops count. They read the same words of every payload.
type tally struct {
	clock        clock
	packets, sum uint64
	ages         []uint64 // nil where none are taken; its capacity is how many
}

// age notes how long ago a payload was sent.
func (t *tally) age(payload []byte) {
	if len(t.ages) < cap(t.ages) {
		t.ages = append(t.ages, t.clock.now()-binary.LittleEndian.Uint64(payload[8:]))
	}
}

// receiver takes what waits and returns how many packets it was.
type receiver interface{ poll(t *tally) int }

// child is the second process: one receiver, and its orders on standard input.
//
//	drain COUNT IDLE_MS     receive COUNT packets, or until none came for IDLE_MS; the thread's CPU time up to the last
//	latency COUNT IDLE_MS   the same, and each packet's age; it says "go" when it looks
func child(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return fmt.Errorf("%s: %w", childVar, err)
	}
	debug.SetGCPercent(-1)
	if err := pin(j.CPU); err != nil {
		return err
	}
	t := &tally{clock: newClock()}
	var r receiver
	var err error
	says := ""
	if j.Kind == "xdp" {
		r, says, err = openXDP(j)
	} else {
		r, says, err = openSocket(j, t)
	}
	if err != nil {
		return err
	}
	_ = unix.Mlockall(unix.MCL_CURRENT)
	fmt.Println("ready " + says)
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		var what string
		var count, idleMS uint64
		if _, err := fmt.Sscan(orders.Text(), &what, &count, &idleMS); err != nil {
			return fmt.Errorf("order %q: %w", orders.Text(), err)
		}
		t.packets, t.sum, t.ages = 0, 0, nil
		if what == "latency" {
			t.ages = make([]uint64, count)
			for i := range t.ages {
				t.ages[i] = 1 // no page of it is new when it counts
			}
			t.ages = t.ages[:0]
		}
		if err := json.NewEncoder(os.Stdout).Encode(obey(r, t, count, idleMS)); err != nil {
			return err
		}
	}
	return orders.Err()
}

func obey(r receiver, t *tally, count, idleMS uint64) answer {
	var a answer
	a.FIFO = realtime(true)
	if t.ages != nil {
		fmt.Println("go")
	}
	began, since := threadCPU(), t.clock.now()
	for t.packets < count {
		// Idleness is timed between polls that brought nothing: the last of them are not the receiver's cost.
		if r.poll(t) > 0 {
			since = 0
		} else if since == 0 {
			a.CPU = threadCPU() - began
			since = t.clock.now()
		} else if t.clock.now()-since > idleMS*1_000_000 {
			break
		}
	}
	if t.packets >= count {
		a.CPU = threadCPU() - began
	}
	_ = realtime(false)
	a.Packets, a.Sum, a.Ages = t.packets, t.sum, t.ages
	return a
}
