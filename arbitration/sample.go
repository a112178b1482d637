package arbitration

import "encoding/binary"

// Two lines can contradict each other under the same session and numbers: one replays another day. First copies hide that, since
// nobody looks into second ones. So a few times in Config.SilentNS one packet is remembered, and what the next line brings under
// its number is compared. Only where the venue sends no times: those tell the day by themselves.

// sample is the packet that is compared, and what comparing found so far.
type sample struct {
	on      bool // packets go the long way until it is decided
	taken   bool
	line    Line
	count   uint32
	differ  uint32 // samples in a row that were not the same
	session uint64
	seq     uint64
	hash    uint64
	until   uint64
	since   uint64 // when the first of differ was, or they were last counted as a dispute
}

// sampleNS is how long the second copy of a sample is waited for. samplesDiffer is how many in a row make a dispute.
const (
	sampleNS      = 100_000_000
	samplesDiffer = 4
)

// beginSample asks for the next packet to be remembered, if there are two lines to compare.
func (a *Arbiter) beginSample() {
	heard := 0
	for i := range a.lines[:a.nlines] {
		if l := &a.lines[i]; !l.recovery && l.started && a.now-min(a.now, l.good) < a.cfg.SilentNS {
			heard++
		}
	}
	if heard < 2 || a.phase != running {
		return
	}
	a.sample.on, a.sample.taken, a.sample.until = true, false, a.now+sampleNS
	for i := range a.lines[:a.nlines] {
		a.lines[i].plain = false
	}
}

// compare takes a data packet that was offered while a sample is on.
func (a *Arbiter) compare(line Line, l *line, p *Packet, v Verdict) {
	s := &a.sample
	switch {
	case l.recovery || p.Session != a.session:
		return
	case p.TsSend != 0:
		s.on = false
	case !s.taken:
		if v.Take && v.Count == p.Count {
			s.taken, s.line, s.session, s.seq, s.count, s.hash = true, line, p.Session, p.Seq, p.Count, hash(p.Payload)
		}
	case line == s.line || p.Session != s.session || p.Seq < s.seq:
	case p.Seq > s.seq || p.Count != s.count:
		s.on = false // the other line lost it, or cuts its packets elsewhere: nothing is known
	default:
		s.on = false
		if hash(p.Payload) == s.hash {
			s.differ = 0
			for i := range a.lines[:a.nlines] {
				if o := &a.lines[i]; o.cand.streak == 0 {
					o.disputed = false
				}
			}
			return
		}
		if s.differ++; s.differ == 1 {
			s.since = a.now
		}
		if s.differ >= samplesDiffer && a.now-min(a.now, s.since) >= a.cfg.SilentNS {
			s.since, l.disputed = a.now, true
			a.stats.Disputes++
		}
	}
}

// hash is FNV-1a over words: enough to tell two packets apart.
func hash(b []byte) uint64 {
	h := uint64(14695981039346656037) ^ uint64(len(b))
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ binary.LittleEndian.Uint64(b)) * 1099511628211
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
