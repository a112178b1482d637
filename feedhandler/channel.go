package feedhandler

import (
	"errors"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
	"wirebook/ptp"
	"wirebook/shm"
)

// LineConfig is one line of a channel: where its datagrams are sent.
type LineConfig struct {
	Name     string
	Group    uint32 // destination address, big-endian integer
	Port     uint16
	Source   uint32 // 0: any sender
	VLAN     uint16 // 0: untagged; 1 to 4094; AnyVLAN
	Recovery bool
}

// Overlaps says whether a datagram may be both lines'.
func (l *LineConfig) Overlaps(other *LineConfig) bool {
	return l.Group == other.Group && l.Port == other.Port &&
		(l.Source == other.Source || l.Source == 0 || other.Source == 0) &&
		(l.VLAN == other.VLAN || l.VLAN == AnyVLAN || other.VLAN == AnyVLAN)
}

// ChannelConfig describes a sequenced stream and what is published of it.
type ChannelConfig struct {
	Name        string
	ID          uint8 // channel_id of the records
	PublisherID uint16
	Feed        *venue.Feed
	Options     venue.Options
	// Set names the channels of a pipeline that share a directory: a definition given on one holds for all of them. "": the
	// channel is alone.
	Set string
	// Shared is the set, where it has channels in other pipelines of the goroutine too. Pipeline.Enter is called there before
	// the first frame, and Leave after the last.
	Shared      *Set
	Lines       []LineConfig
	Arbitration arbitration.Config // Lines is filled in from Lines above
	Books       book.Config        // MaxInstruments is filled in from Options, TopOnly from what Output wants
	NoDigests   bool
	Output      Output
}

// wants is the set of schemas whose records are made.
func (cfg *ChannelConfig) wants() SchemaSet {
	s := cfg.Output.wanted()
	if !cfg.NoDigests && s == 0 {
		s = AllSchemas // digests prove what would have been published too
	}
	if !cfg.Feed.ByOrder {
		s &^= Schemas(shm.SchemaMBO) // trades alone would look like a market by order without orders
	}
	return s
}

// wantsDepth says whether ten levels are shown anywhere, and not only the top.
func (cfg *ChannelConfig) wantsDepth() bool {
	return cfg.wants().Has(shm.SchemaMBP10) || cfg.Output.Latest != nil
}

// burstEvents is how many decoded events wait at most before they are applied: enough to look ahead over
// cache misses, few enough to stay in the first-level cache.
const burstEvents = 256

// maxSpans is how many messages the largest datagram can have: each has at least its length.
const maxSpans = 1 << 15

// Channel is one sequenced stream: its lines, arbiter, decoder, books and output.
type Channel struct {
	pipe     *Pipeline
	index    int
	name     string
	lines    []LineConfig
	framing  venue.Framing
	decoder  venue.Decoder
	packets  venue.PacketDecoder // the same decoder, a packet at a time
	gapAware venue.GapAware      // nil where the venue has no numbering per instrument
	arb      *arbitration.Arbiter
	ready    arbitration.Ready
	header   framing.Header
	spans    []framing.Span    // empty; its room is Split's
	filled   []arbitration.Gap // scratch
	batch    *book.Batch
	visitor  bool // its set reaches beyond the pipeline

	applier
	marking

	// Messages counts messages decoded, in sequence and once each.
	Messages uint64
	// Packets counts datagrams that brought at least one new unit.
	Packets uint64
	// Framing and Decoding count faults by name; index with framing.Fault and book.Fault.
	Framing  [framing.FaultCount]uint64
	Decoding [book.FaultCount]uint64
	// Cut counts what a capture did not keep whole.
	Cut Cut
	cut [arbitration.MaxLines]cutOff

	now          uint64 // newest stamp or tick, ns
	line         int    // whose packet is in hand; -1 at a tick
	session      uint64
	sessionText  string
	sessionKnown bool
	anew         bool   // the numbering has begun again since the session was last known
	disputes     uint64 // of the arbiter's, so many flagged the books
}

// defaultInstruments is how many instruments a channel has room for where nobody says.
const defaultInstruments = 65536

// newChannel makes a channel; set is the one that it forms with others of the pipeline, or nil.
func newChannel(p *Pipeline, index int, cfg *ChannelConfig, set *Set) (*Channel, error) {
	if cfg.Feed == nil {
		return nil, errors.New("channel " + cfg.Name + ": no feed")
	}
	if cfg.Options.MaxInstruments == 0 {
		cfg.Options.MaxInstruments = defaultInstruments
	}
	visitor := cfg.Shared != nil
	if visitor {
		set = cfg.Shared
	}
	newDecoder := func() venue.Decoder { return cfg.Feed.NewDecoder(cfg.Options) }
	if set != nil {
		cfg.Options.MaxInstruments = set.dir.Max()
		newDecoder = func() venue.Decoder { return cfg.Feed.NewMember(set.dir) }
	}
	for s, ring := range cfg.Output.Rings {
		if ring != nil && ring.Schema() != shm.Schema(s) {
			return nil, errors.New("channel " + cfg.Name + ": the ring for " + shm.Schema(s).String() + " carries " + ring.Schema().String())
		}
	}
	arbCfg := cfg.Arbitration
	arbCfg.Lines = nil
	for _, l := range cfg.Lines {
		arbCfg.Lines = append(arbCfg.Lines, arbitration.LineConfig{Name: l.Name, Recovery: l.Recovery})
	}
	arb, err := arbitration.New(arbCfg)
	if err != nil {
		return nil, errors.Join(errors.New("channel "+cfg.Name), err)
	}
	bookCfg := cfg.Books
	bookCfg.MaxInstruments = cfg.Options.MaxInstruments
	bookCfg.TopOnly = !cfg.wantsDepth()
	books, err := book.New(bookCfg)
	if err != nil {
		return nil, errors.Join(errors.New("channel "+cfg.Name), err)
	}
	c := &Channel{
		line: -1, pipe: p, index: index, name: cfg.Name, lines: cfg.Lines,
		framing: cfg.Feed.NewFraming(), decoder: newDecoder(), visitor: visitor,
		arb: arb, spans: make([]framing.Span, 0, maxSpans), filled: make([]arbitration.Gap, 0, 256), batch: book.NewBatch(2 * burstEvents),
	}
	c.account = shm.Account{Channel: uint16(index), Filtered: len(cfg.Output.Only) > 0}
	c.packets = venue.Packets(c.decoder)
	c.gapAware, _ = c.decoder.(venue.GapAware)
	c.applier.init(c.decoder.Directory(), books, cfg)
	c.applier.number = uint32(index)
	if set != nil {
		c.member = set.enter()
	}
	if !visitor {
		c.dir.Follow(c.batch)
	}
	return c, nil
}

// Name returns the channel's configured name.
func (c *Channel) Name() string { return c.name }

// Lines returns the channel's lines as configured.
func (c *Channel) Lines() []LineConfig { return c.lines }

// Line returns the counters of a line, which stay in place.
func (c *Channel) Line(i int) *arbitration.LineStats { return c.arb.Line(arbitration.Line(i)) }

// Arbitration returns the channel's sequence counters.
func (c *Channel) Arbitration() arbitration.Stats { return c.arb.Stats() }

// Directory returns the channel's instruments. Read only.
func (c *Channel) Directory() *book.Directory { return c.dir }

// Books returns the channel's books. Read only.
func (c *Channel) Books() *book.Books { return c.books }

// Digest returns the running digests of a schema.
func (c *Channel) Digest(s shm.Schema) Digest { return c.digests[s].Digest }

// Session returns the running session as the venue spells it.
func (c *Channel) Session() string { return c.sessionText }

// onPayload takes one datagram of a line.
func (c *Channel) onPayload(line uint8, payload []byte, stamp ptp.Stamp) outcome {
	h := &c.header
	if fault := c.framing.Header(payload, h); fault != framing.FaultNone {
		c.Framing[fault]++
		return outcome{verdict: shm.VerdictFraming | uint8(fault)}
	}
	c.now = stamp.NS
	// Field by field: a literal is put together elsewhere and copied, and the copy waits for the stores.
	var pkt arbitration.Packet
	pkt.Session, pkt.Seq, pkt.Count, pkt.Kind = h.Session, h.Seq, h.Count, kinds[h.Kind&3]
	pkt.TsRecv, pkt.TsSend, pkt.Meta = stamp.NS, h.TsSend, uint64(receiveFlags(stamp))
	pkt.Payload = payload
	var spans []framing.Span
	switch {
	case h.Kind == framing.Unsequenced:
		c.deliver(&pkt, nil, 0, h.Count, line)
		return outcome{shm.VerdictNone, h.Count}
	case h.Kind == framing.Data && !c.arb.Known(arbitration.Line(line), &pkt):
		// Perhaps new. A datagram that is not whole would move the sequence by messages that are not there: it is dropped,
		// and the other line may bring them. A sure duplicate is not worth the look.
		var fault framing.Fault
		if spans, fault = c.framing.Split(c.spans, payload, h); fault != framing.FaultNone {
			c.Framing[fault]++
			return outcome{verdict: shm.VerdictFraming | uint8(fault)}
		}
	}
	v := c.arb.Offer(arbitration.Line(line), &pkt)
	if v.Take {
		c.deliver(&pkt, spans, v.Skip, v.Count, line)
	}
	if !c.arb.Settled() {
		c.line = int(line)
		c.drain()
		c.line = -1
	}
	return judged(v)
}

// kinds says what a sequenced datagram is for the arbiter.
var kinds = [4]arbitration.Kind{
	framing.Data: arbitration.KindData, framing.Heartbeat: arbitration.KindHeartbeat, framing.EndOfSession: arbitration.KindEndOfSession,
}

// receiveFlags is what the records of a packet say of its stamp. It waits in Packet.Meta while the packet is held.
func receiveFlags(s ptp.Stamp) uint8 {
	if s.Bad || s.Source == ptp.SourceNone {
		return shm.FlagBadTsRecv
	}
	return 0
}

// healed reports the ranges that were missed and came after all.
func (c *Channel) healed() {
	c.filled = c.arb.TakeHealed(c.filled[:0])
	for _, g := range c.filled {
		c.pipe.noteGap(GapEvent{Channel: c.index, First: g.First, Count: g.Count, Healed: true, TsRecv: c.now, Line: c.line})
	}
}

// drain takes what the arbiter has ready besides the offered packet.
func (c *Channel) drain() {
	r := &c.ready
	for c.arb.Next(r) {
		switch r.Kind {
		case arbitration.ReadyPacket:
			if c.framing.Header(r.Packet.Payload, &c.header) == framing.FaultNone {
				c.deliver(&r.Packet, nil, r.Skip, r.Count, uint8(r.Line))
			}
		case arbitration.ReadyGap:
			c.flush()
			c.takeRings()
			c.stand(max(r.Gap.First, 1)-1, c.now)
			c.lost(r.Gap.First, r.Gap.Count)
			c.openGap(nil, shm.ReasonGap)
			c.mark()
			if c.gapAware != nil {
				c.gapAware.OnGap()
			}
			c.pipe.noteGap(GapEvent{Channel: c.index, First: r.Gap.First, Count: r.Gap.Count, TsRecv: c.now, Line: -1})
		case arbitration.ReadySession, arbitration.ReadyReset:
			c.flush()
			c.takeRings()
			c.restart(r.Packet.Seq, c.now, true, shm.ReasonJoined)
			c.mark()
			c.decoder.Reset()
			c.forget()
			c.session, c.sessionKnown, c.anew, c.begun = r.Packet.Session, false, true, false
		}
	}
	if c.arb.HasHealed() {
		c.healed()
	}
}

// deliver decodes count units of a datagram after the first skip. c.header describes the datagram, spans its messages, if
// they were looked for.
func (c *Channel) deliver(pkt *arbitration.Packet, spans []framing.Span, skip, count uint32, line uint8) {
	h := &c.header
	if !c.sessionKnown {
		c.nameSession(pkt.Payload)
	}
	if h.Kind == framing.Data {
		if !c.begun {
			c.beginSession(h, skip, pkt.TsRecv)
		}
		c.cover(h, skip, count, pkt.TsRecv)
	}
	if len(spans) == 0 {
		// A packet that was held, or carries nothing: faults were counted when it came.
		spans, _ = c.framing.Split(c.spans, pkt.Payload, h)
	}
	if skip != 0 || count != h.Count {
		spans = within(spans, skip, count)
	}
	c.Packets++
	c.Messages += uint64(len(spans))
	p := c.batch.NextPacket()
	p.TsRecv, p.TsSend, p.Seq, p.Flags, p.Line = pkt.TsRecv, h.TsSend, h.Seq, uint8(pkt.Meta), line
	c.packets.DecodePacket(c.batch, pkt.Payload, spans, h.Seq, &c.Decoding)
	if len(c.batch.Events) >= burstEvents || len(c.batch.Packets) >= burstEvents {
		c.applyBatch()
	}
}

// nameSession learns from its first packet what the venue calls the session that has begun, or that goes on after a fault of the
// channel's own. A venue may begin its numbers again without another name: so many times it did are part of their positions.
func (c *Channel) nameSession(payload []byte) {
	text := c.framing.Session(payload)
	if c.anew {
		c.resets = c.streaming && text == c.stream.Session
	}
	switch {
	case c.anew && c.resets:
		c.enterStream(text, c.stream.Resets+1)
	case !c.streaming || text != c.stream.Session:
		c.enterStream(text, 0)
	}
	c.sessionText, c.sessionKnown, c.anew = text, true, false
}

// Stream is what the positions of the running session's records have in common.
func (c *Channel) Stream() shm.Stream { return c.stream }

// within are the spans of count units after the first skip.
func within(spans []framing.Span, skip, count uint32) []framing.Span {
	for len(spans) > 0 && spans[0].Unit < skip {
		spans = spans[1:]
	}
	for len(spans) > 0 && spans[len(spans)-1].Unit-skip >= count {
		spans = spans[:len(spans)-1]
	}
	return spans
}

func (c *Channel) applyBatch() {
	c.takeRings()
	if c.enters {
		c.enterSession()
		c.entered()
	}
	if c.standing.silent {
		c.standing.silent = false
		c.stand(c.taken(), c.now)
		c.settle(nil, false)
	}
	c.applying = true
	c.applier.apply(c.batch)
	c.applying = false
	c.batch.Reset()
	c.mark()
}

// holds says whether anything waits for the end of the burst.
func (c *Channel) holds() bool { return len(c.batch.Packets) > 0 || len(c.batch.Changes) > 0 }

func (c *Channel) flush() {
	if c.holds() {
		c.applyBatch()
	} else if c.out.Marks != nil && c.out.Marks.Moved(&c.account) {
		c.mark()
	}
	c.out.flush()
}

// onTick says whether the tick can have changed anything but the time.
func (c *Channel) onTick(nowNS uint64) (changed bool) {
	c.now = max(c.now, nowNS)
	changed = c.arb.Tick(nowNS)
	c.drain()
	if tenth := c.now / 100_000_000; tenth != c.standing.tenth {
		c.standing.tenth = tenth
		changed = c.watch() || changed
	}
	if n := c.arb.Disputes(); n != c.disputes {
		changed = true
		c.disputes = n
		c.flush()
		c.takeRings()
		c.stand(c.taken(), c.now)
		c.openGap(nil, shm.ReasonDisputed) // whichever line is right, the books may be the other's
		c.mark()
		c.pipe.noteGap(GapEvent{Channel: c.index, Disputed: true, TsRecv: c.now})
	}
	return changed
}

func (c *Channel) end() {
	c.endCut()
	c.arb.Flush()
	c.drain()
	c.flush()
}

// Faults returns everything the channel counted as wrong, by name; zero counts are left out. Cold: it allocates.
func (c *Channel) Faults() map[string]uint64 {
	m := map[string]uint64{}
	note := func(name string, n uint64) {
		if n > 0 {
			m[name] = n
		}
	}
	for f := framing.Fault(1); f < framing.FaultCount; f++ {
		note("framing_"+f.String(), c.Framing[f])
	}
	for f := book.Fault(1); f < book.FaultCount; f++ {
		note("decode_"+f.String(), c.Decoding[f])
	}
	anomalies := c.books.Anomalies()
	for a := book.Anomaly(1); a < book.AnomalyCount; a++ {
		note("book_"+a.String(), anomalies[a])
	}
	note("cut_by_capture", c.Cut.Units-c.Cut.Whole)
	note("size_saturated", c.Saturated)
	arb := c.arb.Stats()
	note("window_overflow", arb.Overflows)
	note("suspect_forgotten", arb.Forgotten)
	return m
}
