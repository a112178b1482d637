// Package layout declares wire layouts once, for the decoder and for people.
//
// A message is a Go struct whose fields are byte arrays in the specification's order, so its size is the wire
// size and its field offsets are compile-time constants:
//
//	type orderDelete struct {
//		MessageType          layout.Char
//		StockLocate          layout.U16BE
//		TrackingNumber       layout.U16BE
//		Timestamp            layout.U48BE
//		OrderReferenceNumber layout.U64BE
//	}
//
// The decoder reads through View, one length check and then constant offsets; Of turns the same struct into the
// table that inspect prints. Field names follow the struct's in snake case, or the `wire:"name"` tag.
package layout
