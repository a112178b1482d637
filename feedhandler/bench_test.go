package feedhandler_test

import (
	"strconv"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

// benchFrames are the frames of a simulated ITCH day, one behind the other, with where each begins.
func benchFrames(b *testing.B, messages uint64) (frames [][]byte, times []uint64) {
	b.Helper()
	x, err := sim.New(sim.Config{Seed: 5, Symbols: 500, Messages: messages, LiveOrders: 50_000, Rate: 300_000})
	if err != nil {
		b.Fatal(err)
	}
	var arena []byte
	var ends []int
	wire, err := sim.NewWire(sim.WireConfig{Lines: []sim.LineConfig{{}}, Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
		arena = append(arena, frame...)
		ends, times = append(ends, len(arena)), append(times, ts)
		return nil
	})})
	if err != nil {
		b.Fatal(err)
	}
	var d sim.Datagram
	for x.Next(&d) {
		if err := wire.Send(&d); err != nil {
			b.Fatal(err)
		}
	}
	if err := wire.Close(); err != nil {
		b.Fatal(err)
	}
	from := 0
	for _, end := range ends {
		frames = append(frames, arena[from:end:end])
		from = end
	}
	return frames, times
}

// BenchmarkPath is the whole path, frames in memory to records in rings that nobody reads: one operation is one message.
// 'wirebook bench' does the same on a day of 30 million messages, beside the machine's floors.
func BenchmarkPath(b *testing.B) {
	frames, times := benchFrames(b, 400_000)
	for _, c := range []struct {
		name    string
		digests bool
		schemas []shm.Schema
	}{
		{"mbo+mbp1", false, []shm.Schema{shm.SchemaMBO, shm.SchemaMBP1}},
		{"mbo+mbp1+digests", true, []shm.Schema{shm.SchemaMBO, shm.SchemaMBP1}},
		{"all+digests", true, []shm.Schema{shm.SchemaMBO, shm.SchemaMBP1, shm.SchemaMBP10, shm.SchemaTrades, shm.SchemaAdmin}},
	} {
		for _, burst := range []int{1, 32} {
			b.Run(c.name+"/burst-"+strconv.Itoa(burst), func(b *testing.B) {
				b.ReportAllocs()
				messages := 0
				for messages < b.N {
					b.StopTimer()
					p := benchPipeline(b, c.digests, c.schemas)
					b.StartTimer()
					for i, f := range frames {
						p.OnFrame(f, ptp.Stamp{NS: times[i], Source: ptp.SourceCapture})
						if i%burst == burst-1 {
							p.Flush()
						}
					}
					p.End()
					messages += int(p.Channels()[0].Messages)
				}
				// Whole days only: what one operation costs is the day's mean.
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(messages), "ns/op")
			})
		}
	}
}

func benchPipeline(b *testing.B, digests bool, schemas []shm.Schema) *feedhandler.Pipeline {
	b.Helper()
	ch := feedhandler.ChannelConfig{
		Name: "bench", Feed: venue.Find("nasdaq.itch50"), Lines: simLines[:1], NoDigests: !digests,
		Options: venue.Options{MaxInstruments: 1024},
		Books:   book.Config{MaxOrders: 1 << 17, InitialOrders: 1 << 17, MaxLevels: 1 << 17},
	}
	for _, s := range schemas {
		cfg := shm.RingConfig{Schema: s, Slots: 1 << 12, Epoch: 1}
		w, err := shm.NewWriter(asBytes(make([]uint64, shm.RingBytes(cfg)/8)), cfg)
		if err != nil {
			b.Fatal(err)
		}
		ch.Output.Rings[s] = w
	}
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{ch}})
	if err != nil {
		b.Fatal(err)
	}
	return p
}
