package ptp

import "sync/atomic"

// Published is where one cold writer leaves the Model for any number of hot readers, under a sequence lock: readers
// wait for nobody, and take either the whole old Model or the whole new one. It is one cache line with one more
// of distance before and after, so that nobody's counters share it. The zero value holds the zero Model.
type Published struct {
	_        [64]byte
	sequence atomic.Uint64 // odd while the words change; the writer's
	words    [modelWords]atomic.Uint64
	_        [64]byte
}

const modelWords = 7

// loadTries bounds a reader that meets the writer in the middle. A write is seven stores, so more than a few tries mean
// that the writer was taken off its core; then the old model is better than waiting.
const loadTries = 16

// Store publishes m. One goroutine calls it.
func (p *Published) Store(m Model) {
	seq := p.sequence.Load()
	p.sequence.Store(seq + 1)
	p.words[0].Store(m.RefClock)
	p.words[1].Store(m.RefUTC)
	p.words[2].Store(uint64(m.Rate))
	p.words[3].Store(m.Growth)
	p.words[4].Store(uint64(m.BoundNS) | uint64(m.HorizonNS)<<32)
	p.words[5].Store(uint64(m.State) | uint64(m.Source)<<8 | uint64(uint16(m.TAIOffset))<<16)
	p.words[6].Store(uint64(m.Steps))
	p.sequence.Store(seq + 2)
}

// Load copies the Model out. ok is false where the writer was met in the middle every time; m is then zero.
func (p *Published) Load() (m Model, ok bool) {
	m, _, ok = p.load()
	return m, ok
}

func (p *Published) load() (m Model, seq uint64, ok bool) {
	for try := 0; try < loadTries; try++ {
		seq = p.sequence.Load()
		if seq&1 != 0 {
			continue
		}
		bounds, kinds := p.words[4].Load(), p.words[5].Load()
		m = Model{
			RefClock: p.words[0].Load(), RefUTC: p.words[1].Load(), Rate: int64(p.words[2].Load()), Growth: p.words[3].Load(),
			BoundNS: uint32(bounds), HorizonNS: uint32(bounds >> 32),
			State: State(kinds), Source: Source(kinds >> 8), TAIOffset: int16(kinds >> 16), Steps: uint32(p.words[6].Load()),
		}
		if p.sequence.Load() == seq {
			return m, seq, true
		}
	}
	return Model{}, 0, false
}

// Reader is one worker's view of a Published: its own copy, refreshed when there is news. It belongs to one goroutine.
type Reader struct {
	from     *Published
	sequence uint64
	model    Model
}

// NewReader returns a reader of p.
func NewReader(p *Published) Reader {
	r := Reader{from: p}
	r.refresh()
	return r
}

// Model returns the latest model that could be read whole. The pointer is the reader's own and good until the next
// call. It costs one atomic load when nothing has changed.
func (r *Reader) Model() *Model {
	if r.from.sequence.Load() != r.sequence {
		r.refresh()
	}
	return &r.model
}

func (r *Reader) refresh() {
	if m, seq, ok := r.from.load(); ok {
		r.model, r.sequence = m, seq
	}
}
