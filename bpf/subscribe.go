package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/cilium/ebpf"
)

// Subscription names the packets a receiver wants.
type Subscription struct {
	Group  netip.AddrPort // IPv4 destination, usually multicast, and UDP port
	Source netip.Addr     // the only sender wanted; the zero Addr for any
	ID     uint16         // comes back in Meta.ID; the receiver's channel and line. Several subscriptions may share one
}

// String returns "group:port" or "group:port from source".
func (s Subscription) String() string {
	if s.Source.IsValid() {
		return fmt.Sprintf("%s from %s", s.Group, s.Source)
	}
	return s.Group.String()
}

// SubscriptionCount is a subscription and what it brought since it was made.
type SubscriptionCount struct {
	Subscription
	Packets, Bytes uint64 // redirected to sockets; whole frames
}

// Errors a caller may decide on.
var (
	ErrSubscribed    = errors.New("already subscribed")
	ErrNotSubscribed = errors.New("not subscribed")
)

// group is what user space knows of one group and port: at most one subscription for any source, and those by source.
type group struct {
	any     *held
	sources []*held
}

type held struct {
	Subscription
	slot uint32
}

func (s Subscription) check() error {
	switch {
	case !s.Group.Addr().Is4():
		return fmt.Errorf("subscribe to %s: the group must be an IPv4 address", s)
	case s.Group.Port() == 0:
		return fmt.Errorf("subscribe to %s: the port must not be 0", s)
	case s.Source.IsValid() && !s.Source.Is4():
		return fmt.Errorf("subscribe to %s: the source must be an IPv4 address", s)
	}
	return nil
}

// key is the entry of a subscription as the packet spells it: bytes in network order.
func (s Subscription) key() filterSubscriptionKey {
	g := s.Group.Addr().As4()
	k := filterSubscriptionKey{Group: binary.NativeEndian.Uint32(g[:])}
	var port [2]byte
	binary.BigEndian.PutUint16(port[:], s.Group.Port())
	k.Port = binary.NativeEndian.Uint16(port[:])
	if s.Source.IsValid() {
		src := s.Source.As4()
		k.Source = binary.NativeEndian.Uint32(src[:])
	}
	return k
}

// Subscribe adds s while the program runs. The same group, port and source twice is ErrSubscribed.
// A subscription by source beside one for any source wins for that source's packets.
func (f *Filter) Subscribe(s Subscription) error {
	if err := s.check(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.groups[s.Group]
	if g.find(s.Source) >= -1 {
		return fmt.Errorf("subscribe to %s: %w", s, ErrSubscribed)
	}
	if len(f.freeSlots) == 0 {
		return fmt.Errorf("subscribe to %s: the filter holds %d subscriptions already; raise Options.MaxSubscriptions", s, f.slots)
	}
	slot := f.freeSlots[len(f.freeSlots)-1]
	if err := f.maps.subscriptionCounts.Put(slot, make([]filterSubscriptionCount, f.cpus)); err != nil {
		return fmt.Errorf("subscribe to %s: clear its counters: %w", s, err)
	}
	h := &held{s, slot}
	// The entry by source first, then the group's that makes the program look for it.
	if s.Source.IsValid() {
		if err := f.maps.subscriptions.Put(s.key(), filterSubscription{Slot: slot, Id: s.ID}); err != nil {
			return fmt.Errorf("subscribe to %s: %w", s, err)
		}
	}
	changed := g
	if s.Source.IsValid() {
		changed.sources = append(slices.Clone(g.sources), h)
	} else {
		changed.any = h
	}
	if err := f.putGroup(s.Group, changed); err != nil {
		if s.Source.IsValid() {
			err = errors.Join(err, f.maps.subscriptions.Delete(s.key()))
		}
		return fmt.Errorf("subscribe to %s: %w", s, err)
	}
	f.freeSlots = f.freeSlots[:len(f.freeSlots)-1]
	f.groups[s.Group] = changed
	return nil
}

// Unsubscribe removes the subscription of s's group, port and source; its ID does not matter.
// Packets already in a socket's ring still arrive.
func (f *Filter) Unsubscribe(s Subscription) error {
	if err := s.check(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.groups[s.Group]
	at := g.find(s.Source)
	var h *held
	changed := g
	switch {
	case at < -1:
		return fmt.Errorf("unsubscribe from %s: %w", s, ErrNotSubscribed)
	case at == -1:
		h, changed.any = g.any, nil
	default:
		h = g.sources[at]
		changed.sources = slices.Delete(slices.Clone(g.sources), at, at+1)
	}
	if err := f.putGroup(s.Group, changed); err != nil {
		return fmt.Errorf("unsubscribe from %s: %w", s, err)
	}
	if s.Source.IsValid() {
		if err := f.maps.subscriptions.Delete(s.key()); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("unsubscribe from %s: %w", s, err)
		}
	}
	f.freeSlots = append(f.freeSlots, h.slot)
	if f.groups[s.Group] = changed; changed.empty() {
		delete(f.groups, s.Group)
	}
	return nil
}

func (g group) empty() bool { return g.any == nil && len(g.sources) == 0 }

// find returns the index of source in g.sources, -1 for the subscription to any source, -2 for none.
func (g group) find(source netip.Addr) int {
	if !source.IsValid() {
		if g.any != nil {
			return -1
		}
		return -2
	}
	if i := slices.IndexFunc(g.sources, func(h *held) bool { return h.Source == source }); i >= 0 {
		return i
	}
	return -2
}

// putGroup writes the entry that every packet of the group and port finds first.
func (f *Filter) putGroup(at netip.AddrPort, g group) error {
	key := Subscription{Group: at}.key()
	if g.empty() {
		if err := f.maps.subscriptions.Delete(key); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return err
		}
		return nil
	}
	var v filterSubscription
	if g.any != nil {
		v = filterSubscription{Slot: g.any.slot, Id: g.any.ID, Flags: uint16(filterSubscriptionFlagsSUBSCRIPTION_ANY_SOURCE)}
	}
	if len(g.sources) > 0 {
		v.Flags |= uint16(filterSubscriptionFlagsSUBSCRIPTION_BY_SOURCE)
	}
	return f.maps.subscriptions.Put(key, v)
}

// Subscriptions returns what is subscribed and what each brought, ordered by group, port and source.
func (f *Filter) Subscriptions() ([]SubscriptionCount, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []SubscriptionCount
	var perCPU []filterSubscriptionCount
	for _, g := range f.groups {
		list := g.sources
		if g.any != nil {
			list = append([]*held{g.any}, list...)
		}
		for _, h := range list {
			if err := f.maps.subscriptionCounts.Lookup(h.slot, &perCPU); err != nil {
				return nil, fmt.Errorf("read the counters of %s: %w", h.Subscription, err)
			}
			c := SubscriptionCount{Subscription: h.Subscription}
			for i := range perCPU {
				c.Packets += perCPU[i].Packets
				c.Bytes += perCPU[i].Bytes
			}
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b SubscriptionCount) int {
		if c := a.Group.Compare(b.Group); c != 0 {
			return c
		}
		return a.Source.Compare(b.Source)
	})
	return all, nil
}
