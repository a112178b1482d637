package sim

import "wirebook/feedhandler/venue/framing"

// Datagram is one UDP payload as the venue sends it.
type Datagram struct {
	TimeNS   uint64 // venue time it leaves, UTC ns; never falls
	Seq      uint64 // sequence of its first unit
	Count    uint32 // units: messages, or 1 where the venue numbers packets; 0 for a heartbeat without a number
	Messages uint32
	Kind     framing.Kind
	Payload  []byte // borrowed until the next call of Next
}

// packer gathers messages into datagrams. A datagram is closed when the next message does not fit or comes too late,
// and then waits in pkts[:closed]; pkts[closed] is the open one. Buffers are kept.
type packer struct {
	framer
	limit   int    // payload bytes
	waitNS  uint64 // how long a datagram stays open
	pkts    []packet
	closed  int
	read    int
	isOpen  bool
	total   uint64 // messages
	lastSeq uint64 // last unit of the newest closed datagram
	sentNS  uint64 // time of the newest closed datagram
}

// framer is a session framing. open appends the header; finish completes it and sets seq and count.
type framer interface {
	open(p *packet)
	finish(p *packet)
}

type packet struct {
	buf      []byte
	firstNS  uint64
	lastNS   uint64
	seq      uint64
	count    uint32
	messages uint32
	kind     framing.Kind
}

func newPacker(cfg *Config, f framer) packer {
	return packer{framer: f, limit: cfg.PayloadBytes, waitNS: cfg.PackNS}
}

// room returns a datagram with space for size more bytes at time now. The caller appends and calls added.
func (p *packer) room(size int, now uint64) *packet {
	if p.isOpen {
		k := &p.pkts[p.closed]
		if len(k.buf)+size <= p.limit && now-k.firstNS <= p.waitNS {
			k.lastNS = now
			return k
		}
		p.flush()
	}
	return p.start(framing.Data, now)
}

func (p *packer) start(kind framing.Kind, now uint64) *packet {
	if p.closed == len(p.pkts) {
		p.pkts = append(p.pkts, packet{buf: make([]byte, 0, p.limit+64)})
	}
	k := &p.pkts[p.closed]
	*k = packet{buf: k.buf[:0], firstNS: now, lastNS: now, kind: kind}
	p.open(k)
	p.isOpen = true
	return k
}

// added counts a message appended to k.
func (p *packer) added(k *packet) {
	k.messages++
	p.total++
}

// flush closes the open datagram, if any.
func (p *packer) flush() {
	if !p.isOpen {
		return
	}
	p.isOpen = false
	k := &p.pkts[p.closed]
	if k.messages == 0 && k.kind == framing.Data {
		return // opened for an action that this feed does not tell
	}
	p.finish(k)
	p.sentNS = k.lastNS
	if k.count > 0 {
		p.lastSeq = k.seq + uint64(k.count) - 1
	}
	p.closed++
}

// expire closes the open datagram when an event at now would come too late for it.
func (p *packer) expire(now uint64) {
	if p.isOpen && now-p.pkts[p.closed].firstNS > p.waitNS {
		p.flush()
	}
}

// special makes a datagram without messages.
func (p *packer) special(kind framing.Kind, now uint64) {
	p.flush()
	p.start(kind, now)
	p.flush()
}

// next hands out the oldest closed datagram; false when none waits.
func (p *packer) next(d *Datagram) bool {
	if p.read == p.closed {
		if p.isOpen && p.closed > 0 {
			p.pkts[0], p.pkts[p.closed] = p.pkts[p.closed], p.pkts[0]
		}
		p.read, p.closed = 0, 0
		return false
	}
	k := &p.pkts[p.read]
	p.read++
	*d = Datagram{TimeNS: k.lastNS, Seq: k.seq, Count: k.count, Messages: k.messages, Kind: k.kind, Payload: k.buf}
	return true
}

// seq is the sequence of the last unit made, the open datagram's included.
func (p *packer) seq() uint64 {
	if !p.isOpen || p.pkts[p.closed].messages == 0 {
		return p.lastSeq
	}
	k := &p.pkts[p.closed]
	if k.count != 0 { // the datagram is the unit
		return k.seq
	}
	return k.seq + uint64(k.messages) - 1
}
