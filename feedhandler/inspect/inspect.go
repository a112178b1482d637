package inspect

import (
	"encoding/binary"
	"strings"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// Message is one message of one packet.
type Message struct {
	Packet           int64 // from 1, in the order of the input
	TS               uint64
	Src, Dst         uint32
	SrcPort, DstPort uint16
	Session          string // padding taken off
	Seq              uint64
	TsSend           uint64 // the venue's send time, UTC ns; 0 where its header has none
	layout.Inspected
	// Problem names what is wrong with the packet as a whole; then there is no message.
	Problem string
}

// Inspector walks packets of one feed. It keeps counts of what it saw.
type Inspector struct {
	// Heartbeats shows packets that carry no message.
	Heartbeats bool
	// Only packets from From on and before Until (capture time, ns, 0: no bound) are shown.
	From, Until uint64
	// Symbols, where there are any, are the instruments whose messages are shown, and nothing but those.
	Symbols []string

	Packets, Messages, Unknown, Leftover, Problems uint64
	// Other counts frames that are not the feed's: another protocol than UDP (or TCP, for feeds that have it).
	Other uint64

	decoder venue.Decoder
	udp     venue.Framing
	tcp     venue.Framing
	spans   []framing.Span
	batch   *book.Batch // what a message does, where that is asked for
}

// New returns an inspector of a feed.
func New(feed *venue.Feed) *Inspector {
	in := &Inspector{decoder: feed.NewDecoder(venue.Options{MaxInstruments: 65536}), udp: feed.NewFraming()}
	if feed.NewTCPFraming != nil {
		in.tcp = feed.NewTCPFraming()
	}
	return in
}

// Frame shows the messages of one frame. m and what it holds are valid until the visit returns.
func (in *Inspector) Frame(number int64, ts uint64, frame []byte, visit func(m *Message) error) error {
	return in.CutFrame(number, ts, frame, len(frame), visit)
}

// CutFrame is Frame for a frame that was wireBytes long and of which the capture kept the front only: what is whole of it
// is shown, and then that it was cut short.
func (in *Inspector) CutFrame(number int64, ts uint64, frame []byte, wireBytes int, visit func(m *Message) error) error {
	if ts < in.From || in.Until != 0 && ts >= in.Until {
		in.learn(frame)
		return nil
	}
	in.Packets++
	m := Message{Packet: number, TS: ts}
	var d feedhandler.Datagram
	split := in.udp
	whole, fault := feedhandler.ParseCutFrame(frame, wireBytes, &d)
	switch {
	case fault == feedhandler.WireOK:
	case fault == feedhandler.WireNotUDP && in.tcp != nil && parseTCP(frame, &d):
		if len(d.Payload) == 0 {
			return nil
		}
		split = in.tcp
	case fault == feedhandler.WireNotIPv4 || fault == feedhandler.WireNotUDP:
		in.Other++
		return nil
	default:
		in.Problems++
		m.Problem = fault.String()
		return visit(&m)
	}
	m.Src, m.Dst, m.SrcPort, m.DstPort = d.Src, d.Dst, d.SrcPort, d.DstPort
	var h framing.Header
	if fault := split.Header(d.Payload, &h); fault != framing.FaultNone {
		in.Problems++
		m.Problem = fault.String()
		m.Leftover = d.Payload
		return visit(&m)
	}
	m.Session, m.TsSend = strings.TrimRight(split.Session(d.Payload), " \x00"), h.TsSend
	var faulty framing.Fault
	in.spans, faulty = split.Split(in.spans[:0], d.Payload, &h)
	if !whole && faulty == framing.FaultNone {
		faulty = framing.FaultCutShort
	}
	if len(in.spans) == 0 && in.Heartbeats && len(in.Symbols) == 0 {
		m.Seq, m.Name = h.Seq, "heartbeat"
		if h.Kind == framing.EndOfSession {
			m.Name = "end_of_session"
		}
		if err := visit(&m); err != nil {
			return err
		}
	}
	for _, s := range in.spans {
		m.Seq = h.Seq + uint64(s.Unit)
		msg := d.Payload[s.Off : int(s.Off)+int(s.Len)]
		m.Inspected = in.decoder.Inspect(msg)
		if len(in.Symbols) > 0 && !in.about(msg, m.Fields) {
			continue
		}
		in.Messages++
		if m.Unknown {
			in.Unknown++
		}
		if len(m.Leftover) > 0 {
			in.Leftover++
		}
		if err := visit(&m); err != nil {
			return err
		}
	}
	if faulty != framing.FaultNone {
		in.Problems++
		m.Inspected = layout.Inspected{}
		m.Problem = faulty.String()
		if !whole {
			m.Problem += " by the capture (snap length)"
		}
		end := int(h.Body) // what no message accounts for is shown too
		if n := len(in.spans); n > 0 {
			end = int(in.spans[n-1].Off) + int(in.spans[n-1].Len)
		}
		m.Leftover = d.Payload[min(end, len(d.Payload)):]
		return visit(&m)
	}
	return nil
}

// parseTCP finds the payload of a TCP segment, for replay services captured on the wire. Segments are shown one by
// one as captured; a message that spans two is reported as cut short.
func parseTCP(frame []byte, d *feedhandler.Datagram) bool {
	off := 14
	etherType := binary.BigEndian.Uint16(frame[12:14])
	for etherType != 0x0800 {
		etherType = binary.BigEndian.Uint16(frame[off+2:])
		off += 4
	}
	ip := frame[off:]
	header := int(ip[0]&0x0F) * 4
	total := int(binary.BigEndian.Uint16(ip[2:4]))
	tcp := ip[header:total]
	if ip[9] != 6 || len(tcp) < 20 {
		return false
	}
	data := int(tcp[12]>>4) * 4
	if data < 20 || data > len(tcp) {
		return false
	}
	d.Src, d.Dst = binary.BigEndian.Uint32(ip[12:16]), binary.BigEndian.Uint32(ip[16:20])
	d.SrcPort, d.DstPort = binary.BigEndian.Uint16(tcp[0:2]), binary.BigEndian.Uint16(tcp[2:4])
	d.Payload = tcp[data:]
	return true
}
