package book

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"
)

var (
	benchLive    = flag.Int("book.live", 1_200_000, "live orders of BenchmarkOrders")
	benchSymbols = flag.Int("book.symbols", 8000, "symbols of BenchmarkOrders")
	benchEngines = flag.Int("book.engines", 1, "matching engines of BenchmarkOrders, each of which numbers orders by itself (Nasdaq: 4)")
)

// dependentLoad returns the nanoseconds of one load that must wait for the one before, over 64 MB: the floor that
// book speed is compared with.
func dependentLoad() float64 {
	const lines = 64 << 20 / 64
	next := make([][8]uint64, lines)
	hugePages(next)
	perm := rand.New(rand.NewPCG(1, 2)).Perm(lines)
	for i, p := range perm {
		next[p][0] = uint64(perm[(i+1)%lines])
	}
	var w windows
	at := uint64(0)
	for range 100 {
		w.start()
		for range window {
			at = next[at][0]
		}
		w.stop(window)
	}
	runtime.KeepAlive(at)
	return w.quartile()
}

// windows times short stretches and gives their lower quartile: other work on the machine takes the core away for
// milliseconds at a time, and a mean would hold that.
type windows struct {
	began time.Time
	ns    []float64
}

const window = 1 << 13

func (w *windows) start() { w.began = time.Now() }
func (w *windows) stop(n int) {
	w.ns = append(w.ns, float64(time.Since(w.began).Nanoseconds())/float64(n))
}

func (w *windows) quartile() float64 {
	if len(w.ns) == 0 {
		return 0
	}
	slices.Sort(w.ns)
	return w.ns[len(w.ns)/4]
}

// BenchmarkOrders applies a day's flow to books with 1.2 million live orders: one event at a time, and in bursts that
// are staged first. It reports the ratio to one dependent random load over 64 MB, and bytes per live order.
func BenchmarkOrders(b *testing.B) {
	const recorded = 3_000_000
	books, err := New(Config{MaxInstruments: 8000, MaxOrders: 2 << 20, MaxLevels: 2 << 20, InitialOrders: 2 << 20, TopOnly: true,
		Advise: hugePages[byte]})
	if err != nil {
		b.Fatal(err)
	}
	flow := newDayFlow(1, *benchSymbols, *benchLive, *benchEngines)
	var ev Event
	var out [2]Change
	for books.LiveOrders() < *benchLive-1000 {
		flow.fill(&ev)
		books.Apply(&ev, &out)
	}
	events := make([]Event, recorded)
	at := len(events)
	refill := func() {
		for ; at < len(events); at++ {
			books.Apply(&events[at], &out) // the rest of a burst
		}
		for i := range events {
			flow.fill(&events[i])
		}
		at = 0
	}
	long := 0
	books.orders.each(func(_ uint32, o *order) {
		if books.levels[o.level>>1].count > 6 {
			long++
		}
	})
	b.Logf("%d levels, %.0f %% of the orders in queues longer than 6", books.nextLevel-1, 100*float64(long)/float64(books.LiveOrders()))
	for _, burst := range []int{1, 4, 8, 16, 32, 64, 256} {
		name := "single"
		if burst > 1 {
			name = "burst-" + strconv.Itoa(burst)
		}
		b.Run(name, func(b *testing.B) {
			floor := dependentLoad()
			tops := 0
			w := windows{ns: make([]float64, 0, b.N/window+2)}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += window {
				if at+window > len(events) {
					b.StopTimer()
					refill()
					b.StartTimer()
				}
				w.start()
				for range window / burst {
					buffer := events[at : at+burst]
					at += burst
					if burst > 1 {
						books.Stage(buffer)
					}
					for j := range buffer {
						n := books.Apply(&buffer[j], &out)
						for k := range n {
							if out[k].Top {
								tops++
							}
						}
					}
				}
				w.stop(window)
			}
			b.StopTimer()
			ns := w.quartile()
			b.ReportMetric(ns, "ns/event")
			b.ReportMetric(ns/floor, "ratio")
			b.ReportMetric(floor, "load-ns")
			b.ReportMetric(float64(tops)/float64(b.N), "tops/op")
			b.ReportMetric(float64(books.Bytes())/float64(books.LiveOrders()), "B/order")
		})
	}
	if a := books.Anomalies(); a[AnomalyUnknownOrder]+a[AnomalyOrderTableFull]+a[AnomalyLevelTableFull] != 0 {
		b.Fatal("anomalies: ", a)
	}
}
