package feedhandler_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/ptp"
	"wirebook/shm"
)

// BenchmarkMarks is what marks cost on the path from frame to ring: a pipeline with marks, which reads the clock as a live worker
// does, and one without get the same frames in turn, a few hundred each; the best of -benchtime's runs counts for each stretch.
func BenchmarkMarks(b *testing.B) {
	for _, encoding := range []sim.Encoding{sim.ITCH50, sim.MDP3} {
		for _, burst := range []int{32, 4, 1} {
			for _, schemas := range []feedhandler.SchemaSet{feedhandler.Schemas(shm.SchemaMBO, shm.SchemaMBP1), feedhandler.AllSchemas} {
				name := "mbo+mbp-1"
				if schemas == feedhandler.AllSchemas {
					name = "all"
				}
				b.Run(fmt.Sprintf("%s/%s/burst-%d", encoding, name, burst), func(b *testing.B) { benchmarkMarks(b, encoding, burst, schemas) })
			}
		}
	}
}

func benchmarkMarks(b *testing.B, encoding sim.Encoding, burst int, schemas feedhandler.SchemaSet) {
	var frames [][]byte
	var stamps []uint64
	x, err := sim.New(sim.Config{Seed: 3, Encoding: encoding, Symbols: 64, Messages: 400_000, LiveOrders: 20_000, Rate: 2_000_000})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := sim.Generate(x, sim.WireConfig{Lines: make([]sim.LineConfig, 1), Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
		frames, stamps = append(frames, append([]byte(nil), frame...)), append(stamps, ts)
		return nil
	})}, nil, nil); err != nil {
		b.Fatal(err)
	}
	const chunk = 512
	var best [2][]time.Duration // of each chunk
	for i := range best {
		best[i] = slices.Repeat([]time.Duration{time.Hour}, len(frames)/chunk)
	}
	b.ResetTimer()
	for range b.N {
		var pipes [2]*feedhandler.Pipeline
		var marks *shm.Marks
		for i := range pipes {
			pipes[i], marks = markBenchPipeline(b, encoding, schemas, i == 1)
		}
		for at := 0; at+chunk <= len(frames); at += chunk {
			for k := range pipes {
				i := (k + at/chunk) & 1
				began := time.Now()
				for n := at; n < at+chunk; n++ {
					pipes[i].OnFrame(frames[n], ptp.Stamp{NS: stamps[n], Source: ptp.SourceNIC})
					if n%burst == burst-1 {
						pipes[i].Flush()
					}
				}
				best[i][at/chunk] = min(best[i][at/chunk], time.Since(began))
			}
		}
		if marks.Position() < uint64(len(frames)/burst/2) {
			b.Fatalf("%d marks", marks.Position())
		}
	}
	var sum [2]time.Duration
	for i := range sum {
		for _, d := range best[i] {
			sum[i] += d
		}
	}
	n := float64(len(best[0]) * chunk)
	b.ReportMetric(float64(sum[0])/n, "without-ns/packet")
	b.ReportMetric(float64(sum[1])/n, "with-ns/packet")
	b.ReportMetric(100*(float64(sum[1])/float64(sum[0])-1), "cost-%")
}

func markBenchPipeline(b *testing.B, encoding sim.Encoding, schemas feedhandler.SchemaSet, marked bool) (*feedhandler.Pipeline, *shm.Marks) {
	cfg := simConfig(encoding, 1)
	cfg.Options.MaxInstruments = 256
	cfg.Books.MaxOrders, cfg.Books.MaxLevels, cfg.Books.InitialOrders = 1<<17, 1<<16, 1<<16
	cfg.NoDigests = true
	ring := func(s shm.Schema, slots uint32) *shm.Writer {
		rc := shm.RingConfig{Schema: s, Slots: slots, Epoch: 1}
		w, err := shm.NewWriter(asBytes(make([]uint64, shm.RingBytes(rc)/8)), rc)
		if err != nil {
			b.Fatal(err)
		}
		return w
	}
	for s := shm.Schema(0); s < shm.SchemaCount; s++ {
		if schemas.Has(s) {
			cfg.Output.Rings[s] = ring(s, 1<<14)
		}
	}
	if marked {
		cfg.Output.Marks = shm.NewMarks(ring(shm.SchemaMarks, 1<<14), cfg.Output.Rings)
		taken := time.Now()
		cfg.Output.Marks.SetClock(func() uint64 { return uint64(taken.UnixNano()) + uint64(time.Since(taken)) })
	}
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{cfg}})
	if err != nil {
		b.Fatal(err)
	}
	return p, cfg.Output.Marks
}
