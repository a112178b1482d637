package feedhandler_test

import (
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/ptp"
	"wirebook/shm"
)

// packetsSleeper follows a packets ring as who sleeps at the doorbell does: woken, it reads what there is, arms, looks once more.
type packetsSleeper struct {
	r    *shm.PacketReader
	hand *shm.Ringer
	word *uint32
	read int
}

func (s *packetsSleeper) look() {
	for {
		for s.r.Next() == shm.Record {
			s.read++
		}
		shm.Arm(s.word)
		if s.r.Next() != shm.Record {
			break
		}
		s.read++
	}
	for s.hand.Next() { // the cold thread sleeps too
	}
}

// TestPacketsWake: whoever sleeps at the doorbell has every record of an input when the call that gave it returns: a burst's at its
// end, of channels that publish something and of such as do not; an event's, a configuration's and a tick's at once.
//
// It fails when Packets.tell or Pipeline.Flush does not ring, and when the ring comes before the record.
func TestPacketsWake(t *testing.T) {
	for _, publishes := range []bool{false, true} {
		ring, mem := packetsRing(t, 1<<22)
		cfg := shm.ReadersConfig{Entries: 1, Doorbells: 1, Epoch: 1}
		file, err := shm.NewReadersFile(asBytes(make([]uint64, shm.ReadersBytes(cfg)/8)), cfg)
		if err != nil {
			t.Fatal(err)
		}
		s := &packetsSleeper{word: file.Word(0)}
		if s.r, err = shm.NewPacketReader(mem); err != nil {
			t.Fatal(err)
		}
		s.hand = shm.NewRinger(file, func() { s.look() })
		packets := feedhandler.NewPackets(ring)
		packets.Bell = s.hand.Doorbell(0)
		out := feedhandler.Output{}
		if publishes {
			out.Bell = packets.Bell
		}
		p := recordedPipelineInto(t, sim.ITCH50, packets, out)
		s.look()
		told := map[string]int{}
		do := func(what string, call func()) {
			t.Helper()
			before := s.read
			call()
			if told[what] += s.read - before; s.r.Next() != shm.Empty {
				t.Fatalf("%s, publishing %t: a record at %d, and nobody was woken", what, publishes, s.r.At())
			}
		}
		do("configuration", func() { packets.Config([]byte("channels: []")) })
		do("origin", func() { p.Enter([]byte("origin")) })
		w, frames := impaired(1), 0
		w.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
			do("burst", func() {
				p.OnFrame(frame, ptp.Stamp{NS: ts})
				p.Flush()
			})
			do("tick", func() { p.OnTick(ts + 900_000) })
			if frames++; frames == 100 {
				do("silence", func() { p.Silence(true) })
			}
			if frames == 200 {
				do("silence", func() { p.Silence(false) })
				do("abandon", p.Abandon)
			}
			return nil
		})
		day(t, sim.ITCH50, 1, w, nil)
		do("end", p.End)
		for _, what := range []string{"configuration", "origin", "burst", "tick", "silence", "abandon", "end"} {
			if told[what] == 0 {
				t.Errorf("publishing %t: no %s was recorded: the test does not show what it is to show", publishes, what)
			}
		}
	}
}
