package config

import (
	"fmt"
	"strconv"

	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v3"

	"wirebook/feedhandler"
)

// VLAN is a line's: 0 where its datagrams are untagged, a number, or AnyVLAN.
type VLAN uint16

// AnyVLAN takes datagrams under every tag and untagged, written any.
const AnyVLAN = VLAN(feedhandler.AnyVLAN)

const vlanRule = "must be a VLAN's number, 1 to 4094, or any; without it the line is untagged"

// UnmarshalYAML reads a number or any.
func (v *VLAN) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == "any" {
		*v = AnyVLAN
		return nil
	}
	id, err := strconv.ParseUint(n.Value, 10, 16)
	if err != nil || id > 4094 {
		return noChoice(n, "VLAN")
	}
	*v = VLAN(id)
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (v VLAN) MarshalYAML() (any, error) {
	if v == AnyVLAN {
		return "any", nil
	}
	return uint16(v), nil
}

// MarshalJSON writes a number or "any".
func (v VLAN) MarshalJSON() ([]byte, error) {
	if v == AnyVLAN {
		return []byte(`"any"`), nil
	}
	return strconv.AppendUint(nil, uint64(v), 10), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *VLAN) UnmarshalJSON(text []byte) error {
	if string(text) == `"any"` {
		*v = AnyVLAN
		return nil
	}
	id, err := strconv.ParseUint(string(text), 10, 16)
	if err != nil || id > 4094 {
		return fmt.Errorf("%s: %s", text, vlanRule)
	}
	*v = VLAN(id)
	return nil
}

// String spells it for people.
func (v VLAN) String() string {
	switch v {
	case 0:
		return "untagged"
	case AnyVLAN:
		return "any VLAN"
	}
	return "VLAN " + strconv.Itoa(int(v))
}

// JSONSchema is the published form.
func (VLAN) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer", Minimum: "0", Maximum: "4094"}, {Const: "any"}}}
}

// Checksums says whose datagrams have their IP and UDP checksums validated.
type Checksums string

// Choices of checksums. A configuration may also say true for always and false for never.
const (
	ChecksumsAuto   Checksums = "auto" // also ""
	ChecksumsAlways Checksums = "always"
	ChecksumsNever  Checksums = "never"
)

const checksumsRule = "must be auto, always or never"

// UnmarshalYAML reads a choice.
func (c *Checksums) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
	case "auto", "always", "never":
		*c = Checksums(n.Value)
	case "true":
		*c = ChecksumsAlways
	case "false":
		*c = ChecksumsNever
	default:
		return noChoice(n, "choice of checksums")
	}
	return nil
}

// JSONSchema is the published form.
func (Checksums) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Enum: []any{"auto", "always", "never", true, false}, Default: "auto"}
}

// Live says whether frames of AF_XDP are validated: nobody else has seen them.
func (c Checksums) Live() bool { return c != ChecksumsNever }

// Captured says whether frames of captures are: the kernel or NIC of whoever captured may have known more, and a sender's own
// capture has sums that its NIC completed later.
func (c Checksums) Captured() bool { return c == ChecksumsAlways }

func noChoice(n *yaml.Node, of string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is not a %s", n.Line, n.Value, of)}}
}
