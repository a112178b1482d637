package feedhandler

import (
	"wirebook/book"
	"wirebook/shm"
)

// Output is where a channel's records go. Every part may be nil.
type Output struct {
	Rings  [shm.SchemaCount]*shm.Writer
	Latest *shm.LatestWriter
	// Marks says what each burst put into Rings; it is of the same worker, and its other channels share both.
	Marks *shm.Marks
	// Sessions learns the channel's sessions and numbers them. Without it they count from 1.
	Sessions SessionSink
	// LatestSchema is the ring in which the latest table's positions count.
	LatestSchema shm.Schema
	// Instruments learns the channel's instruments and gives each its place in the latest table.
	Instruments InstrumentSink
	// States learns how the channel and its instruments stand.
	States StateSink
	// Only names the instruments that are published; none: all. Their books are kept all the same, as those of the others.
	Only []book.Symbol
	// Bell is the doorbell of the readers of Rings.
	Bell *shm.Doorbell
	// Tap sees every record of the schemas in TapSchemas, after the rings. body is borrowed.
	Tap        Tap
	TapSchemas SchemaSet
}

// InstrumentSink is the instrument table outside the core.
type InstrumentSink interface {
	// Instrument adds or updates an entry and returns its index in the latest table; ok is false when there is no room.
	Instrument(channel int, idx uint32, ins *book.Instrument) (latest uint32, ok bool)
}

// SessionSink is the session table outside the core.
type SessionSink interface {
	// Session enters a session that begins and returns its number, from 1. channel is the number of Channel.Number.
	Session(channel uint32, s *SessionStart) uint32
}

// SessionStart is what is known of a session when its first burst is about to be published.
type SessionStart struct {
	Name   string // as the venue spells it; "" where it has no name
	Reset  bool   // the numbering begins again under the name that it had before
	Resets uint32 // how many times it had done so since the channel was put to work
	First  uint64 // unit of the first packet taken
	SentNS uint64 // when the venue sent that packet; 0 where it does not say
	RecvNS uint64 // when it was received
	Mark   uint64 // position of the session's first mark
	Since  [shm.SchemaCount]uint64
}

// Tap receives records outside shared memory: exporters and tests. extra is the trade id, or 0.
type Tap interface {
	Record(schema shm.Schema, body []byte, extra uint64)
}

// SchemaSet is a set of shm.Schema.
type SchemaSet uint8

// Schemas returns the set of the given schemas.
func Schemas(list ...shm.Schema) SchemaSet {
	var s SchemaSet
	for _, schema := range list {
		s |= 1 << schema
	}
	return s
}

// AllSchemas is every schema.
const AllSchemas SchemaSet = 1<<shm.SchemaCount - 1

// LatestSchema is the ring in which the latest table's positions count, of those that are published: the first that shows books.
func LatestSchema(published SchemaSet) shm.Schema {
	for _, s := range [...]shm.Schema{shm.SchemaMBP10, shm.SchemaMBO, shm.SchemaMBP1, shm.SchemaTrades, shm.SchemaAdmin} {
		if published.Has(s) {
			return s
		}
	}
	return shm.SchemaMBP10
}

// Has says whether the set holds a schema.
func (s SchemaSet) Has(schema shm.Schema) bool { return s&(1<<schema) != 0 }

// wanted is the set of schemas anybody reads.
func (o *Output) wanted() SchemaSet {
	var s SchemaSet
	for i, ring := range o.Rings {
		if ring != nil {
			s |= 1 << i
		}
	}
	if o.Tap != nil {
		s |= o.TapSchemas
	}
	return s
}

// shows says whether an instrument of this name is published.
func (o *Output) shows(symbol *book.Symbol) bool {
	if len(o.Only) == 0 {
		return true
	}
	for i := range o.Only {
		if o.Only[i] == *symbol {
			return true
		}
	}
	return false
}

func (o *Output) flush() {
	for _, ring := range o.Rings {
		if ring != nil {
			ring.Flush()
		}
	}
	if o.Marks != nil {
		o.Marks.Flush()
	}
	o.Bell.Ring() // behind the last head: its store is the fence
}
