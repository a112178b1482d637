package bpf

import (
	"cmp"
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
	VLAN   uint16         // 0 untagged, 1 to 4094, or AnyVLAN
	ID     uint16         // comes back in Meta.ID; the receiver's channel and line. Several subscriptions may share one
}

// AnyVLAN subscribes to frames under every tag, and untagged. Where a particular VLAN is subscribed as well, that one wins for
// its frames, of the senders that it takes.
const AnyVLAN = uint16(filterVlanNumberVLAN_ANY)

// String returns "group:port", with "VLAN n" and "from source" where they are said.
func (s Subscription) String() string {
	text := s.Group.String()
	switch s.VLAN {
	case 0:
	case AnyVLAN:
		text += " any VLAN"
	default:
		text += fmt.Sprintf(" VLAN %d", s.VLAN)
	}
	if s.Source.IsValid() {
		text += fmt.Sprintf(" from %s", s.Source)
	}
	return text
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

// place is where packets come to: a destination under a VLAN.
type place struct {
	at   netip.AddrPort
	vlan uint16
}

func (s Subscription) place() place { return place{s.Group, s.VLAN} }

// group is what user space knows of one place: at most one subscription for any source, and those by source.
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
	case s.VLAN > 4094 && s.VLAN != AnyVLAN:
		return fmt.Errorf("subscribe to %s: a VLAN's number is at most 4094", s)
	}
	return nil
}

// key is the entry of a subscription as the packet spells it: bytes in network order.
func (s Subscription) key() filterSubscriptionKey {
	g := s.Group.Addr().As4()
	k := filterSubscriptionKey{Group: binary.NativeEndian.Uint32(g[:]), Vlan: s.VLAN}
	var port [2]byte
	binary.BigEndian.PutUint16(port[:], s.Group.Port())
	k.Port = binary.NativeEndian.Uint16(port[:])
	if s.Source.IsValid() {
		src := s.Source.As4()
		k.Source = binary.NativeEndian.Uint32(src[:])
	}
	return k
}

// Subscribe adds s while the program runs. The same group, port, VLAN and source twice is ErrSubscribed.
// A subscription by source beside one for any source wins for that source's packets.
func (f *Filter) Subscribe(s Subscription) error {
	if err := s.check(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.groups[s.place()]
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
	if err := f.putGroup(s.place(), changed); err != nil {
		if s.Source.IsValid() {
			err = errors.Join(err, f.maps.subscriptions.Delete(s.key()))
		}
		return fmt.Errorf("subscribe to %s: %w", s, err)
	}
	f.freeSlots = f.freeSlots[:len(f.freeSlots)-1]
	f.groups[s.place()] = changed
	return nil
}

// Unsubscribe removes the subscription of s's group, port, VLAN and source; its ID does not matter.
// Packets already in a socket's ring still arrive.
func (f *Filter) Unsubscribe(s Subscription) error {
	if err := s.check(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.groups[s.place()]
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
	if err := f.putGroup(s.place(), changed); err != nil {
		return fmt.Errorf("unsubscribe from %s: %w", s, err)
	}
	if s.Source.IsValid() {
		if err := f.remove(s.key()); err != nil {
			return fmt.Errorf("unsubscribe from %s: %w", s, err)
		}
	}
	f.freeSlots = append(f.freeSlots, h.slot)
	if f.groups[s.place()] = changed; changed.empty() {
		delete(f.groups, s.place())
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

// putGroup writes the entry that every packet of the place finds first, and the one of the destination that packets of other
// VLANs find.
func (f *Filter) putGroup(at place, g group) error {
	key := Subscription{Group: at.at, VLAN: at.vlan}.key()
	others := f.otherVLANs(at)
	if at.vlan == AnyVLAN && g.empty() && others {
		return f.maps.subscriptions.Put(key, filterSubscription{Flags: uint16(filterSubscriptionFlagsSUBSCRIPTION_OTHER_VLAN)})
	}
	if at.vlan != AnyVLAN && !others && f.groups[place{at.at, AnyVLAN}].empty() {
		known := Subscription{Group: at.at, VLAN: AnyVLAN}.key()
		if g.empty() {
			if err := f.remove(known); err != nil {
				return err
			}
		} else if err := f.maps.subscriptions.Put(known, filterSubscription{Flags: uint16(filterSubscriptionFlagsSUBSCRIPTION_OTHER_VLAN)}); err != nil {
			return err
		}
	}
	if g.empty() {
		return f.remove(key)
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

// otherVLANs says whether a destination is subscribed under another particular VLAN than the place's.
func (f *Filter) otherVLANs(at place) bool {
	for p := range f.groups {
		if p.at == at.at && p.vlan != at.vlan && p.vlan != AnyVLAN {
			return true
		}
	}
	return false
}

func (f *Filter) remove(key filterSubscriptionKey) error {
	if err := f.maps.subscriptions.Delete(key); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return err
	}
	return nil
}

// Subscriptions returns what is subscribed and what each brought, ordered by group, port, VLAN and source.
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
		if c := cmp.Compare(a.VLAN, b.VLAN); c != 0 {
			return c
		}
		return a.Source.Compare(b.Source)
	})
	return all, nil
}
