// Package venue is the contract between the core and the exchange plug-ins, and the table of them.
package venue

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// Framing finds a datagram's place in its sequence and its messages. Implementations are stateless.
type Framing interface {
	// Header reads the session header of payload into h (all fields).
	Header(payload []byte, h *framing.Header) framing.Fault
	// Split appends the payload's messages to dst. On a fault it still gives every message that is whole.
	Split(dst []framing.Span, payload []byte, h *framing.Header) ([]framing.Span, framing.Fault)
	// Session spells the session for people.
	Session(payload []byte) string
}

// Decoder turns messages of one channel into events. It keeps only what the protocol makes it keep
// (the instrument directory, a running date) and belongs to one channel.
type Decoder interface {
	// Decode appends the events of one message to b. msg is borrowed and never written. On a fault
	// nothing of the message is appended.
	Decode(b *book.Batch, msg []byte) book.Fault
	// Concerns says what a message that Decode refused may have taken from the books: lost is false where it cannot have
	// changed one (a type the venue has added, a message about something else, one whose events say it themselves);
	// instrument is 0 where it cannot be known, and the whole channel is doubtful.
	Concerns(msg []byte, fault book.Fault) (instrument uint32, lost bool)
	// Directory is the channel's instruments; the decoder adds, the core reads.
	Directory() *book.Directory
	// Reset forgets what a new session starts without (not the directory's ids).
	Reset()
	// Inspect shows one message as the specification spells it. Cold: it may allocate.
	Inspect(msg []byte) layout.Inspected
}

// PacketDecoder is a decoder that takes the messages of a packet in one call, for feeds of many messages a microsecond.
// A Decoder has it or not: Packets gives one in either case.
type PacketDecoder interface {
	// DecodePacket appends the events of the messages that spans name in payload, as Decode would one by one with b.Seq at
	// seq plus the message's unit; what b.Seq is afterwards means nothing. Faults are counted by name.
	DecodePacket(b *book.Batch, payload []byte, spans []framing.Span, seq uint64, faults *[book.FaultCount]uint64)
}

// Packets returns the decoder's own way to take packets, and message by message where it has none.
func Packets(d Decoder) PacketDecoder {
	if p, ok := d.(PacketDecoder); ok {
		return p
	}
	gapAware, _ := d.(GapAware)
	return &oneByOne{d, gapAware}
}

// GapAware is a decoder whose venue numbers messages an instrument: it is told of gaps, and then says which instruments
// they took nothing from.
type GapAware interface{ OnGap() }

type oneByOne struct {
	decoder  Decoder
	gapAware GapAware // nil where the decoder is not
}

func (o *oneByOne) DecodePacket(b *book.Batch, payload []byte, spans []framing.Span, seq uint64, faults *[book.FaultCount]uint64) {
	for i := range spans {
		s := &spans[i]
		b.Seq = seq + uint64(s.Unit)
		msg := payload[s.Off : int(s.Off)+int(s.Len)]
		if fault := o.decoder.Decode(b, msg); fault != book.FaultNone {
			faults[fault]++
			o.refused(b, msg, fault)
		}
	}
}

// refused makes the books doubtful that a message would have changed.
func (o *oneByOne) refused(b *book.Batch, msg []byte, fault book.Fault) {
	instrument, lost := o.decoder.Concerns(msg, fault)
	if !lost {
		return
	}
	b.Lost(instrument)
	if instrument == 0 && o.gapAware != nil {
		o.gapAware.OnGap()
	}
}

// Depth says which of a channel's books the MBP schemas show.
type Depth uint8

// Depths.
const (
	ByOrder Depth = iota // aggregated from the order book
	ByLevel              // the venue sends price levels
	TopOnly              // the venue sends best bid and offer only
)

// Options are what a feed's decoder may need from configuration.
type Options struct {
	MaxInstruments int
	// SessionDate is any moment (UTC ns) of the trading date, for feeds that send times of day only;
	// 0 takes the date of the first packet.
	SessionDate uint64
}

// Feed is one line of the registry.
type Feed struct {
	Name       string // venue.feed, for example nasdaq.itch50
	Title      string // what people call it
	Spec       string // specification, version, date
	Depth      Depth
	ByOrder    bool // the feed carries orders: mbo records come out
	NewFraming func() Framing
	// NewTCPFraming reads the venue's replay service as captured on TCP; nil where there is none.
	NewTCPFraming func() Framing
	// Repeats tells of a message whether it belongs to a service that repeats itself on channels of its own (snapshots,
	// definitions), and whether it tells at all. Nil where the venue has no such channels.
	Repeats    func(msg []byte) (repeated, told bool)
	NewDecoder func(Options) Decoder
	// NewMember returns the decoder of a channel of a set: the set's channels share a directory, as definitions have a channel
	// of their own. Nil where each channel tells its instruments itself.
	NewMember func(*book.Directory) Decoder
	// Defines tells of a message whether it is a definition. Nil where NewMember is.
	Defines func(msg []byte) bool
}
