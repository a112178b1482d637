package decap

// Outcome says what became of a frame.
type Outcome uint8

// Outcomes.
const (
	Plain     Outcome = iota // there was nothing to do: the frame as it came
	Unwrapped                // another frame, in the reader's memory
	Held                     // a fragment: there is nothing to hand on, or not yet
	Unread                   // a coat that is not read: Reader.Not names it; the frame as far as it could be unwrapped
)

// Reader unwraps the frames of one capture file. It belongs to one goroutine.
type Reader struct {
	// Not names the coat after Unread.
	Not *Coat

	out       []byte
	assembler assembler
	coats     coats
	walk      walk // of the frame in hand
}

// Read unwraps one frame. link is its link type as the pcap registry numbers them, iface keeps the fragments of several
// interfaces apart, ns is the capture's time, by which fragments grow old. The frame is not written to; what comes back
// is the frame itself or lives until the next call.
func (r *Reader) Read(link uint16, iface uint32, ns uint64, frame []byte) ([]byte, Outcome) {
	if link == LinkEthernet && plain(frame) {
		return frame, Plain
	}
	r.Not = nil
	w := &r.walk
	*w = walk{r: r, iface: iface, ns: ns}
	w.enter(link, frame)
	switch {
	case w.held:
		return nil, Held
	case w.not != nil:
		r.Not = w.not
		if w.changed {
			return w.frame(), Unread
		}
		return frame, Unread
	case !w.changed:
		return frame, Plain
	}
	return w.frame(), Unwrapped
}

// plain knows the frame that feeds send: no tag, no IP options, no fragment, whole, and no tunnel's port.
func plain(b []byte) bool {
	if len(b) < etherBytes+ipBytes+udpBytes {
		return false
	}
	total, length := int(be16(b[16:])), int(be16(b[38:]))
	return be16(b[12:]) == typeIPv4 && b[14] == 0x45 && be16(b[20:])&0x3fff == 0 && b[23] == protoUDP &&
		length >= udpBytes && length <= total-ipBytes && !tunnelPort(be16(b[36:]))
}

// frame writes the frame that was found into the reader's memory: addresses, at most two tags, EtherType, the rest.
func (w *walk) frame() []byte {
	out := append(w.r.out[:0], w.mac...)
	tags := w.tags[:min(w.tagged, len(w.tags))]
	for _, t := range tags {
		out = append(out, byte(t.tpid>>8), byte(t.tpid), byte(t.tci>>8), byte(t.tci))
	}
	out = append(out, byte(w.etherType>>8), byte(w.etherType))
	ip := len(out)
	out = append(out, w.b...)
	if w.total != 0 || w.udp != 0 {
		w.mend(out[ip:])
	}
	w.r.out = out
	return out
}
