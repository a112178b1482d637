package feedhandler_test

import (
	"math/rand/v2"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue/framing"
	"wirebook/ptp"
)

// TestLinesMayCutTheStreamDifferently: what a retransmission or another line packs together overlaps what is there
// already, from both ends; each message is decoded once.
func TestLinesMayCutTheStreamDifferently(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		var stream [][]byte // messages, the first has sequence number 1
		var session [10]byte
		var ns uint64 // the first packet's stamp tells the date
		var mold framing.MoldUDP64
		clean := simPipeline(t, sim.ITCH50, 1)
		feed := into(clean)
		day(t, sim.ITCH50, seed, sim.WireConfig{Lines: make([]sim.LineConfig, 1)}, sim.SinkFunc(func(ts uint64, frame []byte) error {
			if ns == 0 {
				ns = ts
			}
			var d feedhandler.Datagram
			var h framing.Header
			if feedhandler.ParseFrame(frame, false, &d) == feedhandler.WireOK && mold.Header(d.Payload, &h) == framing.FaultNone && h.Kind == framing.Data {
				copy(session[:], d.Payload)
				spans, _ := mold.Split(nil, d.Payload, &h)
				for _, s := range spans {
					if h.Seq+uint64(s.Unit) == uint64(len(stream))+1 {
						stream = append(stream, append([]byte(nil), d.Payload[s.Off:s.Off+s.Len]...))
					}
				}
			}
			return feed.WriteFrame(ts, frame)
		}))
		clean.End()

		rng := rand.New(rand.NewPCG(seed, 5))
		cut := simPipeline(t, sim.ITCH50, 2)
		send := func(line, from, to int) {
			packet := framing.AppendMoldUDP64Header(nil, session, uint64(from)+1, uint16(to-from))
			for _, m := range stream[from:to] {
				packet = framing.AppendMoldUDP64Message(packet, m)
			}
			d := feedhandler.Datagram{Payload: packet, Dst: simLines[line].Group, DstPort: simLines[line].Port}
			cut.OnDatagram(&d, ptp.Stamp{NS: ns, Source: ptp.SourceCapture})
			ns += 1000
		}
		send(0, 0, 1)
		for done := 1; done < len(stream); {
			// Some that reach back and on, perhaps the later one first, which is then held; then all that may be missing.
			on := min(done+1+rng.IntN(12), len(stream))
			for range rng.IntN(4) {
				from := max(done-6+rng.IntN(15), 0)
				if to := min(from+1+rng.IntN(10), on); from < to {
					send(rng.IntN(2), from, to)
				}
			}
			send(rng.IntN(2), max(done-rng.IntN(4), 0), on)
			done = on
		}
		cut.End()
		c := cut.Channels()[0]
		if c.Messages != uint64(len(stream)) || clean.Channels()[0].Messages != uint64(len(stream)) {
			t.Fatalf("seed %d: %d messages decoded, clean %d, of %d", seed, c.Messages, clean.Channels()[0].Messages, len(stream))
		}
		if got, want := content(cut), content(clean); got != want {
			t.Fatalf("seed %d:\n got %s\nwant %s", seed, got, want)
		}
	}
}
