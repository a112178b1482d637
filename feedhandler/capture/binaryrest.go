package capture

import (
	"bytes"
	"encoding/binary"
	"io"
)

// zero decides what a length of 0 means: the end where nothing but zeros follows; another day or more of the same where
// messages do, which is told; else the end, with the bytes that are left.
func (r *binReader) zero() {
	at := r.w.offset()
	if !r.passZeros() {
		if err := r.w.err; err != nil && err != io.EOF {
			_ = r.ran("length", 2)
			return
		}
		r.state, r.ended = binEnd, true
		return
	}
	const enough = 4096
	next := r.w.peek(enough)
	switch whole := len(next) < enough; {
	case !looksBinaryFILE(next, whole) && !looksSoup(next):
		for r.w.pos = len(r.w.buf); r.w.fill(1); r.w.pos = len(r.w.buf) {
		}
		_ = r.endAt(at, ZeroLength, "a length of 0, and %d bytes from it on that are no messages", r.w.offset()-at)
		r.state = binEnd
	case startsDay(next):
		r.state = binNext
		if r.note(ZeroLength) {
			r.tellAt(at, ZeroLength, "a length of 0, and behind it another day: read on as a session of its own; its date is not known and taken to be %s", r.date.Format("2006-01-02"))
		}
	default:
		if r.note(ZeroLength) {
			r.tellAt(at, ZeroLength, "a length of 0, and more messages behind it: read on")
		}
	}
}

// passZeros goes to the message behind a run of zeros, and says whether there is one. The length of a message begins with
// a zero itself, so the run may be of any number.
func (r *binReader) passZeros() bool {
	first := true
	for {
		b := r.w.buf[r.w.pos:]
		from := 0
		if first {
			from = 2
		}
		if len(b) > from {
			if i := bytes.IndexFunc(b[from:], func(c rune) bool { return c != 0 }); i >= 0 {
				at := from + i
				if at > from {
					at-- // the length's own zero
				}
				r.w.pos += at
				return true
			}
		}
		r.w.pos = max(r.w.pos+from, len(r.w.buf)-1) // one zero may be a length's
		first = false
		if !r.w.fill(2) {
			r.w.pos = len(r.w.buf)
			return false
		}
	}
}

// startsDay says whether messages begin with the system event that opens a day.
func startsDay(b []byte) bool {
	if len(b) > 3 && b[2] == 'S' && b[3] == 'S' { // in a SoupBinTCP packet
		b = b[1:]
	}
	return len(b) > 2+itchEventAt && b[2] == 'S' && b[2+itchEventAt] == 'O'
}

// notData passes a SoupBinTCP packet without a message of the day.
func (r *binReader) notData(record []byte) {
	switch record[0] {
	case 'H', '+', 'A', 'Z', 'S', 'R', 'L', 'O': // heartbeats, debug, login and its answers, end of session
	default:
		if r.note(ForeignRecord) {
			r.tell(ForeignRecord, "SoupBinTCP packet of type %q holds no sequenced data: such packets are left out", record[0])
		}
	}
}

// looksSoup walks the first records: each is a SoupBinTCP packet of its kind's length, and one of them holds a message.
// An ITCH file that begins like this would be system events of lengths they do not have.
func looksSoup(head []byte) bool {
	const (
		enough      = 32
		systemEvent = 12
		longest     = 1024
	)
	data := 0
	for seen := 0; len(head) >= 3 && seen < enough; seen++ {
		n := int(binary.BigEndian.Uint16(head))
		if n == 0 && seen > 0 {
			break
		}
		switch kind := head[2]; {
		case kind == 'S' && n > 1 && n != systemEvent && n <= longest:
			if len(head) > 3 {
				if c := head[3] | 0x20; c < 'a' || c > 'z' {
					return false
				}
			}
			data++
		case kind == 'S' && n == 1, (kind == 'H' || kind == 'Z' || kind == 'R' || kind == 'O') && n == 1, kind == '+' && n >= 1 && n <= longest,
			kind == 'A' && n == 31, kind == 'J' && n == 2, kind == 'L' && n == 47:
		default:
			return false
		}
		if 2+n > len(head) {
			break
		}
		head = head[2+n:]
	}
	return data > 0
}
