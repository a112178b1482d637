package book

// Anomaly names something in the event stream that cannot be. Anomalies are counted, never raised.
type Anomaly uint8

// Anomalies. Unless said otherwise the event is not applied.
const (
	AnomalyNone               Anomaly = iota
	AnomalyUnknownOrder               // no such order; a Replace that tells instrument and side still adds the new one
	AnomalyDuplicateOrder             // the id is in the book already; the order there stays as it is
	AnomalyNegativeSize               // more taken off than is there: applied, clamped to what was there
	AnomalyZeroQuantity               // an order or a reduction of nothing
	AnomalyQuantityOverflow           // an order above 2^32-1: applied, held at 2^32-1
	AnomalyInstrumentMismatch         // the order belongs to another instrument
	AnomalySideMismatch               // the order is on the other side
	AnomalyBadInstrument              // instrument 0 or beyond MaxInstruments
	AnomalyBadSide                    // neither Bid nor Ask
	AnomalyBadPrice                   // UndefPrice, or the lowest number there is, where an order needs a price
	AnomalyBadLevel                   // position 0 or outside the instrument's depth
	AnomalyUnknownLevel               // removal of a level that is not there; a hole in a positional side closes all the same
	AnomalyLevelMoved                 // a positional change whose price is not the level's: applied, price taken over
	AnomalyMixedLevels                // levels told by price and by position in one side
	AnomalyCrossed                    // best bid above best ask after a complete event that changed the top: applied
	AnomalyLocked                     // best bid equal to best ask, likewise: applied
	AnomalyOrderTableFull             // MaxOrders orders are live
	AnomalyLevelTableFull             // MaxLevels levels are live, or their price entries have no room
	AnomalyUnknownKind                // no such event kind
	AnomalyCount
)

var anomalyNames = [AnomalyCount]string{
	"none", "unknown_order", "duplicate_order", "negative_size", "zero_quantity", "quantity_overflow",
	"instrument_mismatch", "side_mismatch", "bad_instrument", "bad_side", "bad_price", "bad_level", "unknown_level",
	"level_moved", "mixed_levels", "crossed", "locked", "order_table_full", "level_table_full", "unknown_kind",
}

// String returns the counter's name.
func (a Anomaly) String() string {
	if a < AnomalyCount {
		return anomalyNames[a]
	}
	return "anomaly"
}
