package sim

import (
	"bytes"
	"testing"
)

// TestHostileSaysWhatItSends: every harm there is comes, is counted by its name, the same for the same seed, and none is
// the day's own frame.
func TestHostileSaysWhatItSends(t *testing.T) {
	for _, encoding := range Encodings {
		make := func() (map[string]uint64, []byte) {
			var all bytes.Buffer
			written := uint64(0)
			last := []byte{}
			h := NewHostile(7, encoding, 500_000, SinkFunc(func(_ uint64, frame []byte) error {
				if bytes.Equal(frame, last) {
					t.Errorf("%s: the day's frame itself", encoding)
				}
				written++
				all.Write(frame)
				return nil
			}))
			x, err := New(Config{Seed: 7, Encoding: encoding, Messages: 4000})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Generate(x, WireConfig{Merged: SinkFunc(func(ts uint64, frame []byte) error {
				last = append(last[:0], frame...)
				return h.WriteFrame(ts, frame)
			})}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range h.Counts() {
				written -= n
			}
			if written != 0 {
				t.Errorf("%s: %d frames not counted", encoding, int64(written))
			}
			return h.Counts(), all.Bytes()
		}
		counts, frames := make()
		want := int(harmCount)
		if encoding == MDP3 {
			want -= 2 // its packets name no session, its heartbeats no further packet
		}
		if len(counts) != want {
			t.Errorf("%s: %d kinds of %d: %v", encoding, len(counts), want, counts)
		}
		if _, again := make(); !bytes.Equal(frames, again) {
			t.Errorf("%s: another run gave other frames", encoding)
		}
	}
}
