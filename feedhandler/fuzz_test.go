package feedhandler_test

import (
	"encoding/binary"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/ptp"
)

// FuzzPipeline feeds mangled frames of a simulated day: each input chooses an encoding and edits as (packet, offset,
// byte) triples. Whatever comes in, nothing panics and the counters add up.
func FuzzPipeline(f *testing.F) {
	days := make([][][]byte, len(sim.Encodings))
	for i, encoding := range sim.Encodings {
		w := impaired(7)
		w.Merged = sim.SinkFunc(func(_ uint64, frame []byte) error {
			days[i] = append(days[i], append([]byte(nil), frame...))
			return nil
		})
		day(f, encoding, 7, w, nil)
	}
	f.Add(uint8(0), []byte{})
	f.Add(uint8(1), []byte{0, 10, 45, 0xFF, 0, 11, 50, 0x00})
	f.Add(uint8(2), []byte{0, 3, 60, 0x80, 0, 9, 16, 0x00})
	f.Add(uint8(3), []byte{0, 20, 46, 0xFF, 0, 20, 47, 0xFF})
	f.Fuzz(func(t *testing.T, which uint8, edits []byte) {
		encoding := sim.Encodings[int(which)%len(sim.Encodings)]
		frames := days[int(which)%len(days)]
		p := simPipeline(t, encoding, 2)
		changed := map[int][]byte{}
		for ; len(edits) >= 4; edits = edits[4:] {
			i := int(binary.BigEndian.Uint16(edits)) % len(frames)
			frame, ok := changed[i]
			if !ok {
				frame = append([]byte(nil), frames[i]...)
			}
			frame[int(edits[2])%len(frame)] = edits[3]
			changed[i] = frame
		}
		ts := uint64(1_700_000_000_000_000_000)
		for i, frame := range frames {
			if edited, ok := changed[i]; ok {
				frame = edited
			}
			ts += 10_000
			p.OnFrame(frame, ptp.Stamp{NS: ts, Source: ptp.SourceCapture})
			if i%8 == 0 {
				p.Flush()
				p.OnTick(ts)
			}
		}
		p.End()
		total := uint64(0)
		for _, n := range p.Wire {
			total += n
		}
		if total != uint64(len(frames)) {
			t.Fatalf("%d frames went in, the counters say %d", len(frames), total)
		}
	})
}

// TestFrameIsOnlyBorrowed scribbles over every frame once the core is done with it: whoever kept a part of it would
// decode garbage later.
func TestFrameIsOnlyBorrowed(t *testing.T) {
	for _, encoding := range sim.Encodings {
		kept, scribbled := simPipeline(t, encoding, 2), simPipeline(t, encoding, 2)
		w := impaired(5)
		plain := into(kept)
		over := into(scribbled)
		w.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
			if err := plain.WriteFrame(ts, frame); err != nil {
				return err
			}
			mangled := append([]byte(nil), frame...)
			err := over.WriteFrame(ts, mangled)
			for i := range mangled {
				mangled[i] = 0xDB
			}
			return err
		})
		day(t, encoding, 5, w, nil)
		kept.End()
		scribbled.End()
		if content(kept) != content(scribbled) {
			t.Errorf("%s: %s\nbut scribbled over %s", encoding, content(kept), content(scribbled))
		}
	}
}

var _ feedhandler.Tap = lastComplete{}
