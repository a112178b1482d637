package shm

// Schema says what a ring carries: records of one schema, or what is told about all of them. The numbers are part of the ABI.
type Schema uint8

// Schemas, one ring each.
const (
	SchemaMBO Schema = iota
	SchemaMBP1
	SchemaMBP10
	SchemaTrades
	SchemaAdmin // status, definition, imbalance, statistics, and what the appliance made
	SchemaCount // of those with records

	SchemaMarks   Schema = SchemaCount     // a Mark a burst and channel
	SchemaPackets Schema = SchemaCount + 1 // every input of the core: no slots, see PacketsHeader
	ringKinds            = SchemaCount + 2
)

type schemaFacts struct {
	name     string
	slot     uint32 // bytes, whole cache lines
	bodyMax  uint32 // largest body
	bodySame bool   // every body has bodyMax bytes
}

var schemas = [ringKinds]schemaFacts{
	SchemaMBO:    {"mbo", 64, SizeMBO, true},
	SchemaMBP1:   {"mbp-1", 128, SizeMBP1, true},
	SchemaMBP10:  {"mbp-10", 384, SizeMBP10, true},
	SchemaTrades: {"trades", 64, SizeTrade, true},
	SchemaAdmin:  {"admin", 576, SizeDefinition, false},

	SchemaMarks:   {"marks", 64, SizeMark, true},
	SchemaPackets: {"packets", 0, 0, false},
}

// String returns the name used in configuration and file names.
func (s Schema) String() string {
	if s < ringKinds {
		return schemas[s].name
	}
	return "schema"
}

// SlotSize returns the bytes of a slot: 8 of sequence, the body, the extras.
func (s Schema) SlotSize() int {
	if s < ringKinds {
		return int(schemas[s].slot)
	}
	return 0
}

// BodySize returns the bytes of the schema's (largest) body.
func (s Schema) BodySize() int {
	if s < ringKinds {
		return int(schemas[s].bodyMax)
	}
	return 0
}

// Slots says whether rings of it are made of slots.
func (s Schema) Slots() bool { return s <= SchemaMarks }

// ParseSchema finds a schema of records by name.
func ParseSchema(name string) (Schema, bool) {
	if s, ok := ParseRing(name); ok && s < SchemaCount {
		return s, true
	}
	return SchemaCount, false
}

// ParseRing finds what a ring carries by name.
func ParseRing(name string) (Schema, bool) {
	for i := range schemas {
		if schemas[i].name == name {
			return Schema(i), true
		}
	}
	return SchemaCount, false
}
