package venuesim

import (
	"bytes"
	"slices"
)

// piece is a run of units that is answered together.
type piece struct {
	first uint64
	units []unit
}

// spoil does to an answer what a fault of the range-filling kind orders. Pieces that it changes are copies; the day is not touched.
func (p *post) spoil(d *day, f Fault, list []piece) []piece {
	total := 0
	for i := range list {
		total += len(list[i].units)
	}
	if total == 0 {
		return list
	}
	switch f {
	case Half:
		return front(list, total/2)
	case Hole:
		parts := apart(list, max(total/4, 1))
		if len(parts) < 3 {
			return parts[:len(parts)-1]
		}
		return slices.Delete(parts, len(parts)/2, len(parts)/2+1)
	case Duplicate:
		return append(slices.Clone(list), list...)
	case Shuffle:
		parts := apart(list, max(total/4, 1))
		for i := len(parts) - 1; i > 0; i-- {
			j := p.dice.below(i) // never i itself: every part moves
			parts[i], parts[j] = parts[j], parts[i]
		}
		return parts
	case WrongRange:
		return d.other(list)
	case OffByOne:
		return d.shifted(list)
	case FarFuture:
		list = slices.Clone(list)
		for i := range list {
			list[i].first += 1_000_000_000
		}
	case Lie:
		at := p.dice.below(total)
		list = slices.Clone(list)
		for i := range list {
			if at < len(list[i].units) {
				list[i].units = slices.Clone(list[i].units)
				u := &list[i].units[at]
				u.bytes = p.lie(u.bytes)
				break
			}
			at -= len(list[i].units)
		}
	}
	return list
}

// lie is a message with one byte of its last eight, where quantities and prices are, changed.
func (p *post) lie(msg []byte) []byte {
	msg = bytes.Clone(msg)
	if n := len(msg); n > 0 {
		msg[n-1-p.dice.below(min(n, 8))] ^= byte(1 + p.dice.below(255))
	}
	return msg
}

// front is the first n units.
func front(list []piece, n int) (short []piece) {
	for _, x := range list {
		k := min(n, len(x.units))
		if k == 0 {
			break
		}
		short = append(short, piece{x.first, x.units[:k]})
		n -= k
	}
	return short
}

// apart cuts an answer into pieces of at most n units.
func apart(list []piece, n int) (parts []piece) {
	for _, x := range list {
		for len(x.units) > n {
			parts = append(parts, piece{x.first, x.units[:n]})
			x = piece{x.first + uint64(n), x.units[n:]}
		}
		parts = append(parts, x)
	}
	return parts
}

// other is as many units from elsewhere: right behind the range, else from the day's first on.
func (d *day) other(list []piece) []piece {
	last := list[len(list)-1]
	n := len(last.units)
	first := last.first + uint64(n)
	units, _, _ := d.from(first, n)
	if len(units) == 0 {
		first = 1
		units, _, _ = d.from(1, n)
	}
	return []piece{{first, units}}
}

// shifted begins and ends every piece one unit late.
func (d *day) shifted(list []piece) (moved []piece) {
	for _, x := range list {
		units, _, _ := d.from(x.first+1, len(x.units))
		if len(units) > 0 {
			moved = append(moved, piece{x.first + 1, units})
		}
	}
	return moved
}
