package replay

// A destination's sample: what it carried at some places of its sequence. Which places is told by their hash alone, so
// that two destinations sample the same ones, however long each is and whenever it began. A sample that grows too large
// is thinned to every second place.
type sights struct {
	at   map[place][]sight
	mask uint64 // a place is in the sample where these bits of its hash are 0
}

// place is a unit of a numbering.
type place struct{ session, seq uint64 }

// sight is what a packet at a place began with. A place is seen again where the venue starts its numbering anew under the
// same session: those are two runs, and only what was seen at about the same time belongs to one of them.
type sight struct{ ns, content uint64 }

const (
	mostSights   = 1 << 14
	sightsAPlace = 8
	// oneRunNS is how far apart in time two lines bring the same unit: far more than any line lags, and less than a
	// venue needs to start again and come to the same place.
	oneRunNS = 1_000_000_000
)

func (p place) hash() uint64 {
	x := p.session*0x9E3779B97F4A7C15 ^ p.seq
	x ^= x >> 32
	x *= 0xD6E8FEB86659FD93
	x ^= x >> 32
	x *= 0xD6E8FEB86659FD93
	return x ^ x>>32
}

func (s *sights) add(at place, hash uint64, what sight) {
	if hash&s.mask != 0 {
		return
	}
	if s.at == nil {
		s.at = map[place][]sight{}
	}
	if seen := s.at[at]; len(seen) < sightsAPlace {
		s.at[at] = append(seen, what)
	}
	for len(s.at) > mostSights {
		s.mask = s.mask<<1 | 1
		for p := range s.at {
			if p.hash()&s.mask != 0 {
				delete(s.at, p)
			}
		}
	}
}

// compare counts the places at which two destinations carried the same, and those at which they carried different things
// at the same time.
func (s *sights) compare(o *sights) (same, different int) {
	if len(o.at) < len(s.at) {
		s, o = o, s
	}
	for at, mine := range s.at {
		switch theirs := o.at[at]; {
		case len(theirs) == 0:
		case anyTwo(mine, theirs, func(a, b sight) bool { return a.content == b.content }):
			same++
		case anyTwo(mine, theirs, sight.oneRun):
			different++
		}
	}
	return same, different
}

func (a sight) oneRun(b sight) bool {
	return max(a.ns, b.ns)-min(a.ns, b.ns) < oneRunNS
}

func anyTwo(a, b []sight, is func(a, b sight) bool) bool {
	for _, x := range a {
		for _, y := range b {
			if is(x, y) {
				return true
			}
		}
	}
	return false
}
