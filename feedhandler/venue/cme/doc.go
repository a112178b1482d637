// Package cme reads CME Group's MDP 3.0 (schema id 1, versions 5 to 13; CME client systems wiki and schema XML):
// Simple Binary Encoding, little endian.
//
// A UDP packet is a 12-byte header (packet sequence u32, sending time u64) and messages back to back. A message is its
// size (u16, counts itself), the SBE header (block length, template, schema, version), the root block, then repeating
// groups. Packets are numbered, not messages: MDP3Framing's sequence unit is the packet, and a heartbeat packet
// (template 12 alone) takes a number like any other. TCP connections carry a 14-byte header instead: MDP3TCPFraming.
//
// # Versions
//
// Block lengths come from the wire. A field that lies beyond the sender's block is absent (an older schema) and reads
// as its null; bytes beyond what we know (a newer schema) are skipped, and so are groups we do not know. Between
// versions 5 and 13 the bytes of a template only ever grew at the end or took over padding; what changed more often is
// the names. So a layout is declared once (wire_*.go, fields in the specification's order, `null:"max"` where the
// highest value means absent), takes over padding in an early variant (templates.go), and names.go holds the renames
// that Inspect undoes. Templates 27 to 44 are the legacy set of versions 5 to 8 (and of 9, beside the new set): their
// prices have exponent -7. Templates 46 and up have -9.
//
// # Meaning
//
// Instruments are keyed and published by SecurityID, which the venue gives to another once an instrument is no more. A
// definition that deletes one (SecurityUpdateAction D), or names another than was defined, empties the book (KindClear) and
// begins RptSeq anew. One that no definition announced gets its id behind a # as symbol, ten
// levels and two implied ones. Entry types 0 and 1 are the book, E and F the implied book (AttrImplied: counted, and in no schema unless the channel is configured to merge it), J empties the
// book; w and x (market best of the EBS feeds) are not levels of the book and become KindNone. Order groups of book
// messages take price and side from the level their ReferenceID names.
//
// In a trade summary the order entries belong to the trades in order, NumberOfOrders each. With an aggressor the first
// is the aggressor's own: its id goes to the trade, the others become fills on the other side. Without one all are
// fills. An id of 0 is an order the venue does not name.
//
// RptSeq numbers an instrument's entries. A hole in it gives KindStale before the entry; after OnGap (packets were
// lost) the first entry that goes on without a hole gives KindUnaffected: that instrument's levels lost nothing; of its orders
// RptSeq says nothing. RptSeq 0
// (conflated feeds) is no number.
//
// FlagLast stands on an instrument's last event when the venue's event ends (MatchEventIndicator bit 7). The other
// bits (last trade, volume, quote, statistics, implied message) end kinds of message inside the event and say nothing
// of the book, so they are not used. An instrument touched earlier in the event but not by its closing message gets a
// KindNone with FlagLast. Definitions, snapshots and the channel reset stand for themselves and carry FlagLast always.
//
// A security status may speak of a group or an asset: then it is an event of instrument 0, the channel. Quote requests
// and collateral values become KindNone; the latter name no security. Login, logout and heartbeat give no event.
// Session volume (37, 66, type e) is DBN's venue specific volume, as DBN's cleared volume is another figure.
//
// # Faults
//
// A message that is short, or whose groups run past it or refer to entries that are not there, gives no event at all
// and leaves the decoder as it was. Faults of single entries are milder, as dropping the message would lose its other
// instruments: an entry of an instrument that the directory has no room for (FaultDirectoryFull) is left out, a book
// entry with an unknown action or type (FaultBadValue) becomes KindStale; the rest of the message stands.
package cme
