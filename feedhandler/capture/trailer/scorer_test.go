package trailer

import (
	"math/rand/v2"
	"testing"
)

func TestScorerFindsEveryShape(t *testing.T) {
	for _, s := range shapes {
		c := NewScorer(Config{})
		for i := range 50 {
			c.Offer(s.build(udpFrame(20+i, 0)), captureNS)
		}
		d := c.Decide()
		if d.Kind != s.kind || d.Hits != 50 || d.Tried != 50 || d.Ratio != 1 {
			t.Errorf("%s: decided %+v", s.name, d)
		}
	}
	c := NewScorer(Config{TAIMinusUTC: 37, TAIKnown: true})
	for range 5 {
		c.Offer(header7280Frame(arista64TAI, timePair(nil, sec+37, nanos)), captureNS)
	}
	if d := c.Decide(); d.Kind != Arista7280 || d.Hits != 5 || d.Tried != 5 {
		t.Errorf("7280: %+v", d)
	}
}

func TestScorerWantsKeyFramesForTicks(t *testing.T) {
	s := switch7150{startNS: stampNS, ticks0: 77}
	c := NewScorer(Config{})
	for i := range uint64(100) {
		c.Offer(s.frame(stampNS+i*1000, 60), captureNS+i*1000)
	}
	if d := c.Decide(); d.Kind != None {
		t.Errorf("four bytes behind a frame passed for %v", d.Kind)
	}
	for i := range uint64(3000) {
		now := stampNS + i*1_000_000
		if i%1000 == 0 {
			c.Offer(s.keyFrame(now), now)
		}
		c.Offer(s.frame(now, 60), now+30_000)
	}
	if d := c.Decide(); d.Kind != Arista7150 || d.Ratio < 0.99 {
		t.Errorf("with key frames: %+v", d)
	}
}

func TestScorerFindsNothingInNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	c := NewScorer(Config{})
	for range 5000 {
		f := udpFrame(rng.IntN(100), 0)
		for range rng.IntN(25) {
			f = append(f, byte(rng.Uint32()))
		}
		c.Offer(f, captureNS)
	}
	if d := c.Decide(); d.Kind != None || d.Tried != 5000 || d.Hits != 0 {
		t.Errorf("random bytes passed for %+v", d)
	}
	// One fit among few frames decides nothing.
	c = NewScorer(Config{})
	c.Offer(metaTrailer(udpFrame(50, 0), 1), captureNS)
	if d := c.Decide(); d.Kind != None {
		t.Errorf("one frame decided for %v", d.Kind)
	}
}
