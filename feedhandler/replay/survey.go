package replay

import (
	"hash/crc32"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
)

const (
	// tastes bounds how many messages of each destination are looked at to tell whether they are the feed's: a session
	// framing alone does not say, since several protocols share one.
	tastes = 256
	// recentPackets is how far back, in packets of all destinations, a packet finds its copy.
	recentPackets = 1 << 18
	// mostDestinations bounds what is told apart; a capture of a whole exchange's feeds has hundreds.
	mostDestinations = 1 << 16
)

// destination is one multicast group and port of the capture and what the feed's framing makes of it.
type destination struct {
	group   uint32
	port    uint16
	index   int // order of appearance
	packets uint64
	foreign uint64
	tasted  int // messages looked at
	strange int // of those: of unknown type, or shorter than their type
	repeats int // messages of a service that repeats itself
	defines int // of those, definitions
	live    int // messages of the sequenced feed
	sights  sights
	content uint64 // of the newest packet
}

// isFeed says whether most of what came is the feed.
func (d *destination) isFeed() bool { return d.packets > d.foreign && 2*d.strange <= d.tasted }

// survey looks at packets to tell which destinations carry a feed, and which of them the same. It reads a capture of any
// length in memory that does not grow with it: of every destination it keeps a sample that is spread over all of it, and
// of the newest packets of all, what they carried. Two lines that run side by side for long share samples, two that meet
// for nine packets at the end meet in the newest.
type survey struct {
	feed    *venue.Feed
	split   venue.Framing
	decoder venue.Decoder
	spans   []framing.Span

	list   []*destination
	byAddr map[uint64]*destination
	newest *destination // the destination of the packet before
	recent []recentPacket
	met    map[pair]int // how often two destinations brought the same within recentPackets

	wire    [feedhandler.WireFaultCount]int
	framing [framing.FaultCount]int
	unread  map[string]int // frames of which what is around them is not read, or is another protocol, by what it is
	unknown int            // messages of no known type
	headers int            // frames behind a switch's header that nobody took off
	beyond  int            // packets of destinations beyond mostDestinations
}

// castagnoli's sum is one instruction for eight bytes, and the same in every run.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type recentPacket struct {
	print uint64
	dst   *destination
}

type pair struct{ a, b *destination }

func pairOf(a, b *destination) pair {
	if a.index > b.index {
		a, b = b, a
	}
	return pair{a, b}
}

func newSurvey(feed *venue.Feed) *survey {
	return &survey{
		feed: feed, split: feed.NewFraming(), decoder: feed.NewDecoder(venue.Options{MaxInstruments: 16}),
		byAddr: map[uint64]*destination{}, recent: make([]recentPacket, recentPackets), met: map[pair]int{}, unread: map[string]int{},
	}
}

// add looks at one packet.
func (s *survey) add(pkt *capture.Packet) {
	var d feedhandler.Datagram
	whole, wireFault := feedhandler.ParseCutFrame(pkt.Data, pkt.WireLen, &d)
	if fault := wireFault; fault != feedhandler.WireOK {
		if pkt.Unread != "" {
			s.unread[pkt.Unread]++
		} else {
			s.wire[fault]++
		}
		if fault == feedhandler.WireNotIPv4 && len(pkt.Data) > 14 && pkt.Data[12] == 0xd2 && pkt.Data[13] == 0x8b {
			s.headers++
		}
		return
	}
	dst := s.destination(d.Dst, d.DstPort)
	if dst == nil {
		s.beyond++
		return
	}
	var h framing.Header
	fault := s.split.Header(d.Payload, &h)
	if fault == framing.FaultNone {
		s.spans, fault = s.split.Split(s.spans[:0], d.Payload, &h)
		if len(s.spans) > 0 || !whole {
			fault = framing.FaultNone // what is whole of it is the feed's
		}
	}
	if fault != framing.FaultNone {
		dst.foreign++
		s.foreign(fault, d.Payload)
		return
	}
	dst.packets++
	if len(s.spans) == 0 {
		return
	}
	msg := d.Payload[s.spans[0].Off : int(s.spans[0].Off)+int(s.spans[0].Len)]
	s.taste(dst, msg)
	if h.Kind == framing.Data {
		s.compare(dst, h.Session, h.Seq, uint64(crc32.Checksum(msg, castagnoli)), pkt.Recv().NS)
	}
}

// foreign counts a payload that is not the feed's, by the name of what it is where the framing knows it.
func (s *survey) foreign(fault framing.Fault, payload []byte) {
	if f, ok := s.split.(interface{ Foreign([]byte) string }); ok && fault == framing.FaultForeign {
		if name := f.Foreign(payload); name != "" {
			s.unread[name]++
			return
		}
	}
	s.framing[fault]++
}

func (s *survey) destination(group uint32, port uint16) *destination {
	if d := s.newest; d != nil && d.group == group && d.port == port {
		return d
	}
	key := uint64(group)<<16 | uint64(port)
	dst := s.byAddr[key]
	if dst == nil {
		if len(s.list) == mostDestinations {
			return nil
		}
		dst = &destination{group: group, port: port, index: len(s.list)}
		s.byAddr[key] = dst
		s.list = append(s.list, dst)
	}
	s.newest = dst
	return dst
}

// taste looks at what the first message of a packet is.
func (s *survey) taste(dst *destination, msg []byte) {
	if s.feed.Repeats != nil {
		if repeated, told := s.feed.Repeats(msg); repeated {
			dst.repeats++
			if s.feed.Defines != nil && s.feed.Defines(msg) {
				dst.defines++
			}
		} else if told {
			dst.live++
		}
	}
	if dst.tasted < tastes {
		dst.tasted++
		if in := s.decoder.Inspect(msg); in.Unknown || in.Truncated {
			dst.strange++
			s.unknown++
		}
	}
}

// compare enters what came first in a packet at a place of the sequence.
func (s *survey) compare(dst *destination, session, seq, content, ns uint64) {
	if content == dst.content {
		return // a heartbeat among the messages: the same at every place, and on every channel
	}
	dst.content = content
	at := place{session, seq}
	hash := at.hash()
	print := hash ^ content
	r := &s.recent[print%recentPackets]
	if r.print == print && r.dst != nil && r.dst != dst {
		s.met[pairOf(r.dst, dst)]++
	}
	r.print, r.dst = print, dst
	dst.sights.add(at, hash, sight{ns, content})
}

// same says whether two destinations carry one channel. Lines may pack messages differently, so only places where both
// began a packet can be compared; a few differences are allowed for garbage.
func (s *survey) same(a, b *destination) bool {
	same, different := a.sights.compare(&b.sights)
	same += s.met[pairOf(a, b)]
	return same > 0 && same > 10*different
}
