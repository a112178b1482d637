package trailer

// Score is how one shape fared.
type Score struct {
	Kind  Kind
	Tried int // frames that could have carried it
	Hits  int // frames that did
}

// Ratio is hits of tried.
func (s Score) Ratio() float64 {
	if s.Tried == 0 {
		return 0
	}
	return float64(s.Hits) / float64(s.Tried)
}

// Decision is what a Scorer found, for a person to read.
type Decision struct {
	Kind   Kind // None where nothing reached the bar
	Tried  int
	Hits   int
	Ratio  float64
	Scores [KindCount - 1]Score // every shape, in order of kind
}

const (
	// A shape is taken when it fits nine frames of ten, and two at least: one fit by chance is about one in a
	// thousand frames, two of two is not chance.
	minRatio = 0.9
	minHits  = 2
	// Consecutive ticks must keep step with the capture's clock to this; a random FCS misses it thirty times of 31.
	maxTickJumpNS = 100_000_000
)

// Scorer tries every shape on frames. It allocates nothing and belongs to one goroutine.
type Scorer struct {
	scores  [KindCount - 1]Score
	readers [KindCount - 1]Reader
	aheadNS int64
	ahead   bool
}

// NewScorer makes a scorer; c.Kind is not looked at.
func NewScorer(c Config) *Scorer {
	s := new(Scorer)
	for i := range s.readers {
		c.Kind = Kind(i + 1)
		s.readers[i] = *NewReader(c)
		s.scores[i].Kind = c.Kind
	}
	return s
}

// Offer tries one frame, in capture order. Only IPv4 frames (behind a 7280 header too) count: the end of others is
// not known, so that anything would fit.
func (s *Scorer) Offer(frame []byte, captureNS uint64) {
	stamped := len(frame) > macBytes+2 && be16(frame[macBytes:]) == etherArista
	t, ok := split(frame)
	if !stamped && (!ok || !t.ipv4) {
		return
	}
	for i := range s.readers {
		score, r := &s.scores[i], &s.readers[i]
		st := r.Read(frame, captureNS)
		hit := st.OK
		switch score.Kind {
		case MetaWatch:
			hit = hit && t.reservedClear()
		case Arista7150:
			if st.KeyFrame || !r.ticks.have {
				continue // what comes before the first key frame says nothing
			}
			if hit && !s.ahead {
				s.inStep(int64(st.NS - captureNS))
				continue // the first tick has none to keep step with: in a capture of three it would be one of three
			}
			hit = hit && s.inStep(int64(st.NS-captureNS))
		}
		score.Tried++
		if hit {
			score.Hits++
		}
	}
}

// inStep says whether a tick's distance from the capture time is that of the tick before.
func (s *Scorer) inStep(ahead int64) bool {
	jump := ahead - s.aheadNS
	had := s.ahead
	s.aheadNS, s.ahead = ahead, true
	return had && jump < maxTickJumpNS && jump > -maxTickJumpNS
}

// reservedClear looks at the flags of a MetaWatch trailer wherever it may end: the reserved bits are 0. It keeps a
// cPacket version byte from passing for flags where it can be told.
func (t *tail) reservedClear() bool {
	n := len(t.b)
	return n >= metaBase && t.b[n-4]&metaReserved == 0 || n >= metaBase+fcsBytes && t.b[n-4-fcsBytes]&metaReserved == 0
}

// Decide says which shape fits best so far. Equal ratios go to the earlier kind.
func (s *Scorer) Decide() Decision {
	d := Decision{Scores: s.scores}
	for _, c := range s.scores {
		d.Tried = max(d.Tried, c.Tried)
		if r := c.Ratio(); r >= minRatio && c.Hits >= minHits && r > d.Ratio {
			d.Kind, d.Hits, d.Ratio = c.Kind, c.Hits, r
		}
	}
	if d.Kind != None {
		d.Tried = s.scores[d.Kind-1].Tried
	}
	return d
}
