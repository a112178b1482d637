package top

import (
	"cmp"
	"slices"
)

// Order is by what channels and their lines are sorted.
type Order uint8

// Orders: as configured, by name, and the highest first by what happens a second, was lost or dropped, and comes late.
const (
	AsConfigured Order = iota
	ByName
	ByRate
	ByLost
	ByLag
)

// String names the order for the last line of the screen.
func (o Order) String() string {
	return [...]string{"as configured", "name", "rate", "lost", "lag"}[o]
}

// Next is the order that s brings: after the last the first that sorts.
func (o Order) Next() Order { return o%ByLag + 1 }

// row is a line with its channel's name.
type row struct {
	name string
	*Line
}

// rows lists all lines of a reading in an order; the reading stays as it is, for the rates of the next.
func rows(s *Snapshot, by Order) []row {
	var list []row
	for i := range s.Channels {
		ch := &s.Channels[i]
		for k := range ch.Lines {
			list = append(list, row{ch.Name + " " + ch.Lines[k].Name, &ch.Lines[k]})
		}
	}
	slices.SortStableFunc(list, func(a, b row) int {
		switch by {
		case ByName:
			return cmp.Compare(a.name, b.name)
		case ByRate:
			return cmp.Compare(b.PacketsPerS, a.PacketsPerS)
		case ByLost:
			return cmp.Compare(b.Lost+b.Dropped["socket_drops"], a.Lost+a.Dropped["socket_drops"])
		case ByLag:
			return cmp.Or(cmp.Compare(measured(b.LagP99NS), measured(a.LagP99NS)), cmp.Compare(measured(b.LagP50NS), measured(a.LagP50NS)))
		}
		return 0
	})
	return list
}

// channels lists all channels of a reading in an order.
func channels(s *Snapshot, by Order) []*Channel {
	var list []*Channel
	for i := range s.Channels {
		list = append(list, &s.Channels[i])
	}
	worst := func(c *Channel) int64 {
		ns := measured(nil)
		for i := range c.Lines {
			ns = max(ns, measured(c.Lines[i].LagP99NS))
		}
		return ns
	}
	slices.SortStableFunc(list, func(a, b *Channel) int {
		switch by {
		case ByName:
			return cmp.Compare(a.Name, b.Name)
		case ByRate:
			return cmp.Compare(b.MessagesPerS, a.MessagesPerS)
		case ByLost:
			return cmp.Compare(b.UnitsLost, a.UnitsLost)
		case ByLag:
			return cmp.Compare(worst(b), worst(a))
		}
		return 0
	})
	return list
}

// measured sorts a lag that nobody measured behind the shortest.
func measured(ns *uint64) int64 {
	if ns == nil {
		return -1
	}
	return int64(*ns)
}
