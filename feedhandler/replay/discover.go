package replay

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"sort"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
)

// discoverPackets bounds how much of a capture is read to find its channels: enough to see both lines of every
// channel that carries data, little enough to start soon on a day's file.
const discoverPackets = 500_000

// samplesPerLine bounds what is remembered of each destination to compare it with the others.
const samplesPerLine = 50_000

// tastes bounds how many messages of each destination are looked at to tell whether they are the feed's: a session
// framing alone does not say, since several protocols share one.
const tastes = 256

// destination is one multicast group and port of the capture and what the profile's framing makes of it.
type destination struct {
	group   uint32
	port    uint16
	packets uint64
	foreign uint64
	tasted  int // messages looked at
	strange int // of those: of unknown type, or shorter than their type
	repeats int // messages of a service that repeats itself
	live    int // messages of the sequenced feed
	first   int // order of appearance
	channel uint32
	session uint64
	samples map[place]uint64 // hash of the first message at a place in the sequence
}

type place struct{ session, seq uint64 }

// Discover finds the channels of one feed in a capture: two destinations that carry the same messages at the same
// sequence numbers are lines A and B of one channel. The profile's sample groups name lines where they match; else the
// lower address is A. Channels of services that repeat themselves (snapshots, definitions) are left out beside a live
// feed, since their books are those of the live channel again: notes say so.
func Discover(src capture.Source, profile config.Profile) (list []config.Channel, notes []string, err error) {
	feed := venue.Find(profile.Feed)
	if feed == nil {
		return nil, nil, fmt.Errorf("profile %s: no decoder reads feed %q", profile.Name, profile.Feed)
	}
	found, seen, err := survey(src, feed)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 {
		return nil, nil, nothingFound(profile, seen)
	}
	found, notes = leaveOutRepeats(found)
	return channels(group(found), profile), notes, nil
}

// leaveOutRepeats drops destinations that carry nothing but repeated services, unless there is nothing else.
func leaveOutRepeats(found []*destination) (live []*destination, notes []string) {
	for _, dst := range found {
		if dst.repeats > 0 && dst.live == 0 {
			notes = append(notes, fmt.Sprintf("%s:%d carries snapshots or definitions only and is left out; name it in a configuration to read it",
				config.AddrString(dst.group), dst.port))
		} else {
			live = append(live, dst)
		}
	}
	if len(live) == 0 {
		return found, nil
	}
	return live, notes
}

// survey reads the front of a capture and keeps the destinations that speak the feed's framing.
func survey(src capture.Source, feed *venue.Feed) ([]*destination, map[string]int, error) {
	split := feed.NewFraming()
	decoder := feed.NewDecoder(venue.Options{MaxInstruments: 16})
	byAddr := map[uint64]*destination{}
	seen := map[string]int{}
	seed := maphash.MakeSeed()
	var pkt capture.Packet
	var d feedhandler.Datagram
	var h framing.Header
	var spans []framing.Span
	for n := 0; n < discoverPackets; n++ {
		if err := src.Next(&pkt); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, err
		}
		if fault := feedhandler.ParseFrame(pkt.Data, false, &d); fault != feedhandler.WireOK {
			seen[fault.String()]++
			continue
		}
		key := uint64(d.Dst)<<16 | uint64(d.DstPort)
		dst := byAddr[key]
		if dst == nil {
			dst = &destination{group: d.Dst, port: d.DstPort, first: len(byAddr), samples: map[place]uint64{}}
			byAddr[key] = dst
		}
		if fault := split.Header(d.Payload, &h); fault != framing.FaultNone {
			dst.foreign++
			seen[fault.String()]++
			continue
		}
		dst.channel = h.Channel
		if len(dst.samples) >= samplesPerLine {
			dst.packets++
			continue
		}
		var fault framing.Fault
		spans, fault = split.Split(spans[:0], d.Payload, &h)
		if len(spans) == 0 && fault != framing.FaultNone {
			dst.foreign++
			seen[fault.String()]++
			continue
		}
		dst.packets++
		if fault == framing.FaultCutShort || len(spans) == 0 {
			continue
		}
		s := spans[0]
		if feed.Repeats != nil {
			if repeated, told := feed.Repeats(d.Payload[s.Off : int(s.Off)+int(s.Len)]); repeated {
				dst.repeats++
			} else if told {
				dst.live++
			}
		}
		if dst.tasted < tastes {
			dst.tasted++
			if in := decoder.Inspect(d.Payload[s.Off : int(s.Off)+int(s.Len)]); in.Unknown || in.Truncated {
				dst.strange++
				seen["unknown_message"]++
			}
		}
		if h.Kind != framing.Data {
			continue
		}
		dst.session = h.Session
		dst.samples[place{h.Session, h.Seq}] = maphash.Bytes(seed, d.Payload[s.Off:int(s.Off)+int(s.Len)])
	}
	var list []*destination
	for _, dst := range byAddr {
		if dst.packets > dst.foreign && 2*dst.strange <= dst.tasted {
			list = append(list, dst)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].first < list[j].first })
	return list, seen, nil
}

// group puts destinations with the same messages together.
func group(list []*destination) [][]*destination {
	var groups [][]*destination
next:
	for _, dst := range list {
		for i, g := range groups {
			if sameChannel(g[0], dst) {
				groups[i] = append(g, dst)
				continue next
			}
		}
		groups = append(groups, []*destination{dst})
	}
	return groups
}

// sameChannel compares what two destinations carried at the same places. Lines may pack messages differently, so
// only places where both began a packet can be compared; a few differences are allowed for garbage.
func sameChannel(a, b *destination) bool {
	if len(b.samples) < len(a.samples) {
		a, b = b, a
	}
	same, different := 0, 0
	for at, hash := range a.samples {
		if other, ok := b.samples[at]; ok {
			if hash == other {
				same++
			} else {
				different++
			}
		}
	}
	return same > 0 && same > 10*different
}

func channels(groups [][]*destination, profile config.Profile) []config.Channel {
	hints := map[uint64]string{}
	for _, l := range profile.Lines {
		if g, err := config.Addr(l.Group); err == nil {
			hints[uint64(g)<<16|uint64(l.Port)] = l.Name
		}
	}
	var list []config.Channel
	for _, g := range groups {
		sort.SliceStable(g, func(i, j int) bool {
			hi, hj := hints[uint64(g[i].group)<<16|uint64(g[i].port)], hints[uint64(g[j].group)<<16|uint64(g[j].port)]
			if (hi != "") != (hj != "") {
				return hi != ""
			}
			if hi != hj {
				return hi < hj
			}
			if g[i].group != g[j].group {
				return g[i].group < g[j].group
			}
			return g[i].port < g[j].port
		})
		if len(g) > 8 {
			g = g[:8]
		}
		ch := config.Channel{Name: profile.Name, Profile: profile.Name}
		for i, dst := range g {
			ch.Lines = append(ch.Lines, config.Line{Name: string(rune('A' + i)), Group: config.AddrString(dst.group), Port: dst.port, VLAN: config.AnyVLAN})
		}
		list = append(list, ch)
	}
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i].Lines[0], list[j].Lines[0]
		if a.Group != b.Group {
			return a.Group < b.Group
		}
		return a.Port < b.Port
	})
	if len(list) > 1 {
		for i := range list {
			l := list[i].Lines[0]
			list[i].Name = fmt.Sprintf("%s/%s:%d", profile.Name, l.Group, l.Port)
			list[i].ChannelID = uint8(i)
		}
	}
	return list
}

// nothingFound says what the capture held instead.
func nothingFound(profile config.Profile, seen map[string]int) error {
	if len(seen) == 0 {
		return errors.New("there are no packets in the capture")
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return seen[names[i]] > seen[names[j]] })
	what := ""
	for _, name := range names {
		what += fmt.Sprintf(", %s %d", name, seen[name])
	}
	return fmt.Errorf("the capture does not carry %s (profile %s); found instead: %s; 'wirebook profiles' lists what can be read", profile.Title, profile.Name, what[2:])
}
