package worker

import (
	"testing"
	"time"
)

// TestASleepingWorkerIsWoken publishes to a worker that sleeps for a minute.
func TestASleepingWorkerIsWoken(t *testing.T) {
	w, err := newWaiter()
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	b, err := newBell()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := w.addBell(b); err != nil {
		t.Fatal(err)
	}
	consumer := &Worker{Wait: w, Peer: &peer{Bell: b}}
	q := NewHandover(1<<12, &peer{}, consumer.Peer)
	consumer.Inbox = &inbox{Queues: []*handover{q}}
	for range 3 { // also when it was rung before
		woken := make(chan struct{})
		go func() {
			for !q.waiting() {
				consumer.sleep(60_000)
			}
			close(woken)
		}()
		time.Sleep(20 * time.Millisecond)
		q.put(1, 0, numberedStamp(1), numbered(1, 100))
		q.publish()
		select {
		case <-woken:
		case <-time.After(5 * time.Second):
			t.Fatal("still asleep after 5 s")
		}
		var f handedFrame
		for q.take(&f) {
		}
		q.release()
	}
	if consumer.Peer.asleep.Load() {
		t.Error("awake, and said to be asleep")
	}
}
