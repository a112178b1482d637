package arbitration

// healedRanges bounds how many healed ranges wait to be taken.
const healedRanges = 256

// noteHealed remembers that [first, first+n) was missed and came after all, before it was given up. Neighbouring
// pieces become one range.
func (a *Arbiter) noteHealed(first, n uint64) {
	if k := a.nhealed; k > 0 {
		last := &a.healed[k-1]
		if last.First+last.Count == first {
			last.Count += n
			return
		}
		if first+n == last.First {
			last.First, last.Count = first, last.Count+n
			return
		}
	}
	if a.nhealed == healedRanges {
		a.stats.HealedUntold++
		return
	}
	a.healed[a.nhealed] = Gap{First: first, Count: n}
	a.nhealed++
}

// TakeHealed appends to dst the ranges that healed since the last call. Call it after Offer and Tick; what finds no
// room for want of it is counted in Stats.HealedUntold.
func (a *Arbiter) TakeHealed(dst []Gap) []Gap {
	if a.nhealed == 0 {
		return dst
	}
	dst = append(dst, a.healed[:a.nhealed]...)
	a.nhealed = 0
	return dst
}

// HasHealed tells whether TakeHealed has anything.
func (a *Arbiter) HasHealed() bool { return a.nhealed > 0 }
