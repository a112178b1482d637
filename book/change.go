package book

// Change says what one event did. Prices are 1e-9, quantities the venue's units.
type Change struct {
	// Price is the affected order's or level's: for Execute, ExecuteAt, Reduce and Delete the resting order's.
	Price int64
	// Qty is what was added, taken off or executed, clamped to what was there; for 'M' how far the quantity moved.
	Qty uint64
	// Left is what is left of the order, or the level's quantity for level and quote events.
	Left uint64
	// OrderID is the order's; 0 for level and quote events.
	OrderID uint64
	// Instrument is resolved from the order where the event does not name it; 0 when it is not valid.
	Instrument uint32
	// Count is the number of orders now at the level, where known.
	Count uint32
	Side  Side
	// Action is the DBN action of the effect: 'A' added, 'C' taken off or removed, 'M' changed, 'R' cleared, 'N' none.
	Action uint8
	// Depth is how far from the touch, from 0, the outermost level lies that changed; NoDepth when 10 or more or not
	// applicable.
	Depth uint8
	// Top says that price, quantity or count of the best bid or ask changed.
	Top bool
	// Anomaly is what was wrong with the event; see the constants for whether it was applied.
	Anomaly Anomaly
}

// NoDepth in Change.Depth: ten levels or more from the touch, another view's book, or nothing changed.
const NoDepth uint8 = 255

// viewDepth is how many levels from the touch Depth shows and Change.Depth tells.
const viewDepth = 10

// Level is a price with everything on it. A missing level has Price UndefPrice and Qty 0.
type Level struct {
	Price int64
	Qty   uint64
	Count uint32 // orders; 0 where the venue does not tell
}

var noLevel = Level{Price: UndefPrice}

// View says which of a channel's books Top and Depth show.
type View uint8

// Views.
const (
	ViewOrders View = iota // the order book, summed by price
	ViewLevels             // the level book
	ViewTop                // the quoted top
)
