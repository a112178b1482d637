package iex

import (
	"encoding/binary"

	"wirebook/feedhandler/venue/layout"
)

// Sender writes the segments of one session in order: Begin, Message for each message, End. It keeps the stream
// offset and the next sequence number between segments, as the venue does. Start NextSeq at 1.
type Sender struct {
	ProtocolID   uint16
	ChannelID    uint32
	SessionID    uint32
	StreamOffset uint64
	NextSeq      uint64

	start, count int
}

// Begin appends a segment header to dst. The caller keeps what follows within its datagram size, at most 65535
// bytes and messages.
func (s *Sender) Begin(dst []byte, sendTimeNS uint64) []byte {
	s.start, s.count = len(dst), 0
	var h SegmentHeader
	h.Version.Put(tpVersion)
	h.MessageProtocolID.Put(s.ProtocolID)
	h.ChannelID.Put(s.ChannelID)
	h.SessionID.Put(s.SessionID)
	h.StreamOffset.Put(s.StreamOffset)
	h.FirstMessageSequenceNumber.Put(s.NextSeq)
	h.SendTime.Put(sendTimeNS)
	return append(dst, layout.Bytes(&h)...)
}

// Message appends one message: its type and the bytes of its wire struct (layout.Bytes).
func (s *Sender) Message(dst []byte, messageType byte, body []byte) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(1+len(body)))
	dst = append(dst, messageType)
	s.count++
	return append(dst, body...)
}

// End completes the segment that ends dst. A segment without messages is a heartbeat.
func (s *Sender) End(dst []byte) {
	h := layout.View[SegmentHeader](dst[s.start:])
	length := len(dst) - s.start - headerBytes
	h.PayloadLength.Put(uint16(length))
	h.MessageCount.Put(uint16(s.count))
	s.StreamOffset += uint64(length)
	s.NextSeq += uint64(s.count)
}
