package arbitration

import "math/bits"

// recentPackets is how many sequence numbers of a line are remembered, and so the largest ReorderPackets.
const recentPackets = 64

// reorderUnits is how far below a line's first packet another of its first packets may lie.
const reorderUnits = 1 << 14

// line is the arbiter's view of one line: its own numbering in the running session, and its candidate.
type line struct {
	LineStats
	recovery  bool
	wasUp     bool   // had a place in the run before, while the new one is being joined
	started   bool   // has a place in the running session
	plain     bool   // nothing special: up, not recovery, no holes, no candidate. The fast paths ask only this.
	low       uint64 // lowest unit the line's numbering is followed from
	high      uint64 // end of the highest unit the line brought
	holes     uint64 // units below high, within memory, that it did not bring
	missing   []uint64
	recent    [recentPackets]lagEntry // the newest believed packets
	recentN   uint64
	passTo    uint64 // the gap that ends before passTo was passed by this line
	passNS    uint64 // at this time, first
	good      uint64 // receive time of the newest believed packet
	oldRun    uint32 // consecutive packets of the run before
	cand      candidate
	parked    parked
	disputed  bool   // said for long what another live line contradicts
	disputeAt uint64 // when it is counted again
}

// follow enters [seq, end) into the line's own numbering; a heartbeat comes with end == seq.
func (l *line) follow(seq, end, ns uint64) {
	l.recent[l.recentN%recentPackets] = lagEntry{seq, ns}
	l.recentN++
	l.number(seq, end)
}

// number is follow without the memory of the newest packets.
func (l *line) number(seq, end uint64) {
	if l.recovery {
		return // it brings only what was asked for: it has no numbering to lose from
	}
	switch {
	case !l.started:
		l.started, l.low, l.high = true, seq, end
	case seq == l.high:
		l.advance(end)
	case seq > l.high:
		l.Gaps++
		l.Lost += seq - l.high
		l.Holes.add(l.high, seq-l.high, l.good, false)
		l.skip(seq)
		l.advance(end)
	default:
		if end <= l.low && l.low-seq <= reorderUnits && l.high-seq <= windowUnits {
			// The line's very first packets were reordered: it begins here.
			l.mark(end, l.low)
			l.Lost += l.low - end
			if l.low > end {
				l.Holes.add(end, l.low-end, l.good, false)
			}
			l.low = seq
		}
		l.fill(seq, min(end, l.high))
		if end > l.high {
			l.advance(end)
		}
	}
}

// advance moves high to end over units that the line brought.
func (l *line) advance(end uint64) {
	if l.holes > 0 {
		// The places of these units may still hold marks from one lap ago: those stay lost for good.
		l.holes -= l.clear(l.high, end)
	}
	l.high = end
}

// skip moves high to seq over units that the line did not bring.
func (l *line) skip(seq uint64) {
	if seq-l.high >= windowUnits {
		clear(l.missing)
		l.holes = 0
		l.high = seq - windowUnits
	}
	if l.holes > 0 {
		l.holes -= l.clear(l.high, seq)
	}
	l.mark(l.high, seq)
	l.high = seq
}

// mark notes the units of [from, to) as not brought.
func (l *line) mark(from, to uint64) {
	l.holes += to - from
	for from < to {
		bit := from & 63
		width := min(64-bit, to-from)
		l.missing[from&windowMask>>6] |= (^uint64(0) >> (64 - width)) << bit
		from += width
	}
}

// fill takes back the loss of units that came after all.
func (l *line) fill(seq, end uint64) {
	if l.holes == 0 {
		return
	}
	if l.high-seq > windowUnits {
		seq = l.high - windowUnits // older than memory
	}
	if seq >= end {
		return
	}
	n := l.clear(seq, end)
	l.holes -= n
	l.Lost -= n
	if n > 0 {
		l.Holes.add(seq, end-seq, l.good, true)
	}
}

// clear removes the marks of [from, to), at most one lap, and says how many there were.
func (l *line) clear(from, to uint64) uint64 {
	var n int
	for from < to {
		w := &l.missing[from&windowMask>>6]
		bit := from & 63
		width := min(64-bit, to-from)
		mask := (^uint64(0) >> (64 - width)) << bit
		n += bits.OnesCount64(*w & mask)
		*w &^= mask
		from += width
	}
	return uint64(n)
}

// ahead tells whether the line has passed the gap that ends before to: its n newest packets are all beyond,
// and the first packet beyond came at least ns ago. Both, since a burst reorders deep and a pause long.
func (l *line) ahead(to uint64, n int, now, ns uint64) bool {
	reach := n
	if l.passTo != to {
		reach = recentPackets // a gap seen for the first time: look back as far as memory goes
	}
	beyond, first := 0, now
	for i := uint64(1); i <= min(l.recentN, uint64(reach)); i++ {
		e := &l.recent[(l.recentN-i)%recentPackets]
		if e.seq < to {
			break
		}
		beyond++
		first = min(first, e.ns)
	}
	if beyond == 0 {
		return false
	}
	if l.passTo != to {
		l.passTo, l.passNS = to, first
	}
	return beyond >= n && now-min(now, l.passNS) >= ns
}

// goesOn tells whether the newest two packets of the line lie beyond a gap that ends before to.
func (l *line) goesOn(to uint64) bool {
	return l.recentN >= 2 && l.recent[(l.recentN-1)%recentPackets].seq >= to && l.recent[(l.recentN-2)%recentPackets].seq >= to
}

// restart gives the line its place in a new run that begins at first. A line that was heard before is
// expected from the first unit on; what the old run delivered beyond it is lost.
func (l *line) restart(first uint64) {
	l.forget()
	l.started, l.low, l.high = l.wasUp, first, first
}

// forget takes the line's place in the run away; wasUp tells that it had one.
func (l *line) forget() {
	l.wasUp = l.started
	if l.holes > 0 {
		clear(l.missing)
	}
	l.holes, l.recentN, l.high, l.oldRun, l.passTo = 0, 0, 0, 0, 0
	l.started, l.plain = false, false
}

// settle counts what the sequence went on without the line as lost.
func (l *line) settle(next uint64) {
	if l.started && next > l.high {
		l.Lost += next - l.high
		l.Holes.add(l.high, next-l.high, l.good, false)
		l.skip(next)
	}
}
