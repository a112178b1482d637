package venuesim

import (
	"fmt"
	"slices"
)

// far is how far off the numbers of Behind, Ahead and Stale are: more than a reader's buffer forgives.
const far = 1000

// glimpse spins the books as they are when the client logs in.
func (p *post) glimpse(c *client) {
	_, d, ok := c.login()
	if !ok {
		return
	}
	image, next := d.itchImage(c.fault)
	image.sort()
	t := c.listen(d)
	list := image.messages(c.fault, p.dice)
	first := len(list) - len(image.adds)
	t.at = first + p.dice.below(len(image.adds)) // the fault happens among the orders
	if c.fault == Shuffle {
		t.at = -1 // messages shuffled them
	}
	told := 0
	if c.fault == DataFirst && len(list) > 0 {
		if t.data(list[0]) != nil || t.flush() != nil {
			return
		}
		told = 1
	}
	first1 := uint64(1)
	if c.fault == WrongRange {
		first1 += uint64(1 + p.dice.below(100))
	}
	if t.accept(first1+uint64(told)) != nil {
		return
	}
	for ; told < len(list); told++ {
		if t.tell(told, list[told]) != nil {
			return
		}
	}
	if c.fault == EndOfSession || c.fault == Stall || c.fault == RejectLate { // of a book without orders
		t.at = told
		if t.tell(told, nil) != nil {
			return
		}
	}
	if c.fault != NoEnd && t.data(fmt.Appendf(nil, "G%020d", next)) != nil {
		return
	}
	if t.flush() == nil {
		t.wait(nil) // the client leaves, or is given up
	}
}

// itchImage is the books for a spin and the number to go on live with.
func (d *day) itchImage(f Fault) (*itchImage, uint64) {
	d.mu.Lock()
	image := d.books.(*itchBooks).image()
	newest := uint64(len(d.units))
	d.mu.Unlock()
	switch f {
	case Stale:
		old, at := d.old()
		return old.(*itchBooks).image(), at + 1
	case Behind:
		return image, newest + 1 - min(newest, far)
	case Ahead:
		return image, newest + 1 + far
	case OffByOne:
		return image, newest // the last that is in, where the next is due
	}
	return image, newest + 1
}

// messages is what a spin says before its end.
func (i *itchImage) messages(f Fault, d *dice) (list [][]byte) {
	for _, m := range i.reference {
		if f != NoDirectory || m[0] != 'R' {
			list = append(list, m)
		}
	}
	adds := i.adds
	if f == Shuffle {
		adds = slices.Clone(adds)
		for k := len(adds) - 1; k > 0; k-- {
			j := d.below(k + 1)
			adds[k], adds[j] = adds[j], adds[k]
		}
	}
	for k := range adds {
		list = append(list, adds[k].add)
	}
	return list
}
