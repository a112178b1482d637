package capture

import (
	"encoding/binary"
	"io"
	"time"
)

// BinaryFILE is how Nasdaq publishes a day of ITCH: message after message, each behind a 2-byte big-endian length; a
// length of 0 ends the day. There are no packets in it, so this reader makes some: consecutive messages become
// MoldUDP64 datagrams on one fixed group, numbered from 1, and at the end comes an end-of-session packet.
//
// A datagram closes when the next message would make it too long, too many, or has another time (or one later than the
// first by more than the span that was asked for). Its time is that of its last message: without a span every message is
// received when it happened, not earlier and not later.
//
// What stands behind a length of 0 is read on and told: files of several days are joined, and days are padded with zeros.
const (
	binSession   = "BINARYFILE"
	binMaxBytes  = 1400          // of MoldUDP64 payload
	binMostBytes = maxUDPPayload // a single message may take a whole datagram
	itchTimeAt   = 5             // 48 bits of ns since midnight, in every ITCH 5.0 message
	itchTimeEnd  = itchTimeAt + 6
	itchEventAt  = 11 // of a system event: the event's code
	moldEnd      = 0xffff
	moldMost     = 0xfffe
)

type binState uint8

const (
	binMessages binState = iota
	binNext              // a session ended and another follows: its end-of-session packet is to come
	binRenew             // that packet was given: the other session begins
	binEnd               // the messages ended well: the end-of-session packet is to come
	binDone
)

type binReader struct {
	file
	frame      *moldFrame
	session    string
	nth, part  int // which BinaryFILE of the input, which session of the file
	seq        uint64
	date       time.Time
	midnightNS uint64
	timeNS     uint64 // of the last message
	dayNS      uint64 // its time of day
	maxBytes   int
	maxCount   int
	spanNS     uint64
	soup       bool // records are SoupBinTCP packets
	head       int  // bytes in front of the message in hand
	state      binState
}

func newBinaryFILE(f file, o *Options, nth int) *binReader {
	r := &binReader{file: f, nth: nth, seq: 1, maxBytes: o.MaxBytes, maxCount: o.MaxMessages, spanNS: o.MaxSpanNS}
	if r.session = o.Session; r.session == "" {
		r.session = binSession
	}
	r.frame = newMoldFrame(sessionOf(r.session, nth))
	if r.maxBytes <= 0 {
		r.maxBytes = binMaxBytes
	}
	r.maxBytes = min(r.maxBytes, binMostBytes)
	if r.maxCount <= 0 || r.maxCount > moldMost {
		r.maxCount = moldMost
	}
	date, known := tradingDate(o.Date, f.name)
	r.date, r.midnightNS = date, midnightNewYork(date)
	r.timeNS = r.midnightNS
	r.detail = "trading date " + date.Format("2006-01-02")
	if r.soup = looksSoup(r.w.peek(peekBytes)); r.soup {
		r.detail += ", records of SoupBinTCP"
	}
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
	case binNext, binEnd:
		r.state++
		r.frame.start()
		r.give(p, r.w.offset(), moldEnd)
		return nil
	case binRenew:
		r.renew()
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
		ns := r.timeOf(msg)
		if count == 0 {
			firstNS = ns
		} else if r.frame.room(r.maxBytes) < 2+len(msg) || ns != firstNS && (r.spanNS == 0 || ns > firstNS && ns-firstNS > r.spanNS) {
			break
		}
		r.frame.add(msg)
		r.w.pos += r.head + len(msg)
		r.take(msg, ns)
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

// timeOf is a message's time in UTC, or that of the one before where it has none.
func (r *binReader) timeOf(msg []byte) uint64 {
	if len(msg) < itchTimeEnd {
		return r.timeNS
	}
	t := timeOfDay(msg)
	if t+halfDayNS < r.dayNS { // the session went on after midnight
		return midnightNewYork(r.date.AddDate(0, 0, 1)) + t
	}
	return r.midnightNS + t
}

// take makes a message the last one.
func (r *binReader) take(msg []byte, ns uint64) {
	r.timeNS = ns
	if len(msg) < itchTimeEnd {
		return
	}
	t := timeOfDay(msg)
	if t+halfDayNS < r.dayNS {
		r.date = r.date.AddDate(0, 0, 1)
		r.midnightNS = midnightNewYork(r.date)
	}
	r.dayNS = t
}

const halfDayNS = 12 * 3600 * 1_000_000_000

func timeOfDay(msg []byte) uint64 {
	return uint64(binary.BigEndian.Uint16(msg[itchTimeAt:]))<<32 | uint64(binary.BigEndian.Uint32(msg[itchTimeAt+2:]))
}

// renew begins another session of the same file.
func (r *binReader) renew() {
	r.part++
	r.frame.session(sessionOf(r.session, r.nth+100*r.part))
	r.seq, r.dayNS, r.state = 1, 0, binMessages
}

// message looks at the next message. Not ok ends the file or the session; the state says whether well.
func (r *binReader) message() ([]byte, bool) {
	for !r.ended && r.state == binMessages {
		if !r.w.fill(2) {
			if _ = r.ran("length", 2); r.troubles[CutShort] == 0 {
				r.state = binEnd
			}
			return nil, false
		}
		n := int(binary.BigEndian.Uint16(r.w.buf[r.w.pos:]))
		switch {
		case n == 0:
			r.zero()
			continue
		case n > binMostBytes-moldHeader-2:
			_ = r.end(AbsurdLength, "message claims %d bytes, more than a datagram holds", n)
			return nil, false
		case !r.w.fill(2 + n):
			_ = r.ran("last message", 2+n)
			return nil, false
		}
		record := r.w.buf[r.w.pos+2 : r.w.pos+2+n]
		if !r.soup {
			r.head = 2
			return record, true
		}
		if record[0] == 'S' && n > 1 {
			r.head = 3
			return record[1:], true
		}
		r.notData(record)
		r.w.pos += 2 + n
	}
	return nil, false
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
