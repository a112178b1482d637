package feedhandler

import (
	"encoding/binary"
	"errors"

	"wirebook/ptp"
	"wirebook/shm"
)

// Config describes a pipeline.
type Config struct {
	Channels []ChannelConfig
	// Checksums validates IP and UDP checksums of frames. It is for frames that nobody else has validated: what comes by
	// AF_XDP, but no datagram of a kernel socket.
	Checksums bool
	// Packets is where every input is recorded; nil: nowhere. It is shared by the pipelines of the goroutine, and Enter is called
	// before the first input.
	Packets *Packets
}

// Pipeline is the core of one worker: every channel it owns, from frames to rings. It belongs to one goroutine.
type Pipeline struct {
	// Wire counts frames by how far they came; index with WireFault. WireOK counts routed datagrams.
	Wire [WireFaultCount]uint64
	// Stamps counts routed datagrams by the source of their receive stamp.
	Stamps [ptp.SourceCount]uint64
	// Unchecked counts what was taken without a checksum that proves it, where checksums are validated.
	Unchecked Unchecked

	channels  []*Channel
	demux     *demux
	checksums bool
	gaps      []GapEvent
	gapsLost  uint64
	packets   *Packets // nil: inputs are not recorded
	unwritten unwritten
}

// GapEvent is a gap that closed: units that no line brought (Healed false), or that arrived after being missed.
type GapEvent struct {
	Channel      int
	First, Count uint64
	Healed       bool
	// Disputed: no gap, First and Count are 0. Two lines contradict each other for seconds, nobody can tell which is right, and
	// every book of the channel is flagged. It comes again as long as it lasts.
	Disputed bool
	TsRecv   uint64 // when it was declared or healed
	Line     int    // that healed it; -1 where no one line did
}

const maxGapEvents = 4096

// New builds a pipeline. Every error in cfg is reported, joined.
func New(cfg Config) (*Pipeline, error) {
	routes := 0
	for i := range cfg.Channels {
		routes += len(cfg.Channels[i].Lines)
	}
	p := &Pipeline{demux: newDemux(routes), checksums: cfg.Checksums, packets: cfg.Packets, gaps: make([]GapEvent, 0, maxGapEvents)}
	var errs []error
	sets, err := setsOf(cfg.Channels)
	if err != nil {
		return nil, err
	}
	for i := range cfg.Channels {
		cc := &cfg.Channels[i]
		ch, err := newChannel(p, i, cc, sets[i])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p.channels = append(p.channels, ch)
		for l, line := range cc.Lines {
			if !p.demux.add(&line, Route{Channel: uint16(i), Line: uint8(l)}) {
				errs = append(errs, errors.New("channel "+cc.Name+" line "+line.Name+": group, port, source and VLAN are already another line's (a line of any source leaves none to others)"))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, nil
}

// Channels returns the channels in configuration order.
func (p *Pipeline) Channels() []*Channel { return p.channels }

// OnFrame takes one Ethernet frame. The frame is borrowed until OnFrame returns.
func (p *Pipeline) OnFrame(frame []byte, stamp ptp.Stamp) {
	if p.packets != nil {
		p.packets.frame(p, frame, len(frame), stamp)
	}
	length := plainLength(frame)
	if length == 0 {
		p.onAnyFrame(frame, stamp)
		return
	}
	if p.checksums {
		if fault := p.Unchecked.checkPlain(frame, length); fault != WireOK {
			p.refuse(fault)
			return
		}
	}
	// What OnDatagram does, without a Datagram in between: that is 1 to 4 % of the path (docs/performance.md).
	h := (*[plainHead]byte)(frame)
	r, ok := p.demux.untagged(binary.BigEndian.Uint32(h[30:]), binary.BigEndian.Uint16(h[36:]), binary.BigEndian.Uint32(h[26:]))
	if !ok {
		p.refuse(p.demux.why(binary.BigEndian.Uint32(h[30:]), binary.BigEndian.Uint16(h[36:]), binary.BigEndian.Uint32(h[26:])))
		return
	}
	p.Wire[WireOK]++
	p.Stamps[stamp.Source]++
	o := p.channels[r.Channel].onPayload(r.Line, frame[plainHead:plainHead-8+length], stamp)
	if p.packets != nil {
		p.packets.taken(p, r, o)
	}
}

// refuse counts a frame that reaches no channel.
func (p *Pipeline) refuse(fault WireFault) {
	p.Wire[fault]++
	if p.packets != nil {
		p.packets.refused(fault)
	}
}

// onAnyFrame takes a frame that is not the usual one.
func (p *Pipeline) onAnyFrame(frame []byte, stamp ptp.Stamp) {
	var d Datagram
	var sums *Unchecked
	if p.checksums {
		sums = &p.Unchecked
	}
	if fault := parseAny(frame, sums, &d); fault != WireOK {
		p.refuse(fault)
		return
	}
	p.onDatagram(&d, stamp)
}

// OnDatagram takes one UDP datagram, for receivers that see no frames. d.Payload is borrowed until it returns.
func (p *Pipeline) OnDatagram(d *Datagram, stamp ptp.Stamp) {
	if p.packets != nil {
		p.packets.datagram(p, d, stamp)
	}
	p.onDatagram(d, stamp)
}

func (p *Pipeline) onDatagram(d *Datagram, stamp ptp.Stamp) {
	r, ok := p.demux.datagram(d)
	if !ok {
		p.refuse(p.demux.why(d.Dst, d.DstPort, d.Src))
		return
	}
	p.Wire[WireOK]++
	p.Stamps[stamp.Source]++
	o := p.channels[r.Channel].onPayload(r.Line, d.Payload, stamp)
	if p.packets != nil {
		p.packets.taken(p, r, o)
	}
}

// Flush ends a receive burst: everything decoded so far is applied and published, and ring cursors move.
func (p *Pipeline) Flush() {
	if p.packets != nil {
		p.packets.flush(p)
	}
	for _, c := range p.channels {
		c.flush()
	}
	if p.packets != nil {
		p.packets.Bell.Ring() // channels that publish nothing ring for nobody
	}
}

// OnTick tells the time, UTC ns, on the clock of the stamps. Gap timeouts run by it.
func (p *Pipeline) OnTick(nowNS uint64) {
	if p.packets != nil {
		p.packets.ticking(p, nowNS)
	}
	changed := false
	for _, c := range p.channels {
		changed = c.onTick(nowNS) || changed
	}
	if p.packets != nil {
		p.packets.ticked(p, changed)
	}
}

// SetLate says that the frames given now may be so many ns behind what has arrived; see arbitration.Arbiter.SetLate.
// It is an input as time is: who gives none, as a replay does, has gaps decided by the packets' time and the ticks alone.
func (p *Pipeline) SetLate(ns uint64) {
	p.unwritten.late = ns
	for _, c := range p.channels {
		c.arb.SetLate(ns)
	}
}

// Silence makes the channels publish nothing, or again what they are configured to: meanwhile books, directories and the
// latest table follow the input all the same. It comes between two frames.
func (p *Pipeline) Silence(on bool) {
	if p.packets != nil {
		p.packets.silence(p, on)
	}
	for _, c := range p.channels {
		c.flush()
		c.silence(on)
		if !on {
			c.takeRings()
			c.stand(c.taken(), c.now)
			if c.standing.begun {
				c.tell(shm.ApplianceSession, shm.ReasonNone, nil, nil, 0, 0)
				c.retell()
			}
			c.mark()
			c.out.flush()
		}
	}
}

// End is the end of the input: open gaps are declared, held packets released, everything published.
func (p *Pipeline) End() {
	if p.packets != nil {
		p.packets.event(p, shm.PacketEnd, nil)
	}
	for _, c := range p.channels {
		c.end()
	}
}

// TakeGaps appends the gaps that closed since the last call to dst. The second result counts events that found
// no room because nobody took them.
func (p *Pipeline) TakeGaps(dst []GapEvent) ([]GapEvent, uint64) {
	dst = append(dst, p.gaps...)
	p.gaps = p.gaps[:0]
	return dst, p.gapsLost
}

func (p *Pipeline) noteGap(g GapEvent) {
	if len(p.gaps) == cap(p.gaps) {
		p.gapsLost++
		return
	}
	p.gaps = append(p.gaps, g)
}

// Route finds the channel and line of a datagram, as OnDatagram does.
func (p *Pipeline) Route(d *Datagram) (Route, bool) { return p.demux.datagram(d) }
