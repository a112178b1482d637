package capture

import (
	"fmt"
	"strings"

	"wirebook/feedhandler/capture/decap"
)

// unwrapped takes what taps, mirror ports and tunnels put around frames off the packets of one file, and puts fragments
// together. It stands behind the switch's stamps, which lie outside of all that.
type unwrapped struct {
	Source
	name   string
	reader decap.Reader
	warn   func(Warning)
	notes  map[string]int64 // what was not read, by name
	lost   [len(fragmentNames)]uint64
	ended  bool
}

// fragmentNames are the counters of fragments that were not used, fragmentWords what is said of the first of each.
var (
	fragmentNames = [...]string{"fragment_incomplete", "fragment_overlap", "fragment_bounds", "fragment_cut", "fragment_duplicate"}
	fragmentWords = [...]string{
		"an IP datagram of which not all fragments are here: it is left out",
		"two fragments of one IP datagram claim the same bytes: the datagram is left out",
		"fragments that make no IP datagram (too long, too many, or past its end): it is left out",
		"an IP fragment of which the capture did not keep all: its datagram is left out",
		"an IP fragment that is here twice: used once",
	}
)

func newUnwrapped(s Source, name string, warn func(Warning)) *unwrapped {
	return &unwrapped{Source: s, name: name, warn: warn}
}

// Next gives the next packet as an Ethernet frame that the wire decoder reads, where it can be made one. A datagram of
// fragments comes with the time of the fragment that completed it.
func (u *unwrapped) Next(p *Packet) error {
	for {
		if err := u.Source.Next(p); err != nil {
			if !u.ended {
				u.ended = true
				u.reader.End()
				u.fragments(p.Offset)
			}
			return err
		}
		frame, outcome := u.reader.Read(uint16(p.LinkType), p.Iface, p.TS, p.Data)
		if outcome == decap.Plain {
			p.Unread = ""
			return nil
		}
		u.fragments(p.Offset)
		if outcome == decap.Held {
			continue
		}
		p.Unread = ""
		if outcome == decap.Unread {
			p.Unread = u.reader.Not.Name
			u.notRead(p)
		}
		p.WireLen = len(frame) + max(0, p.WireLen-len(p.Data))
		p.Data, p.LinkType = frame, Ethernet
		return nil
	}
}

// notRead counts a coat, and says the first of each.
func (u *unwrapped) notRead(p *Packet) {
	if u.notes == nil {
		u.notes = map[string]int64{}
	}
	not := u.reader.Not
	if u.notes[not.Name]++; u.notes[not.Name] == 1 && !not.Foreign {
		u.tell(p.Offset, NotRead, "packet %d is %s, which is not read: such frames are left out", p.Index, not.Words)
	}
}

// fragments takes over what was counted of fragments, and says the first of each.
func (u *unwrapped) fragments(offset int64) {
	c := u.reader.Fragments()
	now := [...]uint64{c.Incomplete, c.Overlap, c.Bounds, c.Cut, c.Duplicate}
	for i, n := range now {
		if n > 0 && u.lost[i] == 0 {
			u.tell(offset, FragmentLost, "%s", fragmentWords[i])
		}
	}
	u.lost = now
}

func (u *unwrapped) tell(offset int64, t Trouble, text string, args ...any) {
	if u.warn != nil {
		u.warn(Warning{File: u.name, Offset: offset, Trouble: t, Text: fmt.Sprintf(text, args...)})
	}
}

// Unused says whether a name of FileInfo.Troubles counts frames that were left out for what is around them, or that never
// came into the file.
func Unused(name string) bool {
	return strings.HasPrefix(name, NotRead.String()+"_") || strings.HasPrefix(name, "fragment_") || name == CaptureDrops.String()
}

// Files adds what was not read to the troubles.
func (u *unwrapped) Files() []FileInfo {
	files := u.Source.Files()
	for name, n := range u.notes {
		files[0].Troubles[NotRead.String()+"_"+name] = n
	}
	for i, n := range u.lost {
		if n > 0 {
			files[0].Troubles[fragmentNames[i]] = int64(n)
		}
	}
	return files
}
