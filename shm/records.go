package shm

import (
	"math"
	"structs"
)

// Null values of DBN: what a field holds when the venue did not say.
const (
	UndefPrice     int64  = math.MaxInt64
	UndefOrderSize uint32 = math.MaxUint32
	UndefTimestamp uint64 = math.MaxUint64
	UndefStatQty   int64  = math.MaxInt64
)

// Record types: RecordHeader.RType.
const (
	RTypeTrade      uint8 = 0x00
	RTypeMBP1       uint8 = 0x01
	RTypeMBP10      uint8 = 0x0A
	RTypeStatus     uint8 = 0x12
	RTypeDefinition uint8 = 0x13
	RTypeImbalance  uint8 = 0x14
	RTypeStatistics uint8 = 0x18
	RTypeMBO        uint8 = 0xA0
	RTypeAppliance  uint8 = 0xF0 // ours: Appliance
)

// Sizes of the bodies in bytes, header included.
const (
	SizeHeader     = 16
	SizeMBO        = 56
	SizeTrade      = 48
	SizeLevel      = 32
	SizeMBP1       = 80
	SizeMBP10      = 368
	SizeStatus     = 40
	SizeImbalance  = 112
	SizeStatistics = 80
	SizeDefinition = 520
	SizeMark       = 56
	SizeAppliance  = 64
	SizeMaxBody    = SizeDefinition
)

// Flags of a record.
const (
	FlagLast         uint8 = 0x80 // last record of the event for the instrument
	FlagTOB          uint8 = 0x40 // top of book only
	FlagSnapshot     uint8 = 0x20 // from a snapshot
	FlagMBP          uint8 = 0x10 // aggregated by price
	FlagBadTsRecv    uint8 = 0x08 // ts_recv does not come from a trusted clock
	FlagMaybeBadBook uint8 = 0x04 // an unrecovered gap touches the instrument
)

// Actions of a record.
const (
	ActionAdd    uint8 = 'A'
	ActionCancel uint8 = 'C' // part or whole
	ActionModify uint8 = 'M'
	ActionClear  uint8 = 'R'
	ActionTrade  uint8 = 'T' // the aggressor's side of a trade: no book effect
	ActionFill   uint8 = 'F' // the resting order's side of a trade: no book effect
	ActionNone   uint8 = 'N'
)

// Sides of a record.
const (
	SideAsk  uint8 = 'A'
	SideBid  uint8 = 'B'
	SideNone uint8 = 'N'
)

// The structs below are the bodies of DBN version 3, byte for byte: little-endian, 8-aligned, no
// implicit padding. Prices are int64 of 1e-9, times uint64 ns since the UNIX epoch in UTC.
// Source: the public DBN specification (github.com/databento/dbn), version 3.

// RecordHeader starts every body.
//
//	0      1     2            4             8               16
//	|length|rtype|publisher_id|instrument_id|ts_event       |
type RecordHeader struct {
	_            structs.HostLayout
	Length       uint8 // whole body in 4-byte words
	RType        uint8
	PublisherID  uint16
	InstrumentID uint32
	TsEvent      uint64 // the venue's time
}

// MBO is one event of one order: 56 bytes.
type MBO struct {
	_ structs.HostLayout
	RecordHeader
	OrderID   uint64
	Price     int64
	Size      uint32
	Flags     uint8
	ChannelID uint8
	Action    uint8
	Side      uint8
	TsRecv    uint64
	TsInDelta int32 // ts_recv minus the venue's send time, ns, clamped
	Sequence  uint32
}

// Trade is one trade: 48 bytes.
type Trade struct {
	_ structs.HostLayout
	RecordHeader
	Price     int64
	Size      uint32
	Action    uint8
	Side      uint8
	Flags     uint8
	Depth     uint8
	TsRecv    uint64
	TsInDelta int32
	Sequence  uint32
}

// Level is one price level of both sides: 32 bytes.
type Level struct {
	_     structs.HostLayout
	BidPx int64
	AskPx int64
	BidSz uint32
	AskSz uint32
	BidCt uint32
	AskCt uint32
}

// MBP1 is the top of a book after an update: 80 bytes, a trade's fields and one level.
type MBP1 struct {
	_ structs.HostLayout
	RecordHeader
	Price     int64
	Size      uint32
	Action    uint8
	Side      uint8
	Flags     uint8
	Depth     uint8
	TsRecv    uint64
	TsInDelta int32
	Sequence  uint32
	Levels    [1]Level
}

// MBP10 is the ten best levels of a book after an update: 368 bytes.
type MBP10 struct {
	_ structs.HostLayout
	RecordHeader
	Price     int64
	Size      uint32
	Action    uint8
	Side      uint8
	Flags     uint8
	Depth     uint8
	TsRecv    uint64
	TsInDelta int32
	Sequence  uint32
	Levels    [10]Level
}

// Status is a change of an instrument's trading state: 40 bytes.
type Status struct {
	_ structs.HostLayout
	RecordHeader
	TsRecv                uint64
	Action                uint16
	Reason                uint16
	TradingEvent          uint16
	IsTrading             uint8 // 'Y', 'N' or '~'
	IsQuoting             uint8
	IsShortSellRestricted uint8
	Reserved              [7]uint8
}

// Imbalance is an auction imbalance: 112 bytes.
type Imbalance struct {
	_ structs.HostLayout
	RecordHeader
	TsRecv               uint64
	RefPrice             int64
	AuctionTime          uint64
	ContBookClrPrice     int64
	AuctInterestClrPrice int64
	SSRFillingPrice      int64
	IndMatchPrice        int64
	UpperCollar          int64
	LowerCollar          int64
	PairedQty            uint32
	TotalImbalanceQty    uint32
	MarketImbalanceQty   uint32
	UnpairedQty          uint32
	AuctionType          uint8
	Side                 uint8
	AuctionStatus        uint8
	FreezeStatus         uint8
	NumExtensions        uint8
	UnpairedSide         uint8
	SignificantImbalance uint8
	Reserved             [1]uint8
}

// Statistics is one published statistic: 80 bytes.
type Statistics struct {
	_ structs.HostLayout
	RecordHeader
	TsRecv       uint64
	TsRef        uint64
	Price        int64
	Quantity     int64
	Sequence     uint32
	TsInDelta    int32
	StatType     uint16
	ChannelID    uint16
	UpdateAction uint8 // 1 new, 2 delete
	StatFlags    uint8
	Reserved     [18]uint8
}

// Definition is an instrument definition: 520 bytes. Text is NUL padded.
type Definition struct {
	_ structs.HostLayout
	RecordHeader
	TsRecv                   uint64
	MinPriceIncrement        int64
	DisplayFactor            int64
	Expiration               uint64
	Activation               uint64
	HighLimitPrice           int64
	LowLimitPrice            int64
	MaxPriceVariation        int64
	UnitOfMeasureQty         int64
	MinPriceIncrementAmount  int64
	PriceRatio               int64
	StrikePrice              int64
	RawInstrumentID          uint64
	LegPrice                 int64
	LegDelta                 int64
	InstAttribValue          int32
	UnderlyingID             uint32
	MarketDepthImplied       int32
	MarketDepth              int32
	MarketSegmentID          uint32
	MaxTradeVol              uint32
	MinLotSize               int32
	MinLotSizeBlock          int32
	MinLotSizeRoundLot       int32
	MinTradeVol              uint32
	ContractMultiplier       int32
	DecayQuantity            int32
	OriginalContractSize     int32
	LegInstrumentID          uint32
	LegRatioPriceNumerator   int32
	LegRatioPriceDenominator int32
	LegRatioQtyNumerator     int32
	LegRatioQtyDenominator   int32
	LegUnderlyingID          uint32
	ApplID                   int16
	MaturityYear             uint16
	DecayStartDate           uint16
	ChannelID                uint16
	LegCount                 uint16
	LegIndex                 uint16
	Currency                 [4]uint8
	SettlCurrency            [4]uint8
	SecSubType               [6]uint8
	RawSymbol                [71]uint8
	Group                    [21]uint8
	Exchange                 [5]uint8
	Asset                    [11]uint8
	CFI                      [7]uint8
	SecurityType             [7]uint8
	UnitOfMeasure            [31]uint8
	Underlying               [21]uint8
	StrikePriceCurrency      [4]uint8
	LegRawSymbol             [71]uint8
	InstrumentClass          uint8
	MatchAlgorithm           uint8
	MainFraction             uint8
	PriceDisplayFormat       uint8
	SubFraction              uint8
	UnderlyingProduct        uint8
	SecurityUpdateAction     uint8 // 'A', 'M', 'D'
	MaturityMonth            uint8
	MaturityDay              uint8
	MaturityWeek             uint8
	UserDefinedInstrument    uint8
	ContractMultiplierUnit   int8
	FlowScheduleType         int8
	TickRule                 uint8
	LegInstrumentClass       uint8
	LegSide                  uint8
	Reserved                 [17]uint8
}
