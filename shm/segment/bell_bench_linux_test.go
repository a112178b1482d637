package segment

import (
	"fmt"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"wirebook/shm"
)

// BenchmarkFlush is what a flush of one record costs the writer: without a doorbell, and with so many asleep at it all the time.
func BenchmarkFlush(b *testing.B) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, asleep := range []int{-1, 0, 1, 32} {
		name := fmt.Sprintf("asleep=%d", asleep)
		if asleep < 0 {
			name = "off"
		}
		b.Run(name, func(b *testing.B) {
			o := Options{Root: b.TempDir(), Name: "test", Rings: []RingSpec{{Schema: shm.SchemaMBO, Slots: 1024}}}
			if asleep >= 0 {
				o.Readers = 1
			}
			inst, err := Create(o)
			if err != nil {
				b.Fatal(err)
			}
			done := make(chan struct{})
			for range asleep {
				word := inst.ringer.file.Word(0)
				go func() {
					for {
						select {
						case <-done:
							return
						default:
							sleepOn(word, shm.Arm(word), time.Second)
						}
					}
				}()
			}
			w, bell := inst.Writer(shm.SchemaMBO, 0), inst.Doorbell(0)
			body := alignedBytes(shm.SchemaMBO.BodySize())
			body[0] = byte(len(body) / 4)
			b.ReportAllocs()
			for b.Loop() {
				w.Publish(body, 0)
				w.Flush()
				bell.Ring()
			}
			b.ReportMetric(float64(bell.Rung())/float64(b.N), "strokes/op")
			close(done)
			time.Sleep(1100 * time.Millisecond) // every sleeper is gone before its word is
			inst.Close()
		})
	}
}

// BenchmarkWake is the time from before a flush to the moment when a sleeper has its record.
func BenchmarkWake(b *testing.B) {
	root := b.TempDir()
	inst, err := Create(Options{Root: root, Name: "test", Readers: 4, Rings: []RingSpec{{Schema: shm.SchemaMBO, Slots: 1024}}})
	if err != nil {
		b.Fatal(err)
	}
	defer inst.Close()
	inst.Running()
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Wait: WaitDoorbell})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	got := make(chan time.Time)
	go func() {
		buf := alignedBytes(r.PayloadSize())
		for {
			if res := r.Wait(buf, time.Minute); res == shm.Stopped {
				return
			} else if res == shm.Record {
				got <- time.Now()
			}
		}
	}()
	var times []time.Duration
	for b.Loop() {
		time.Sleep(200 * time.Microsecond) // it sleeps by now
		start := time.Now()
		publishAndRing(inst, 0)
		times = append(times, (<-got).Sub(start))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2]), "p50-ns")
	b.ReportMetric(float64(times[len(times)*99/100]), "p99-ns")
	inst.Close()
	time.Sleep(100 * time.Millisecond)
}
