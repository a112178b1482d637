package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/view/top"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// TestReadersFileCutShortInARun: a member of the group cuts the readers file short while a run publishes and a reader sleeps at the
// doorbell. The run says so once, counts it, and goes on: its digests are the clean day's, and the reader has every record.
//
// It fails where Doorbell.Ring lets its fault go (the worker is restarted, and books are given up).
func TestReadersFileCutShortInARun(t *testing.T) {
	wiretest.New(t)
	c := configuration(t, "one1")
	c.Readers = 8
	list, clean, _ := day(t, 61, 6_000, 1, sim.WireConfig{Seed: 61}, built(t, &c.Channels[0]))
	h, log := start(t, c, nil)
	v, out := h.view(t), sender(t)
	r, err := segment.OpenReader(segment.ReaderOptions{
		Root: h.opts.Shm.Root, Name: c.Instance, Schema: shm.SchemaTrades, From: segment.FromOldest, Wait: segment.WaitDoorbell, Announce: "cutter\x1b[2J", Policy: shm.PolicySkip,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Doorbell(); err != nil || !r.Announced() {
		t.Fatalf("%v, announced %t", err, r.Announced())
	}
	read := make(chan uint64)
	go func() {
		n, buf := uint64(0), make([]byte, r.PayloadSize())
		for {
			switch r.Wait(buf, time.Second) {
			case shm.Record:
				n++
			case shm.Stopped:
				read <- n
				return
			}
		}
	}()
	listed := func() []top.Announced {
		s, err := top.Open(h.opts.Shm.Root, c.Instance, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s.Announced
	}
	eventually(t, "top lists the reader, asleep", func() bool { l := listed(); return len(l) == 1 && l[0].State == "asleep" })
	if a := listed()[0]; a.Name != "cutter?[2J" || int(a.PID) != os.Getpid() || a.Language != "go" || a.Schema != "trades" || a.Worker != 0 || a.Policy != "skip" {
		t.Errorf("top lists %+v", a)
	}
	half := len(list) / 2
	sendAll(t, out, list[:half])
	eventually(t, "the doorbell rang", func() bool { return counter(v, "doorbell_strokes", "") > 0 })
	if n := counter(v, "doorbell_taken_off", ""); n != 0 {
		t.Errorf("%d doorbells taken off before anything happened", n)
	}
	if err := os.Truncate(filepath.Join(v.Dir, "readers"), 0); err != nil {
		t.Fatal(err)
	}
	sendAll(t, out, list[half:])
	eventually(t, "everything is received", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)) })
	eventually(t, "the doorbell taken off is counted and told", func() bool {
		h.lookAround()
		return counter(v, "doorbell_taken_off", "") == 1 && strings.Contains(log.String(), "cut the readers file short")
	})
	if l := listed(); len(l) != 0 {
		t.Errorf("top lists %+v of a file that was cut short", l)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	e := channelOf(t, v, "one1")
	sameDigests(t, e, clean)
	if n, want := <-read, e.Digests[shm.SchemaTrades].Records; n != want || n == 0 {
		t.Errorf("the reader has %d records of %d", n, want)
	}
	if n := counter(v, "worker_restarts", ""); n != 0 {
		t.Errorf("the worker was restarted %d times", n)
	}
	if n := strings.Count(log.String(), "cut the readers file short"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
}
