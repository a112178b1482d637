package shm

// Schema says what a ring carries. The numbers are part of the ABI.
type Schema uint8

// Schemas, one ring each.
const (
	SchemaMBO Schema = iota
	SchemaMBP1
	SchemaMBP10
	SchemaTrades
	SchemaAdmin // status, definition, imbalance, statistics
	SchemaCount
)

type schemaFacts struct {
	name     string
	slot     uint32 // bytes, whole cache lines
	bodyMax  uint32 // largest body
	bodySame bool   // every body has bodyMax bytes
}

var schemas = [SchemaCount]schemaFacts{
	SchemaMBO:    {"mbo", 64, SizeMBO, true},
	SchemaMBP1:   {"mbp-1", 128, SizeMBP1, true},
	SchemaMBP10:  {"mbp-10", 384, SizeMBP10, true},
	SchemaTrades: {"trades", 64, SizeTrade, true},
	SchemaAdmin:  {"admin", 576, SizeDefinition, false},
}

// String returns the name used in configuration and file names.
func (s Schema) String() string {
	if s < SchemaCount {
		return schemas[s].name
	}
	return "schema"
}

// SlotSize returns the bytes of a slot: 8 of sequence, the body, the extras.
func (s Schema) SlotSize() int {
	if s < SchemaCount {
		return int(schemas[s].slot)
	}
	return 0
}

// BodySize returns the bytes of the schema's (largest) body.
func (s Schema) BodySize() int {
	if s < SchemaCount {
		return int(schemas[s].bodyMax)
	}
	return 0
}

// ParseSchema finds a schema by name.
func ParseSchema(name string) (Schema, bool) {
	for i := range schemas {
		if schemas[i].name == name {
			return Schema(i), true
		}
	}
	return SchemaCount, false
}
