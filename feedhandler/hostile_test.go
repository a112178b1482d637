package feedhandler_test

import (
	"testing"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
)

// TestHostileWire: garbage, liars, another session, foreign VLANs and wrong checksums beside a day change nothing of it:
// the content is the clean day's, no unit is lost, and every frame that came is in a counter.
func TestHostileWire(t *testing.T) {
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			for seed := uint64(1); seed <= seeds(t)/10; seed++ {
				clean, harmed := simPipeline(t, encoding, 1), checkingPipeline(t, encoding)
				sink := into(harmed)
				frames := uint64(0)
				count := sim.SinkFunc(func(ts uint64, frame []byte) error {
					frames++
					return sink.WriteFrame(ts, frame)
				})
				hostile := sim.NewHostile(seed, encoding, 300_000, count)
				day(t, encoding, seed, sim.WireConfig{Lines: make([]sim.LineConfig, 2), NoDoubleLoss: true,
					Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
						if err := count.WriteFrame(ts, frame); err != nil {
							return err
						}
						return hostile.WriteFrame(ts, frame)
					})}, into(clean))
				clean.End()
				harmed.End()
				if want, have := content(clean), content(harmed); want != have {
					t.Fatalf("seed %d, %v:\nclean   %s\nhostile %s", seed, hostile.Counts(), want, have)
				}
				c := harmed.Channels()[0]
				if s := c.Arbitration(); s.DeclaredUnits != 0 {
					t.Fatalf("seed %d: %d units declared lost", seed, s.DeclaredUnits)
				}
				counted := uint64(0)
				for f, n := range harmed.Wire {
					if feedhandler.WireFault(f) != feedhandler.WireOK {
						counted += n
					}
				}
				for _, n := range c.Framing {
					counted += n
				}
				for i := range c.Lines() {
					counted += c.Line(i).ReceivedPackets
				}
				if counted != frames {
					t.Fatalf("seed %d: %d frames in, %d in counters", seed, frames, counted)
				}
			}
		})
	}
}

// checkingPipeline has both lines of the simulator and validates checksums, as a receiver without help of a NIC does.
func checkingPipeline(t testing.TB, encoding sim.Encoding) *feedhandler.Pipeline {
	t.Helper()
	p, err := feedhandler.New(feedhandler.Config{Checksums: true, Channels: []feedhandler.ChannelConfig{{
		Name: string(encoding), Feed: venue.Find(feedOf[encoding]), Lines: simLines,
		Options:     venue.Options{MaxInstruments: 64},
		Arbitration: arbitration.Config{WindowPackets: 512, WindowBytes: 1 << 19},
		Books:       book.Config{MaxOrders: 1 << 14, MaxLevels: 1 << 12, InitialOrders: 1 << 10},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
