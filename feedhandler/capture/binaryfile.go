package capture

import (
	"encoding/binary"
	"io"
)

// BinaryFILE is how Nasdaq publishes a day of ITCH: message after message, each behind a 2-byte big-endian length; a
// length of 0 ends the file. There are no packets in it, so this reader makes some: consecutive messages become
// MoldUDP64 datagrams on one fixed group, numbered from 1, and at the end comes an end-of-session packet.
//
// A datagram closes when the next message would make it too long, too many, or is later than its first one by more than
// the span; its time is that of its last message, so that no message is received before it happened.
const (
	binSession   = "BINARYFILE"
	binMaxBytes  = 1400 // of MoldUDP64 payload
	binSpanNS    = 100_000
	binMostBytes = maxUDPPayload // a single message may take a whole datagram
	itchTimeAt   = 5             // 48 bits of ns since midnight, in every ITCH 5.0 message
	itchTimeEnd  = itchTimeAt + 6
	moldEnd      = 0xffff
	moldMost     = 0xfffe
)

type binState uint8

const (
	binMessages binState = iota
	binEnd               // the messages ended well: the end-of-session packet is to come
	binDone
)

type binReader struct {
	file
	frame      *moldFrame
	seq        uint64
	midnightNS uint64
	timeNS     uint64 // of the last message
	maxBytes   int
	maxCount   int
	spanNS     uint64
	state      binState
}

func newBinaryFILE(f file, o *Options, nth int) *binReader {
	r := &binReader{file: f, seq: 1, maxBytes: o.MaxBytes, maxCount: o.MaxMessages, spanNS: o.MaxSpanNS}
	session := o.Session
	if session == "" {
		session = binSession
	}
	r.frame = newMoldFrame(sessionOf(session, nth))
	if r.maxBytes <= 0 {
		r.maxBytes = binMaxBytes
	}
	r.maxBytes = min(r.maxBytes, binMostBytes)
	if r.maxCount <= 0 || r.maxCount > moldMost {
		r.maxCount = moldMost
	}
	if r.spanNS == 0 {
		r.spanNS = binSpanNS
	}
	date, known := tradingDate(o.Date, f.name)
	r.midnightNS = midnightNewYork(date)
	r.timeNS = r.midnightNS
	r.detail = "trading date " + date.Format("2006-01-02")
	if !known && r.note(NoDate) {
		r.tell(NoDate, "no trading date in the name or the options: times are those of 1970-01-01")
	}
	return r
}

// sessionOf keeps the sessions of several files apart, which all number from 1: the second becomes BINARYF002.
func sessionOf(name string, nth int) (s [10]byte) {
	copy(s[:], "          ")
	copy(s[:], name)
	if nth > 0 {
		n := nth + 1
		for i := 9; i >= 7; i-- {
			s[i] = byte('0' + n%10)
			n /= 10
		}
	}
	return s
}

// Next gives the next datagram.
func (r *binReader) Next(p *Packet) error {
	switch r.state {
	case binEnd:
		r.state = binDone
		r.frame.start()
		r.give(p, r.w.offset(), moldEnd)
		return nil
	case binDone:
		return io.EOF
	}
	if r.ended {
		r.state = binDone
		return io.EOF
	}
	r.frame.start()
	count, firstNS, at := 0, uint64(0), r.w.offset()
	for count < r.maxCount {
		msg, ok := r.message()
		if !ok {
			break
		}
		ns := r.timeNS
		if len(msg) >= itchTimeEnd {
			ns = r.midnightNS + uint64(binary.BigEndian.Uint16(msg[itchTimeAt:]))<<32 + uint64(binary.BigEndian.Uint32(msg[itchTimeAt+2:]))
		}
		if count == 0 {
			firstNS = ns
		} else if r.frame.room(r.maxBytes) < 2+len(msg) || ns > firstNS && ns-firstNS > r.spanNS {
			break
		}
		r.frame.add(msg)
		r.w.pos += 2 + len(msg)
		r.timeNS = ns
		count++
	}
	if count == 0 {
		if r.state == binMessages {
			r.state = binDone
		}
		return r.Next(p)
	}
	r.give(p, at, count)
	r.seq += uint64(count)
	return nil
}

// message looks at the next message. Not ok ends the file; the state says whether well.
func (r *binReader) message() ([]byte, bool) {
	if r.ended || r.state != binMessages {
		return nil, false
	}
	if !r.w.fill(2) {
		if _ = r.ran("length", 2); r.troubles[CutShort] == 0 {
			r.state = binEnd
		}
		return nil, false
	}
	n := int(binary.BigEndian.Uint16(r.w.buf[r.w.pos:]))
	switch {
	case n == 0:
		r.w.pos += 2
		r.state, r.ended = binEnd, true
		return nil, false
	case n > binMostBytes-moldHeader-2:
		_ = r.end(AbsurdLength, "message claims %d bytes, more than a datagram holds", n)
		return nil, false
	case !r.w.fill(2 + n):
		_ = r.ran("last message", 2+n)
		return nil, false
	}
	return r.w.buf[r.w.pos+2 : r.w.pos+2+n], true
}

// give hands out the datagram that was gathered, or with moldEnd the end-of-session packet.
func (r *binReader) give(p *Packet, at int64, count int) {
	if r.timeNS < r.lastTS {
		r.oddities(0, 0, r.timeNS)
	}
	data := r.frame.finish(r.seq, uint16(count))
	*p = Packet{
		Data: data, TS: r.timeNS, WireLen: len(data), Offset: at, Index: r.index, File: r.number,
		LinkType: Ethernet, StampSource: captureSource(r.timeNS),
	}
	r.index++
	r.lastTS = r.timeNS
}
