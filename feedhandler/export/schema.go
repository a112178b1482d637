package export

import (
	"fmt"
	"strings"

	"wirebook/shm"
)

// Schema is what one export holds: one kind of DBN record.
type Schema struct {
	Name  string
	Code  uint16     // DBN's schema number
	Ring  shm.Schema // the core's schema that carries it
	RType uint8
	Size  int
}

var schemas = []Schema{
	{"mbo", 0, shm.SchemaMBO, shm.RTypeMBO, shm.SizeMBO},
	{"mbp-1", 1, shm.SchemaMBP1, shm.RTypeMBP1, shm.SizeMBP1},
	{"mbp-10", 2, shm.SchemaMBP10, shm.RTypeMBP10, shm.SizeMBP10},
	{"trades", 4, shm.SchemaTrades, shm.RTypeTrade, shm.SizeTrade},
	{"definition", 9, shm.SchemaAdmin, shm.RTypeDefinition, shm.SizeDefinition},
	{"statistics", 10, shm.SchemaAdmin, shm.RTypeStatistics, shm.SizeStatistics},
	{"status", 11, shm.SchemaAdmin, shm.RTypeStatus, shm.SizeStatus},
	{"imbalance", 12, shm.SchemaAdmin, shm.RTypeImbalance, shm.SizeImbalance},
}

// SchemaNames lists the schemas that can be exported.
func SchemaNames() []string {
	names := make([]string, len(schemas))
	for i := range schemas {
		names[i] = schemas[i].Name
	}
	return names
}

// FindSchema returns a schema by name.
func FindSchema(name string) (Schema, error) {
	for _, s := range schemas {
		if s.Name == name {
			return s, nil
		}
	}
	return Schema{}, fmt.Errorf("schema %q: must be one of %s", name, strings.Join(SchemaNames(), ", "))
}
