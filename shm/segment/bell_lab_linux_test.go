package segment

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"wirebook/shm"
)

// TestNoWakeMissed has two processes at one doorbell: this one publishes, flushes and rings at uneven distances, the other one
// arms, looks and sleeps. A transition is a change of the word: an arming or a stroke. A sleep that nobody ends for a second, with
// a record in the ring, and once more on the same word, is a wake missed. It shows that no stroke is lost; a look that is left out
// shows in TestEveryWakeComes. WIREBOOK_BELL_TRANSITIONS says how many (make bell-lab).
func TestNoWakeMissed(t *testing.T) {
	root := shmRoot(t)
	wanted := uint64(200_000)
	if testing.Short() {
		wanted = 20_000
	}
	if s := os.Getenv("WIREBOOK_BELL_TRANSITIONS"); s != "" {
		var err error
		if wanted, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	inst := belled(t, root, 1)
	c := startChild(t, "door,lab", root, shm.SchemaMBO, 0, 0)
	defer c.kill()
	bell := inst.Doorbell(0)
	w := inst.Writer(shm.SchemaMBO, 0)
	body := alignedBytes(shm.SchemaMBO.BodySize())
	body[0] = byte(len(body) / 4)
	var flushes uint64
	for rnd := uint32(15); bell.Rung()*2 < wanted; flushes++ {
		w.Publish(body, 0)
		w.Flush()
		bell.Ring()
		rnd ^= rnd << 13
		rnd ^= rnd >> 17
		rnd ^= rnd << 5
		shm.Pause(rnd % 64)
		if flushes%4096 == 0 {
			inst.Heartbeat(nowNS())
		}
	}
	rung := bell.Rung()
	if err := inst.Close(); err != nil {
		t.Fatal(err)
	}
	said := c.end()
	var looks, sleeps, missed uint64
	if n, err := fmt.Sscanf(said, "%d looks, %d sleeps, %d missed", &looks, &sleeps, &missed); n != 3 {
		t.Fatalf("the sleeper said %q: %v", said, err)
	}
	t.Logf("%d flushes, %d strokes (%d transitions), %d hand-overs taken; %s", flushes, rung, 2*rung, inst.ringer.strokes.Load(), said)
	if missed != 0 || sleeps == 0 {
		t.Fatalf("%d of %d wakes missed", missed, sleeps)
	}
}

// labSleeper is the other process: no wait but the doorbell's, as often as there is nothing.
func labSleeper(r *Reader) error {
	var looks, sleeps, missed uint64
	buf := alignedBytes(r.PayloadSize() * 64)
	d := r.door
	next := func() shm.Result { _, res := r.NextBatch(buf); return res }
	for {
		for res := next(); res == shm.Record || res == shm.Lapped; res = next() {
		}
		word, value, _ := d.arm()
		looks++
		switch res := next(); res {
		case shm.Stopped:
			fmt.Printf("%d looks, %d sleeps, %d missed\n", looks, sleeps, missed)
			return nil
		case shm.Empty, shm.StaleWriter:
		default:
			continue
		}
		sleeps++
		if sleepOn(word, value, time.Second) && r.Ring().Behind() > 0 && sleepOn(word, value, time.Second) {
			missed++
		}
	}
}
