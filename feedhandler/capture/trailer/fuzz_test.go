package trailer

import "testing"

// Any frame, any kind: no panic, and a stamp that is given lies within reach of the capture's time.
func FuzzTrailer(f *testing.F) {
	for _, s := range shapes {
		f.Add(uint8(s.kind), s.build(udpFrame(20, 1)), uint64(captureNS))
	}
	key := switch7150{startNS: stampNS, ticks0: 5}
	f.Add(uint8(Arista7150), key.keyFrame(stampNS), uint64(captureNS))
	f.Add(uint8(Arista7280), header7280Frame(arista48TAI, stamp48(sec, nanos)), uint64(captureNS))
	f.Fuzz(func(t *testing.T, kind uint8, frame []byte, capture uint64) {
		r := NewReader(Config{Kind: Kind(kind), TAIMinusUTC: 37, TAIKnown: true})
		s := NewScorer(Config{TAIMinusUTC: 37, TAIKnown: true})
		for range 3 {
			st := r.Read(frame, capture)
			if !st.OK && st.NS != 0 {
				t.Fatalf("a time that is none: %+v", st)
			}
			// A minute more: the 7280's TAI forms are judged in their own scale.
			if d := int64(st.NS - capture); st.OK && capture != 0 && (d > maxAwayNS+60*nsPerSecond || d < -maxAwayNS-60*nsPerSecond) {
				t.Fatalf("%d ns from the capture: %+v", d, st)
			}
			if n := int(st.Header); n != 0 {
				if got := Strip(make([]byte, len(frame)), frame, n); len(got) != len(frame)-n {
					t.Fatalf("stripped %d of %d to %d", n, len(frame), len(got))
				}
			}
			s.Offer(frame, capture)
			capture += 1_000_000_000
		}
		s.Decide()
	})
}
