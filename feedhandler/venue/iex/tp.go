package iex

import (
	"strconv"

	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// Message protocol ids of the feeds. TOPS 1.6 came with an id of its own, and samples of 1.5 made later carry that one.
const (
	ProtocolTOPS15   uint16 = 0x8002
	ProtocolTOPS     uint16 = 0x8003
	ProtocolDEEP     uint16 = 0x8004
	ProtocolDEEPPlus uint16 = 0x8005
)

// SegmentHeader is the IEX-TP outbound segment header (IEX Transport Specification 1.0, "IEX-TP header").
type SegmentHeader struct {
	Version                    layout.U8
	Reserved                   [1]byte      `wire:",bytes"`
	MessageProtocolID          layout.U16LE `wire:"message_protocol_id"`
	ChannelID                  layout.U32LE `wire:"channel_id"`
	SessionID                  layout.U32LE `wire:"session_id"`
	PayloadLength              layout.U16LE // bytes after this header
	MessageCount               layout.U16LE
	StreamOffset               layout.U64LE // bytes of the session before this payload
	FirstMessageSequenceNumber layout.U64LE
	SendTime                   layout.U64LE // ns since the UNIX epoch
}

const (
	tpVersion   = 1
	headerBytes = 40
	lengthBytes = 2 // before each message, not counting itself
)

// TP is the IEX-TP framing of one feed. Sequence units are messages; a segment without messages is a heartbeat
// whose sequence is the next to come. It is stateless.
type TP struct {
	ProtocolID uint16 // segments of another protocol are foreign; TOPS 1.5 is told under the id of 1.6 as well
}

// Header reads a segment's header into h; on a fault h stays as it was. A message count that the payload length
// cannot hold is a bad length: it would move the sequence by messages that never existed.
func (f TP) Header(payload []byte, h *framing.Header) framing.Fault {
	w := layout.View[SegmentHeader](payload)
	if w == nil {
		return framing.FaultShort
	}
	if w.Version.Get() != tpVersion || w.MessageProtocolID.Get() != f.ProtocolID && !f.alias(w) {
		return framing.FaultForeign
	}
	count := uint32(w.MessageCount.Get())
	if count*lengthBytes > uint32(w.PayloadLength.Get()) {
		return framing.FaultBadLength
	}
	kind := framing.Data
	if count == 0 {
		if w.PayloadLength.Get() != 0 || len(payload) != headerBytes {
			return framing.FaultLeftover // a heartbeat has nothing behind its header
		}
		kind = framing.Heartbeat
	}
	*h = framing.Header{
		Session:  uint64(w.SessionID.Get()),
		Seq:      w.FirstMessageSequenceNumber.Get(),
		Count:    count,
		Messages: count,
		TsSend:   w.SendTime.Get(),
		Channel:  w.ChannelID.Get(),
		Kind:     kind,
		Body:     headerBytes,
	}
	return framing.FaultNone
}

// alias says whether a segment of another protocol id is the feed's all the same.
func (f TP) alias(w *SegmentHeader) bool {
	return f.ProtocolID == ProtocolTOPS15 && w.MessageProtocolID.Get() == ProtocolTOPS
}

// protocols are the feeds by their id.
var protocols = map[uint16]string{
	ProtocolTOPS15: "iex.tops15", ProtocolTOPS: "iex.tops16", ProtocolDEEP: "iex.deep10", ProtocolDEEPPlus: "iex.deepplus10",
}

// Foreign says what a payload carries that Header calls foreign; "" where it does not know.
func (f TP) Foreign(payload []byte) string {
	w := layout.View[SegmentHeader](payload)
	if w == nil || w.Version.Get() != tpVersion || int(w.PayloadLength.Get()) != len(payload)-headerBytes {
		return ""
	}
	id := w.MessageProtocolID.Get()
	name := "IEX-TP of message protocol 0x" + strconv.FormatUint(uint64(id), 16)
	if feed := protocols[id]; feed != "" {
		name += ", which is " + feed + ","
	}
	return name
}

// Split appends the segment's messages, each from its type byte, to dst. Message count and payload length both
// bound it: a datagram shorter than either needs is cut short, bytes beyond them are left over.
func (f TP) Split(dst []framing.Span, payload []byte, _ *framing.Header) ([]framing.Span, framing.Fault) {
	w := layout.View[SegmentHeader](payload)
	if w == nil {
		return dst, framing.FaultShort
	}
	end := headerBytes + int(w.PayloadLength.Get())
	fault := framing.FaultNone
	switch {
	case end > len(payload):
		end, fault = len(payload), framing.FaultCutShort
	case end < len(payload):
		fault = framing.FaultLeftover
	}
	payload = payload[:end]
	count := w.MessageCount.Get()
	off := headerBytes
	for unit := uint16(0); unit < count; unit++ {
		if off+lengthBytes > len(payload) {
			return dst, framing.FaultCutShort
		}
		n := int(payload[off]) | int(payload[off+1])<<8
		off += lengthBytes
		if n > len(payload)-off {
			return dst, framing.FaultCutShort
		}
		dst = append(dst, framing.Span{Off: uint16(off), Len: uint16(n), Unit: uint32(unit)})
		off += n
	}
	if off < len(payload) && fault == framing.FaultNone {
		fault = framing.FaultLeftover
	}
	return dst, fault
}

// Session spells the session id in decimal, or nothing when the payload has no whole header.
func (f TP) Session(payload []byte) string {
	w := layout.View[SegmentHeader](payload)
	if w == nil {
		return ""
	}
	return strconv.FormatUint(uint64(w.SessionID.Get()), 10)
}
