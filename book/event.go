package book

import "math"

// Price is an integer of 1e-9 currency units, as in DBN. UndefPrice means "no price".
const (
	PriceScale        = 1_000_000_000
	UndefPrice int64  = math.MaxInt64
	UndefTime  uint64 = math.MaxUint64
)

// Side is the DBN side character.
type Side uint8

// Sides of the market. For a trade it is the aggressor's side.
const (
	Ask    Side = 'A'
	Bid    Side = 'B'
	NoSide Side = 'N'
)

// Kind says what an Event does to a book. The comment of each names the fields it uses beside
// Instrument, TsEvent, Seq and Packet, which every event carries.
type Kind uint8

// Event kinds.
const (
	// KindNone changes nothing. With FlagLast it closes the venue's event for the instrument.
	KindNone Kind = iota

	// KindAdd: OrderID joins the back of the queue at Price on Side with Qty. Ref is the venue's priority, or 0.
	KindAdd
	// KindExecute: Qty of OrderID traded at the order's own price. Ref is the match (trade) id.
	KindExecute
	// KindExecuteAt: Qty of OrderID traded at Price. Ref is the match id. AttrNonPrintable: not for volume.
	KindExecuteAt
	// KindReduce: Qty is taken off OrderID; at zero it leaves.
	KindReduce
	// KindDelete: OrderID leaves the book.
	KindDelete
	// KindReplace: order Ref leaves; OrderID takes over its instrument and side, with Qty and Price, at the back.
	KindReplace
	// KindModify: OrderID now has Price and Qty (a total; 0 removes it). AttrKeepPriority keeps its place,
	// AttrPriorityByRule keeps it when the price is the same and the size not larger, else it goes to the back.
	// Side is the order's where the venue repeats it, else NoSide.
	KindModify

	// KindLevelSet: Price on Side now has Qty in all (0 removes the level) and Count orders (0: not told).
	KindLevelSet
	// KindLevelNew inserts (Price, Qty, Count) at Level (from 1) and pushes worse levels down.
	KindLevelNew
	// KindLevelChange replaces quantity and count at Level. KindLevelOverlay replaces the whole level.
	KindLevelChange
	// KindLevelOverlay replaces price, quantity and count at Level.
	KindLevelOverlay
	// KindLevelDelete removes Level and pulls worse levels up.
	KindLevelDelete
	// KindLevelDeleteThru clears the side.
	KindLevelDeleteThru
	// KindLevelDeleteFrom drops levels 1 to Level.
	KindLevelDeleteFrom

	// KindQuote: Price and Qty are the whole top of Side; UndefPrice or Qty 0: nobody there. Count orders (0: not told).
	KindQuote

	// KindTrade: Qty traded at Price, aggressor Side (or NoSide); the book is not touched. Ref is the trade id.
	KindTrade
	// KindFill: resting OrderID took part in the preceding trade with Qty at Price; no book effect. Side is the order's.
	KindFill
	// KindTradeBreak: trade Ref is void. Price and Qty where the venue repeats them.
	KindTradeBreak

	// KindClear empties the instrument's books. With FlagSnapshot a snapshot follows, and only what it brings is
	// emptied: the price levels with FlagMBP, the orders without.
	KindClear
	// KindClearAll empties every book of the channel.
	KindClearAll

	// KindStatus, KindImbalance, KindStatistic, KindDefinition: Aux indexes the batch's table of that name. A definition
	// that tells how many price levels the venue keeps has them in Level, and the implied ones in Count.
	KindStatus
	// KindImbalance: see KindStatus.
	KindImbalance
	// KindStatistic: see KindStatus.
	KindStatistic
	// KindDefinition: see KindStatus.
	KindDefinition

	// KindRebuilt: a snapshot is complete and its book can be trusted again: the price levels with FlagMBP, the orders
	// without.
	KindRebuilt
	// KindStale: the venue's per-instrument numbering shows a loss, or a message could not be decoded: the books cannot be
	// trusted until they are rebuilt. Instrument 0 says so of the whole channel.
	KindStale
	// KindUnaffected: the venue's per-instrument numbering shows that the last gaps took nothing of this instrument:
	// what was whole before them is whole. With FlagMBP that is said of the price levels only.
	KindUnaffected

	KindCount
)

// Flags of an Event: the DBN bits a decoder may set. Receive-clock bits are the core's business.
const (
	FlagLast     uint8 = 0x80 // the venue's event is complete for this instrument
	FlagTOB      uint8 = 0x40 // top of book only
	FlagSnapshot uint8 = 0x20 // comes from a snapshot
	FlagMBP      uint8 = 0x10 // aggregated by price
)

// Attributes of an Event that have no DBN bit.
const (
	AttrKeepPriority   uint8 = 0x01
	AttrPriorityByRule uint8 = 0x02
	AttrImplied        uint8 = 0x04 // implied level, kept apart from the outright book
	AttrNonPrintable   uint8 = 0x08
	AttrHidden         uint8 = 0x10 // execution against non-displayed interest
	AttrCross          uint8 = 0x20 // auction or cross
	AttrMissing        uint8 = 0x40 // KindStale: by the venue's numbering something is missing, as against not decoded
)

// Event is one effect of one venue message: 64 bytes, no pointers. Quantities are the venue's
// units; prices 1e-9; times UTC ns since the UNIX epoch (UndefTime where the venue gives none).
type Event struct {
	TsEvent    uint64
	OrderID    uint64
	Price      int64
	Ref        uint64
	Qty        uint64
	Instrument uint32 // index into the channel's Directory; 0 is the channel as a whole
	Seq        uint32 // low half of the venue's sequence number of the message (or packet)
	Count      uint32 // orders at the level; 0 where not told
	Aux        uint32 // index into a side table of the Batch
	Kind       Kind
	Side       Side
	Flags      uint8
	Attr       uint8
	Level      uint8 // 1-based position for positional level kinds
	_          uint8
	Packet     uint16 // index into Batch.Packets
}

// Packet is what every event of one datagram shares.
type Packet struct {
	TsRecv uint64 // UTC ns
	TsSend uint64 // the venue's send time, UTC ns; 0 where the framing has none
	Seq    uint64 // sequence of the first message
	Flags  uint8  // DBN receive flags to set on every record (BAD_TS_RECV)
	Line   uint8
}

// Status is the body of a DBN status record after ts_recv.
type Status struct {
	Action, Reason, TradingEvent              uint16
	IsTrading, IsQuoting, IsShortSellRestrict uint8 // 'Y', 'N' or '~'
}

// Imbalance is the body of a DBN imbalance record after ts_recv. Absent prices are UndefPrice,
// absent quantities UndefQty, an absent time UndefTime. Quantities saturate at UndefQty-1 when published.
type Imbalance struct {
	RefPrice                                                               int64
	AuctionTime                                                            uint64
	ContBookClrPrice, AuctInterestClrPrice, SSRFillingPrice, IndMatchPrice int64
	UpperCollar, LowerCollar                                               int64
	PairedQty, TotalImbalanceQty, MarketImbalanceQty, UnpairedQty          uint64
	AuctionType                                                            uint8
	Side                                                                   Side
	AuctionStatus, FreezeStatus, NumExtensions                             uint8
	UnpairedSide                                                           Side
	SignificantImbalance                                                   uint8
}

// UndefQty marks a quantity the venue did not give.
const UndefQty uint64 = math.MaxUint64

// Statistic is the body of a DBN statistics record. Type is DBN's stat_type.
type Statistic struct {
	TsRef        uint64
	Price        int64 // UndefPrice where the statistic is a quantity
	Quantity     int64 // math.MaxInt64 where the statistic is a price
	Type         uint16
	UpdateAction uint8 // 1 new, 2 delete
	StatFlags    uint8
}

// Definition holds what venues say about an instrument. Fields a venue lacks keep DBN's null value
// (NewDefinition sets them). Text is NUL padded.
type Definition struct {
	MinPriceIncrement, DisplayFactor                 int64
	Expiration, Activation                           uint64
	HighLimitPrice, LowLimitPrice, MaxPriceVariation int64
	UnitOfMeasureQty, MinPriceIncrementAmount        int64
	PriceRatio, StrikePrice                          int64
	RawInstrumentID                                  uint64
	InstAttribValue                                  int32
	UnderlyingID                                     uint32
	MarketDepthImplied, MarketDepth                  int32
	MarketSegmentID                                  uint32
	MaxTradeVol                                      uint32
	MinLotSize, MinLotSizeBlock, MinLotSizeRoundLot  int32
	MinTradeVol                                      uint32
	ContractMultiplier, DecayQuantity                int32
	OriginalContractSize                             int32
	ApplID                                           int16
	MaturityYear, DecayStartDate                     uint16
	ChannelID                                        uint16
	Currency, SettlCurrency                          [4]byte
	SecSubType                                       [6]byte
	RawSymbol                                        [71]byte
	Group                                            [21]byte
	Exchange                                         [5]byte
	Asset                                            [11]byte
	CFI                                              [7]byte
	SecurityType                                     [7]byte
	UnitOfMeasure                                    [31]byte
	Underlying                                       [21]byte
	StrikePriceCurrency                              [4]byte
	InstrumentClass, MatchAlgorithm                  uint8
	MainFraction, PriceDisplayFormat, SubFraction    uint8
	UnderlyingProduct                                uint8
	SecurityUpdateAction                             uint8 // 'A', 'M', 'D'
	MaturityMonth, MaturityDay, MaturityWeek         uint8
	UserDefinedInstrument                            uint8
	ContractMultiplierUnit, FlowScheduleType         int8
	TickRule                                         uint8
}

// NewDefinition returns a Definition with every field at its DBN null value.
func NewDefinition() Definition {
	return Definition{
		MinPriceIncrement: UndefPrice, DisplayFactor: UndefPrice,
		Expiration: UndefTime, Activation: UndefTime,
		HighLimitPrice: UndefPrice, LowLimitPrice: UndefPrice, MaxPriceVariation: UndefPrice,
		UnitOfMeasureQty: UndefPrice, MinPriceIncrementAmount: UndefPrice,
		PriceRatio: UndefPrice, StrikePrice: UndefPrice,
		InstAttribValue: math.MaxInt32, MarketDepthImplied: math.MaxInt32, MarketDepth: math.MaxInt32,
		MarketSegmentID: math.MaxUint32, MaxTradeVol: math.MaxUint32,
		MinLotSize: math.MaxInt32, MinLotSizeBlock: math.MaxInt32, MinLotSizeRoundLot: math.MaxInt32,
		MinTradeVol: math.MaxUint32, ContractMultiplier: math.MaxInt32, DecayQuantity: math.MaxInt32,
		OriginalContractSize: math.MaxInt32, ApplID: math.MaxInt16, MaturityYear: math.MaxUint16,
		DecayStartDate: math.MaxUint16, MatchAlgorithm: ' ', MainFraction: math.MaxUint8,
		PriceDisplayFormat: math.MaxUint8, SubFraction: math.MaxUint8, UnderlyingProduct: math.MaxUint8,
		SecurityUpdateAction: 'A', MaturityMonth: math.MaxUint8, MaturityDay: math.MaxUint8,
		MaturityWeek: math.MaxUint8, UserDefinedInstrument: 'N', ContractMultiplierUnit: math.MaxInt8,
		FlowScheduleType: math.MaxInt8, TickRule: math.MaxUint8,
	}
}
