package book

// Batch collects the events of one or more datagrams in order. It is owned by one channel,
// allocated once and reused: Reset keeps the memory.
//
// The channel sets Seq and begins packets; a decoder appends with Add and the side tables' Add methods.
type Batch struct {
	Events      []Event
	Packets     []Packet
	Statuses    []Status
	Imbalances  []Imbalance
	Statistics  []Statistic
	Definitions []Definition
	// Changes are what entries of the directory became meanwhile, in the order of their At.
	Changes []InstrumentChange

	// Seq is the sequence number of the message being decoded; Add copies its low half into the event.
	Seq uint64
}

// NewBatch returns a batch with room for about events events; it grows when a packet needs more and then keeps the room.
func NewBatch(events int) *Batch {
	return &Batch{
		Events:      make([]Event, 0, events),
		Packets:     make([]Packet, 0, 256),
		Statuses:    make([]Status, 0, 64),
		Imbalances:  make([]Imbalance, 0, 64),
		Statistics:  make([]Statistic, 0, 64),
		Definitions: make([]Definition, 0, 16),
	}
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.Events = b.Events[:0]
	b.Packets = b.Packets[:0]
	b.Statuses = b.Statuses[:0]
	b.Imbalances = b.Imbalances[:0]
	b.Statistics = b.Statistics[:0]
	b.Definitions = b.Definitions[:0]
	b.Changes = b.Changes[:0]
}

// change notes what an entry of the directory became. What changed with no event between is one change.
func (b *Batch) change(idx uint32, to *Instrument) {
	if n := len(b.Changes); n > 0 && b.Changes[n-1].Index == idx && b.Changes[n-1].At == len(b.Events) {
		b.Changes[n-1].Instrument = *to
		return
	}
	b.Changes = append(b.Changes, InstrumentChange{At: len(b.Events), Index: idx, Instrument: *to})
}

// BeginPacket makes p the packet of the events that follow.
func (b *Batch) BeginPacket(p Packet) { *b.NextPacket() = p }

// NextPacket begins a packet for the caller to write: all of it, since it holds what was there before.
func (b *Batch) NextPacket() *Packet {
	n := len(b.Packets)
	if n == cap(b.Packets) {
		b.growPackets()
	}
	b.Packets = b.Packets[:n+1]
	return &b.Packets[n]
}

func (b *Batch) growPackets() { b.Packets = append(b.Packets, Packet{})[:len(b.Packets)] }

// Packet returns the packet being decoded.
func (b *Batch) Packet() *Packet { return &b.Packets[len(b.Packets)-1] }

// Add appends a zeroed event of kind k with Seq and Packet set, and returns it for the caller to fill.
// The pointer is valid until the next Add. Price starts at 0 and Side at 0: set what the kind uses.
func (b *Batch) Add(k Kind) *Event {
	n := len(b.Events)
	if n == cap(b.Events) {
		b.grow()
	}
	b.Events = b.Events[:n+1]
	e := &b.Events[n]
	*e = Event{Kind: k, Seq: uint32(b.Seq), Packet: b.Last()}
	return e
}

// Room returns the room there is for events, for the caller to write: every field of them, since they hold what was there
// before. They belong to the batch once Took says so. Add makes room where there is none.
func (b *Batch) Room() []Event { return b.Events[len(b.Events):cap(b.Events)] }

// Took appends the first n events of Room.
func (b *Batch) Took(n int) { b.Events = b.Events[:len(b.Events)+n] }

// Last is the index of the packet being decoded, as its events have it.
func (b *Batch) Last() uint16 { return uint16(len(b.Packets) - 1) }

func (b *Batch) grow() {
	bigger := make([]Event, len(b.Events), 2*cap(b.Events)+64)
	copy(bigger, b.Events)
	b.Events = bigger
}

// AddStatus appends a KindStatus event and its body. The IsX fields start as '~' (not told).
func (b *Batch) AddStatus() (*Event, *Status) {
	e := b.Add(KindStatus)
	e.Aux = uint32(len(b.Statuses))
	b.Statuses = append(b.Statuses, Status{IsTrading: '~', IsQuoting: '~', IsShortSellRestrict: '~'})
	return e, &b.Statuses[e.Aux]
}

// AddImbalance appends a KindImbalance event and its body with every field absent.
func (b *Batch) AddImbalance() (*Event, *Imbalance) {
	e := b.Add(KindImbalance)
	e.Aux = uint32(len(b.Imbalances))
	b.Imbalances = append(b.Imbalances, Imbalance{
		RefPrice: UndefPrice, AuctionTime: UndefTime, ContBookClrPrice: UndefPrice, AuctInterestClrPrice: UndefPrice,
		SSRFillingPrice: UndefPrice, IndMatchPrice: UndefPrice, UpperCollar: UndefPrice, LowerCollar: UndefPrice,
		PairedQty: UndefQty, TotalImbalanceQty: UndefQty, MarketImbalanceQty: UndefQty, UnpairedQty: UndefQty,
		AuctionType: '~', Side: NoSide, UnpairedSide: NoSide, SignificantImbalance: '~',
	})
	return e, &b.Imbalances[e.Aux]
}

// AddStatistic appends a KindStatistic event and its body: update action new, price and quantity absent.
func (b *Batch) AddStatistic() (*Event, *Statistic) {
	e := b.Add(KindStatistic)
	e.Aux = uint32(len(b.Statistics))
	b.Statistics = append(b.Statistics, Statistic{TsRef: UndefTime, Price: UndefPrice, Quantity: 1<<63 - 1, UpdateAction: 1})
	return e, &b.Statistics[e.Aux]
}

// AddDefinition appends a KindDefinition event and its body at DBN null values.
func (b *Batch) AddDefinition() (*Event, *Definition) {
	e := b.Add(KindDefinition)
	e.Aux = uint32(len(b.Definitions))
	b.Definitions = append(b.Definitions, NewDefinition())
	return e, &b.Definitions[e.Aux]
}

// Lost appends that a message which could not be decoded may have changed the books of an instrument, or of any where
// instrument is 0. It is dated as the event before it.
func (b *Batch) Lost(instrument uint32) {
	var ts uint64
	if n := len(b.Events); n > 0 {
		ts = b.Events[n-1].TsEvent
	}
	e := b.Add(KindStale)
	e.Instrument, e.TsEvent = instrument, ts
}

// Fault is why a decoder could not use a message. Faults are counted by name, never raised.
type Fault uint8

// Faults of decoding.
const (
	FaultNone          Fault = iota
	FaultTruncated           // shorter than its type's layout
	FaultUnknownType         // no such message type
	FaultUnknownSchema       // a schema or protocol id this decoder does not read
	FaultBadValue            // a field outside what the specification allows
	FaultBadGroup            // a repeating group that runs past its message
	FaultDirectoryFull       // more instruments than configured
	FaultTooLong             // longer than its type's layout, where the specification does not let messages grow
	FaultCount
)

var faultNames = [FaultCount]string{
	"none", "truncated", "unknown_type", "unknown_schema", "bad_value", "bad_group", "directory_full", "too_long",
}

// String returns the counter's name.
func (f Fault) String() string {
	if f < FaultCount {
		return faultNames[f]
	}
	return "fault"
}
