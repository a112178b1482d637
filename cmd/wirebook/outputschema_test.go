package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live"
	"wirebook/feedhandler/live/doctor"
	"wirebook/feedhandler/replay"
	"wirebook/feedhandler/view/clockview"
	"wirebook/feedhandler/view/top"
)

// jsonOutputs are the verbs that write one JSON object, or one a line, and its Go type. The records of tail and export have DBN's names.
var jsonOutputs = map[string]struct {
	value any
	what  string
}{
	"doctor":      {doctor.Report{}, "wirebook doctor --json"},
	"profiles":    {[]config.Profile{}, "wirebook profiles --json"},
	"ptp":         {clockview.Clock{}, "wirebook ptp --json"},
	"replay":      {replay.Summary{}, "wirebook replay --json"},
	"run":         {live.Summary{}, "wirebook run --summary FILE"},
	"send":        {sendSummary{}, "wirebook send --json"},
	"send_frames": {framesSummary{}, "wirebook send --frames --json"},
	"sim":         {simSummary{}, "wirebook sim --json"},
	"top":         {top.Snapshot{}, "wirebook top --json"},
	"venue":       {venueSummary{}, "wirebook venue --json"},
}

// node is the part of JSON schema that outputs need.
type node struct {
	Ref        string           `json:"$ref,omitempty"`
	Type       string           `json:"type,omitempty"`
	Properties map[string]*node `json:"properties,omitempty"`
	Required   []string         `json:"required,omitempty"`
	Additional json.RawMessage  `json:"additionalProperties,omitempty"`
	Items      *node            `json:"items,omitempty"`
	OneOf      []*node          `json:"oneOf,omitempty"`
}

// outputSchema makes the schema of what the verbs write, with one definition a verb, from the Go types and their comments.
func outputSchema(t *testing.T) []byte {
	t.Helper()
	t.Chdir("../..")
	r := jsonschema.Reflector{DoNotReference: true, Anonymous: true}
	for _, dir := range []string{"feedhandler", "cmd", "ptp"} {
		if err := r.AddGoComments("wirebook", "./"+dir, jsonschema.WithFullComment()); err != nil {
			t.Fatal(err)
		}
	}
	for at, text := range r.CommentMap {
		r.CommentMap[at] = strings.Join(strings.Fields(text), " ") // lines are broken for Go
	}
	r.Mapper = func(of reflect.Type) *jsonschema.Schema {
		if of == reflect.TypeFor[top.Rate]() {
			return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "number"}, {Type: "null"}}}
		}
		return nil
	}
	defs := map[string]*jsonschema.Schema{}
	for verb, o := range jsonOutputs {
		s := r.Reflect(o.value)
		s.Version, s.Title = "", o.what
		defs[verb] = s
	}
	out, err := json.MarshalIndent(struct {
		Version     string                        `json:"$schema"`
		Title       string                        `json:"title"`
		Description string                        `json:"description"`
		Defs        map[string]*jsonschema.Schema `json:"$defs"`
	}{jsonschema.Version, "Wirebook's JSON output",
		"One definition a verb. Names that end in _ns, and ts_recv, are nanoseconds, times since 1970 UTC; null is what was not measured.", defs}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func TestPublishedSchemaIsCurrent(t *testing.T) {
	want := outputSchema(t)
	const path = "docs/output.schema.json"
	if os.Getenv("WIREBOOK_UPDATE") != "" {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatal("docs/output.schema.json is not what the Go types say: run make generate")
	}
}

// published reads the definitions of docs/output.schema.json.
func published(t *testing.T) map[string]*node {
	t.Helper()
	b, err := os.ReadFile("../../docs/output.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Defs map[string]*node `json:"$defs"`
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s.Defs
}

// TestOneNameOneType: a name is of one type in every verb's output, a time or an age is a whole number of nanoseconds, and
// nothing has a second name.
func TestOneNameOneType(t *testing.T) {
	types := map[string]map[string]string{} // name, type, where
	var walk func(at string, n *node)
	walk = func(at string, n *node) {
		for name, p := range n.Properties {
			if types[name] == nil {
				types[name] = map[string]string{}
			}
			types[name][p.kind()] = at + "." + name
			walk(at+"."+name, p)
		}
		for _, inner := range append(n.OneOf, n.Items) {
			if inner != nil {
				walk(at, inner)
			}
		}
		if inner := n.values(); inner != nil {
			walk(at, inner)
		}
	}
	for verb, n := range published(t) {
		walk(verb, n)
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		switch is := types[name]; {
		case name == "records": // of all schemas by name; of one
		case len(is) > 1:
			t.Errorf("%s is of several types: %v", name, is)
		case strings.HasSuffix(name, "_ns") && is["integer"] == "" || strings.HasSuffix(name, "_ms") || strings.HasSuffix(name, "_s") && !strings.HasSuffix(name, "_per_s"):
			if name != "ns_per_message" {
				t.Errorf("%s is no integer of nanoseconds: %v", name, is)
			}
		case slices.Contains([]string{"drops", "lost_ranges", "lost_on_all", "unlisted", "time"}, name):
			t.Errorf("%s has another name elsewhere: %v", name, is)
		}
	}
	for name, want := range map[string]string{"pid": "integer", "gaps": "array", "gaps_lost": "integer", "gaps_healed": "integer", "units_lost": "integer",
		"dropped": "object", "lag_p99_ns": "integer", "heartbeat_age_ns": "integer"} {
		if types[name][want] == "" {
			t.Errorf("%s: %v, want %s", name, types[name], want)
		}
	}
}

// kind is the type, whether or not null is allowed as well.
func (n *node) kind() string {
	for _, one := range n.OneOf {
		if one.Type != "null" {
			return one.kind()
		}
	}
	return n.Type
}

// values is the schema of a map's values, nil where the names are fixed.
func (n *node) values() *node {
	var inner node
	if len(n.Additional) == 0 || json.Unmarshal(n.Additional, &inner) != nil {
		return nil
	}
	return &inner
}

// check says where a value is not what the schema says: another type, a name that is not there, or one too many.
func (n *node) check(at string, v any) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	if len(n.OneOf) > 0 {
		var first []string
		for _, one := range n.OneOf {
			bad := one.check(at, v)
			if len(bad) == 0 {
				return nil
			}
			if first == nil {
				first = bad
			}
		}
		return first
	}
	is := map[bool]string{true: "null"}[v == nil]
	switch v := v.(type) {
	case map[string]any:
		is = "object"
		for name, inner := range v {
			if p := n.Properties[name]; p != nil {
				wrong = append(wrong, p.check(at+"."+name, inner)...)
			} else if p := n.values(); p != nil {
				wrong = append(wrong, p.check(at+"."+name, inner)...)
			} else {
				say("%s is not in the schema", name)
			}
		}
		for _, name := range n.Required {
			if _, ok := v[name]; !ok {
				say("%s is missing", name)
			}
		}
	case []any:
		is = "array"
		for i, inner := range v {
			if n.Items != nil {
				wrong = append(wrong, n.Items.check(fmt.Sprintf("%s[%d]", at, i), inner)...)
			}
		}
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case float64:
		if is = "number"; v == math.Trunc(v) && n.Type == "integer" {
			is = "integer"
		}
	}
	if is != n.Type {
		say("%s %v, want %s", is, v, n.Type)
	}
	return wrong
}

// adheres checks what a verb wrote: every object of it.
func adheres(t *testing.T, verb string, text []byte) {
	t.Helper()
	n := published(t)[verb]
	if n == nil {
		t.Fatalf("no definition of %s", verb)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	count := 0
	for ; d.More(); count++ {
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v in %s", verb, err, text)
		}
		for _, w := range n.check(verb, v) {
			t.Error(w)
		}
	}
	if count == 0 {
		t.Errorf("%s wrote nothing", verb)
	}
}

// TestCheckRefuses: the check above is worth something.
func TestCheckRefuses(t *testing.T) {
	n := published(t)["sim"]
	for text, want := range map[string]string{
		`{"file":"a","profile":"b","datagrams":1.5,"messages":0,"lines":[],"gaps":[],"gaps_lost":0,"units_lost":0}`:         "number 1.5, want integer",
		`{"file":"a","profile":"b","datagrams":1,"messages":0,"lines":null,"gaps":[],"gaps_lost":0,"units_lost":0}`:         "null <nil>, want array",
		`{"file":"a","profile":"b","datagrams":1,"lines":[],"gaps":[],"gaps_lost":0,"units_lost":0}`:                        "messages is missing",
		`{"file":"a","profile":"b","datagrams":1,"messages":0,"lines":[],"gaps":[{}],"gaps_lost":0,"units_lost":0}`:         "gaps[0]: first is missing",
		`{"file":"a","profile":"b","datagrams":1,"messages":0,"lines":[],"gaps":[],"drops":3,"gaps_lost":0,"units_lost":0}`: "drops is not in the schema",
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(n.check("sim", v), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestOutputAdheresToTheSchema runs the verbs that need no network.
func TestOutputAdheresToTheSchema(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ verb, args string }{
		{"sim", "sim -o clean.pcap --messages 3000 --seconds 0 --json"},
		{"sim", "sim -o lossy.pcap --messages 3000 --seconds 0 --json --loss-a 20 --loss-b 20 --hostile harm.pcap --hostile-share 10"},
		{"replay", "replay -p nasdaq.itch50 --no-shm --json --quiet clean.pcap"},
		{"replay", "replay -p nasdaq.itch50 -i seen --json --quiet lossy.pcap"},
		{"top", "top -i seen --json"},
		{"profiles", "profiles --json"},
		{"doctor", "doctor --json --no-self-test"},
		{"ptp", "ptp -i seen --json"},
	} {
		got := r.run(strings.Fields(c.args)...)
		if got.out == "" {
			t.Errorf("%s: %+v", c.args, got)
			continue
		}
		adheres(t, c.verb, []byte(got.out))
	}
}
