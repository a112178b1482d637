package segment

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"wirebook/shm"
)

// TestEveryWakeComes has two processes that wait for each other: this one publishes one record, at an uneven distance so that it
// falls before, between and behind the other's arming, looking and falling asleep, and nothing more until the other one, which
// waits as any reader at the doorbell does, has shown that it has it. So nobody mends a wake that was missed: such a sleep ends by its
// time, and the record is there. Without the look behind the arming, and with the look in front of it, a few of 20,000 are missed.
func TestEveryWakeComes(t *testing.T) {
	root := shmRoot(t)
	records := uint64(20_000)
	if testing.Short() {
		records = 2_000
	}
	if s := os.Getenv("WIREBOOK_BELL_TRANSITIONS"); s != "" {
		wanted, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		records = wanted / 100
	}
	shown, lost := handFile(t, root)
	inst := belled(t, root, 1)
	c := startChild(t, "door,hands", root, shm.SchemaMBO, 0, 0)
	defer c.kill()
	rnd := uint32(15)
	for n := uint64(1); n <= records && atomic.LoadUint64(lost) < enough; n++ {
		rnd ^= rnd << 13
		rnd ^= rnd >> 17
		rnd ^= rnd << 5
		shm.Pause(rnd % 2048)
		publishAndRing(inst, 0)
		for atomic.LoadUint64(shown) < n {
			shm.Pause(8)
			inst.Heartbeat(nowNS())
		}
	}
	if err := inst.Close(); err != nil {
		t.Fatal(err)
	}
	said := c.end()
	var got, sleeps, missed uint64
	if n, err := fmt.Sscanf(said, "%d records, %d sleeps, %d missed", &got, &sleeps, &missed); n != 3 {
		t.Fatalf("the sleeper said %q: %v", said, err)
	}
	t.Log(said)
	if got != records || missed != 0 || sleeps < records/10 {
		t.Fatalf("of %d records: %s", records, said)
	}
}

// enough missed wakes end the test: each takes a second.
const enough = 3

// handFile makes the memory that the two processes share: how many records the sleeper has, and how many wakes it missed.
func handFile(t *testing.T, root string) (shown, missed *uint64) {
	h, err := os.OpenFile(filepath.Join(root, "shown"), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		defer h.Close()
		err = h.Truncate(4096)
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapFile(h, true, false, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.close)
	return wordAt(m.mem, 0), wordAt(m.mem, 64)
}

// handsSleeper is the other process.
func handsSleeper(r *Reader, root string) error {
	h, err := os.OpenFile(filepath.Join(root, "shown"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	m, err := mapFile(h, true, false, false)
	if err != nil {
		return err
	}
	shown, lost := wordAt(m.mem, 0), wordAt(m.mem, 64)
	r.slice = time.Second
	buf := alignedBytes(r.PayloadSize())
	for got, missed := uint64(0), uint64(0); ; {
		sleeps, overdue := r.sleeps, r.overdue
		switch r.Wait(buf, time.Hour) {
		case shm.Record:
			if late := r.overdue - overdue; late > 0 && r.sleeps-sleeps == late {
				missed++ // no sleep was ended by a stroke, and then the record was there
				atomic.StoreUint64(lost, missed)
			}
			got++
			atomic.StoreUint64(shown, got)
		case shm.Stopped:
			fmt.Printf("%d records, %d sleeps, %d missed\n", got, r.sleeps, missed)
			return nil
		}
	}
}
