package config

import (
	"encoding/json"

	"github.com/invopop/jsonschema"
)

// JSONSchema makes Duration a string in the published schema.
func (Duration) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: durationPattern, Examples: []any{"50ms"}}
}

// Schema returns the JSON schema of the configuration file, as published in docs/config.schema.json.
func Schema() ([]byte, error) {
	r := jsonschema.Reflector{DoNotReference: true, Anonymous: true}
	s := r.Reflect(&Config{})
	s.Title = "Wirebook configuration"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(out, '\n'), nil
}
