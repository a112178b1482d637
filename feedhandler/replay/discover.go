package replay

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
)

// mostLines is how many destinations one channel can have as lines.
const mostLines = 8

// Discover finds the channels of one feed in a capture, which it reads to its end: two destinations that carry the same
// messages at the same sequence numbers are lines A and B of one channel. The profile's sample groups name lines where they
// match; else the lower address is A. Channels of snapshots are left out beside a live feed, since their books are those of the
// live channel again; channels of definitions say what its instruments are. Notes say what of the feed is left out.
func Discover(src capture.Source, profile config.Profile) (list []config.Channel, notes []string, err error) {
	s, err := surveyOf(profile)
	if err != nil {
		return nil, nil, err
	}
	var pkt capture.Packet
	for {
		if err := src.Next(&pkt); errors.Is(err, io.EOF) {
			return s.channels(profile)
		} else if err != nil {
			return nil, nil, err
		}
		s.add(&pkt)
	}
}

func surveyOf(profile config.Profile) (*survey, error) {
	feed := venue.Find(profile.Feed)
	if feed == nil {
		return nil, fmt.Errorf("profile %s: no decoder reads feed %q", profile.Name, profile.Feed)
	}
	return newSurvey(feed), nil
}

// channels is what the survey comes to.
func (s *survey) channels(profile config.Profile) (list []config.Channel, notes []string, err error) {
	var found []*destination
	for _, dst := range s.list {
		switch {
		case dst.isFeed():
			found = append(found, dst)
		case dst.packets > 0:
			notes = append(notes, fmt.Sprintf("%s is left out: %s", dst, dst.doubt(profile)))
		}
	}
	if len(found) == 0 {
		return nil, notes, s.nothingFound(profile)
	}
	if s.beyond > 0 {
		notes = append(notes, fmt.Sprintf("%s %s left out: to other than the first %d groups and ports", plural(s.beyond, "packet"), be(s.beyond), mostDestinations))
	}
	found, more := leaveOutRepeats(found)
	groups := s.group(found)
	for i, g := range groups {
		byName(g, profile)
		for _, dst := range g[min(len(g), mostLines):] {
			more = append(more, fmt.Sprintf("%s is left out: it carries what %d other lines carry, and a channel has at most %d", dst, len(g)-1, mostLines))
		}
		groups[i] = g[:min(len(g), mostLines)]
	}
	return channels(groups, profile), append(notes, more...), nil
}

// String spells a destination as group and port.
func (d *destination) String() string {
	return fmt.Sprintf("%s:%d", config.AddrString(d.group), d.port)
}

// doubt says why a destination that speaks the feed's framing is not the feed.
func (d *destination) doubt(profile config.Profile) string {
	if d.packets <= d.foreign {
		return fmt.Sprintf("%d of its %s %s of another protocol than %s", d.foreign, plural(d.foreign+d.packets, "packet"), be(d.foreign), profile.Name)
	}
	return fmt.Sprintf("of the first %s of its %s, %d %s not what %s says they are", plural(d.tasted, "message"), plural(d.packets, "packet"), d.strange, be(d.strange), profile.Name)
}

// leaveOutRepeats drops destinations that carry nothing but snapshots, unless there is no live feed.
func leaveOutRepeats(found []*destination) (kept []*destination, notes []string) {
	live := false
	for _, dst := range found {
		switch {
		case dst.repeats == 0 || dst.live > 0:
			live = true
		case !dst.definesOnly():
			notes = append(notes, fmt.Sprintf("%s carries snapshots only and is left out; name it in a configuration to read it", dst))
			continue
		}
		kept = append(kept, dst)
	}
	if !live {
		return found, nil
	}
	return kept, notes
}

// definesOnly says that a destination is a feed of definitions.
func (d *destination) definesOnly() bool {
	return d.live == 0 && d.defines > 0 && d.defines == d.repeats
}

// group puts destinations with the same messages together: each with the group of which any member carries them.
func (s *survey) group(list []*destination) [][]*destination {
	var groups [][]*destination
	for _, dst := range list {
		home := -1
		for i := 0; i < len(groups); i++ {
			if !slices.ContainsFunc(groups[i], func(o *destination) bool { return s.same(o, dst) }) {
				continue
			}
			if home < 0 {
				home = i
				groups[i] = append(groups[i], dst)
				continue
			}
			groups[home] = append(groups[home], groups[i]...) // two that had nothing in common but this one
			groups = slices.Delete(groups, i, i+1)
			i--
		}
		if home < 0 {
			groups = append(groups, []*destination{dst})
		}
	}
	return groups
}

// byName sorts a channel's destinations into lines: as the profile names them, then by address.
func byName(g []*destination, profile config.Profile) {
	hints := map[uint64]string{}
	for _, l := range profile.Lines {
		if addr, err := config.Addr(l.Group); err == nil {
			hints[uint64(addr)<<16|uint64(l.Port)] = l.Name
		}
	}
	slices.SortStableFunc(g, func(a, b *destination) int {
		ha, hb := hints[uint64(a.group)<<16|uint64(a.port)], hints[uint64(b.group)<<16|uint64(b.port)]
		if (ha != "") != (hb != "") {
			return cmp.Compare(len(hb), len(ha))
		}
		return cmp.Or(cmp.Compare(ha, hb), cmp.Compare(a.group, b.group), cmp.Compare(a.port, b.port))
	})
}

// channels names the channels: those of definitions behind the others, so that these are called the same with and without.
func channels(groups [][]*destination, profile config.Profile) []config.Channel {
	var feeds, definitions [][]*destination
	for _, g := range groups {
		if g[0].definesOnly() {
			definitions = append(definitions, g)
		} else {
			feeds = append(feeds, g)
		}
	}
	list := ordered(feeds, profile)
	alone := len(list) == 1
	list = append(list, ordered(definitions, profile)...)
	if len(list) > 1 {
		for i := range list {
			l := list[i].Lines[0]
			if i > 0 || !alone {
				list[i].Name = fmt.Sprintf("%s/%s:%d", profile.Name, l.Group, l.Port)
			}
			list[i].ChannelID = uint8(i)
		}
	}
	return list
}

// ordered makes channels of groups, by address.
func ordered(groups [][]*destination, profile config.Profile) []config.Channel {
	var list []config.Channel
	for _, g := range groups {
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
	return list
}

// nothingFound says what the capture held instead.
func (s *survey) nothingFound(profile config.Profile) error {
	seen := map[string]int{}
	for f, n := range s.wire {
		seen[feedhandler.WireFault(f).String()] += n
	}
	for f, n := range s.framing {
		seen[framing.Fault(f).String()] += n
	}
	for name, n := range s.unread {
		seen[name] += n
	}
	seen["unknown_message"] += s.unknown
	var names []string
	for name, n := range seen {
		if n > 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return errors.New("there are no packets in the capture")
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(seen[b], seen[a]), cmp.Compare(a, b))
	})
	what := ""
	for _, name := range names {
		what += fmt.Sprintf(", %s %d", name, seen[name])
	}
	if s.headers > 0 {
		what += fmt.Sprintf("; %s with the header of an Arista 7280 (EtherType 0xd28b), which --trailer arista7280 takes off where its version is known", plural(s.headers, "frame"))
	}
	return fmt.Errorf("the capture does not carry %s (profile %s); found instead: %s; 'wirebook profiles' lists what can be read", profile.Title, profile.Name, what[2:])
}
