package bpf

import (
	"net/netip"
	"strings"
	"testing"
)

// TestSubscriptionsChange adds and removes subscriptions by any source and by source under a running program.
func TestSubscriptionsChange(t *testing.T) {
	b := newBench(t, filterProgFilterNone, 0)
	any, one, two := Subscription{Group: groupA, ID: 1}, Subscription{Group: groupA, Source: sender1, ID: 2}, Subscription{Group: groupA, Source: sender2, ID: 3}
	from := func(src netip.Addr) int { // the ID a packet of src comes with, or -1
		_, meta, _ := b.run(nil, packet{source: src}.bytes())
		if m, ok := TakeMeta(meta); ok {
			return int(m.ID)
		}
		return -1
	}
	third := netip.MustParseAddr("10.1.2.5")
	for i, step := range []struct {
		do                func(Subscription) error
		s                 Subscription
		one, two, another int
	}{
		{b.f.Subscribe, one, 2, -1, -1},
		{b.f.Subscribe, any, 2, 1, 1},
		{b.f.Subscribe, two, 2, 3, 1},
		{b.f.Unsubscribe, any, 2, 3, -1},
		{b.f.Unsubscribe, one, -1, 3, -1},
		{b.f.Subscribe, any, 1, 3, 1},
		{b.f.Unsubscribe, two, 1, 1, 1},
		{b.f.Unsubscribe, any, -1, -1, -1},
	} {
		if err := step.do(step.s); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		if a, c, d := from(sender1), from(sender2), from(third); a != step.one || c != step.two || d != step.another {
			t.Fatalf("step %d (%s): IDs %d %d %d, want %d %d %d", i, step.s, a, c, d, step.one, step.two, step.another)
		}
	}
	if subs, err := b.f.Subscriptions(); err != nil || len(subs) != 0 {
		t.Errorf("left over: %v, %v", subs, err)
	}
	if len(b.f.freeSlots) != 8 {
		t.Errorf("%d slots free, want all 8", len(b.f.freeSlots))
	}
	if n := entries(t, b.f); n != 0 {
		t.Errorf("%d entries left in the map", n)
	}
}

// TestVLANsChange adds and removes the VLANs of one group under a running program.
func TestVLANsChange(t *testing.T) {
	b := newBench(t, filterProgFilterNone, 0)
	plain, ten, any := Subscription{Group: groupA, ID: 1}, Subscription{Group: groupA, VLAN: 10, ID: 2}, Subscription{Group: groupA, VLAN: AnyVLAN, ID: 3}
	tenFrom := Subscription{Group: groupA, VLAN: 10, Source: sender2, ID: 4}
	anyFrom := Subscription{Group: groupA, VLAN: AnyVLAN, Source: sender2, ID: 5}
	const other, nobody = -1, -2
	id := func(p packet) int {
		before := b.counters()
		_, meta, _ := b.run(nil, p.bytes())
		after := b.counters()
		if m, ok := TakeMeta(meta); ok {
			return int(m.ID)
		}
		if after[OtherVLAN] > before[OtherVLAN] {
			return other
		}
		return nobody
	}
	for i, step := range []struct {
		do                       func(Subscription) error
		s                        Subscription
		untagged, tagged, eleven int
	}{
		{b.f.Subscribe, ten, other, 2, other},
		{b.f.Subscribe, any, 3, 2, 3},
		{b.f.Unsubscribe, ten, 3, 3, 3},
		{b.f.Subscribe, plain, 1, 3, 3},
		{b.f.Unsubscribe, any, 1, other, other},
		{b.f.Subscribe, ten, 1, 2, other},
		{b.f.Subscribe, tenFrom, 1, 2, other},
		{b.f.Unsubscribe, ten, 1, nobody, other},
		{b.f.Subscribe, anyFrom, 1, nobody, nobody},
		{b.f.Unsubscribe, plain, nobody, nobody, nobody},
		{b.f.Unsubscribe, tenFrom, nobody, nobody, nobody},
		{b.f.Subscribe, ten, nobody, 2, nobody},
		{b.f.Unsubscribe, anyFrom, other, 2, other},
		{b.f.Unsubscribe, ten, nobody, nobody, nobody},
	} {
		if err := step.do(step.s); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		tag := []uint16{0x8100}
		got := [3]int{id(packet{}), id(packet{vlans: tag, tci: []uint16{10}}), id(packet{vlans: tag, tci: []uint16{11}})}
		if got != [3]int{step.untagged, step.tagged, step.eleven} {
			t.Fatalf("step %d (%s): %v, want %d %d %d", i, step.s, got, step.untagged, step.tagged, step.eleven)
		}
	}
	if n := entries(t, b.f); n != 0 || len(b.f.groups) != 0 || len(b.f.freeSlots) != 8 {
		t.Errorf("%d entries, %d groups left, %d slots free", n, len(b.f.groups), len(b.f.freeSlots))
	}
	if err := b.f.Subscribe(Subscription{Group: groupA, VLAN: 4095}); err == nil || !strings.Contains(err.Error(), "at most 4094") {
		t.Error(err)
	}
}

// TestSendersOfSeveralVLANs: one sender's datagrams are wanted under any VLAN, another's under one, of the same group. Each gets
// its own, as the core's routes have it.
func TestSendersOfSeveralVLANs(t *testing.T) {
	b := newBench(t, filterProgFilterNone, 0)
	b.subscribe(Subscription{Group: groupA, VLAN: 10, Source: sender1, ID: 1})
	b.subscribe(Subscription{Group: groupA, VLAN: AnyVLAN, Source: sender2, ID: 2})
	ten, eleven := []uint16{10}, []uint16{11}
	for i, c := range []struct {
		source netip.Addr
		tci    []uint16
		want   Counter
		id     uint16
	}{
		{sender1, ten, Redirected, 1}, {sender2, ten, Redirected, 2},
		{sender1, eleven, OtherSource, 0}, {sender2, eleven, Redirected, 2},
		{sender1, nil, OtherSource, 0}, {sender2, nil, Redirected, 2},
	} {
		p := packet{source: c.source, tci: c.tci}
		if c.tci != nil {
			p.vlans = []uint16{0x8100}
		}
		before := b.counters()
		_, meta, _ := b.run(nil, p.bytes())
		after := b.counters()
		m, _ := TakeMeta(meta)
		if m.ID != c.id || after[c.want] != before[c.want]+1 {
			t.Errorf("%d: from %s under %v: ID %d, want %d, counted as %s", i, c.source, c.tci, m.ID, c.id, c.want)
		}
	}
}

func entries(tb testing.TB, f *Filter) int {
	var k filterSubscriptionKey
	var v filterSubscription
	n := 0
	it := f.maps.subscriptions.Iterate()
	for it.Next(&k, &v) {
		n++
	}
	if err := it.Err(); err != nil {
		tb.Fatal(err)
	}
	return n
}

// TestSubscriptionCounters: each counts its own, and a slot used again starts at 0.
func TestSubscriptionCounters(t *testing.T) {
	b := newBench(t, filterProgFilterNone, 0)
	b.subscribe(Subscription{Group: groupA, ID: 5})
	b.subscribe(Subscription{Group: groupB, ID: 5})
	size := uint64(len(packet{payload: 40}.bytes()))
	for range 3 {
		b.run(nil, packet{payload: 40}.bytes())
	}
	b.run(nil, packet{payload: 40, group: groupB}.bytes())
	check := func(want ...uint64) {
		t.Helper()
		subs, err := b.f.Subscriptions()
		if err != nil || len(subs) != len(want) {
			t.Fatalf("%v, %v; want %d subscriptions", subs, err, len(want))
		}
		for i, w := range want {
			if subs[i].Packets != w || subs[i].Bytes != w*size {
				t.Errorf("%s: %d packets, %d bytes; want %d and %d", subs[i].Subscription, subs[i].Packets, subs[i].Bytes, w, w*size)
			}
		}
	}
	check(3, 1)
	for _, do := range []func(Subscription) error{b.f.Unsubscribe, b.f.Subscribe} {
		if err := do(Subscription{Group: groupA}); err != nil {
			t.Fatal(err)
		}
	}
	check(0, 1)
}

// TestSubscribeRefuses: each refusal names the subscription and the rule, and changes nothing.
func TestSubscribeRefuses(t *testing.T) {
	b := newBench(t, filterProgFilterNone)
	b.subscribe(Subscription{Group: groupA})
	b.subscribe(Subscription{Group: groupA, Source: sender1})
	for _, c := range []struct {
		do   func(Subscription) error
		s    Subscription
		want string
	}{
		{b.f.Subscribe, Subscription{Group: groupA, ID: 3}, "already subscribed"},
		{b.f.Subscribe, Subscription{Group: groupA, Source: sender1}, "from 10.1.2.3: already subscribed"},
		{b.f.Subscribe, Subscription{}, "must be an IPv4 address"},
		{b.f.Subscribe, Subscription{Group: netip.MustParseAddrPort("[ff02::1]:5")}, "must be an IPv4 address"},
		{b.f.Subscribe, Subscription{Group: netip.MustParseAddrPort("239.0.0.1:0")}, "must not be 0"},
		{b.f.Subscribe, Subscription{Group: groupB, Source: netip.MustParseAddr("::1")}, "source must be an IPv4"},
		{b.f.Unsubscribe, Subscription{Group: groupB}, "not subscribed"},
		{b.f.Unsubscribe, Subscription{Group: groupA, Source: sender2}, "not subscribed"},
	} {
		if err := c.do(c.s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.s, err, c.want)
		}
	}
	for port := range uint16(6) {
		b.subscribe(Subscription{Group: netip.AddrPortFrom(groupA.Addr(), 100+port), Source: sender1})
	}
	err := b.f.Subscribe(Subscription{Group: groupB})
	if err == nil || !strings.Contains(err.Error(), "holds 8 subscriptions already; raise Options.MaxSubscriptions") {
		t.Errorf("the ninth of 8: %v", err)
	}
}
