package config

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The yaml library reports what does not fit our types in its own words and with Go's type names. They are turned into
// our form: line, key, value, rule.
var (
	unknownKey  = regexp.MustCompile(`^line (\d+): field (.*) not found in type (\S+)`)
	wrongType   = regexp.MustCompile("(?s)^line (\\d+): cannot unmarshal !!(\\w+)(?: `(.*)`)? into (.*)$")
	noChoiceOf  = regexp.MustCompile(`(?s)^line (\d+): "(.*)" is not a (duration|VLAN|choice of checksums)`)
	definedType = regexp.MustCompile(`^(?:\[\])?\*?config\.`)
)

// typeRules say what a value of a Go type must be.
var typeRules = map[string]string{
	"bool": "must be true or false", "string": "must be text", "int": "must be a whole number", "float64": "must be a number",
	"uint8": "must be a number from 0 to 255", "uint16": "must be a number from 0 to 65535", "uint32": "must be a number from 0 to 4294967295",
	"uint64": "must be a number from 0 up", "[]string": "must be a list of text", "[]int": "must be a list of numbers",
}

// choices are the types that read their values themselves.
var choices = map[string]struct{ goType, rule string }{
	"duration":            {"config.Duration", "must be a duration such as 50ms or 2s"},
	"VLAN":                {"config.VLAN", vlanRule},
	"choice of checksums": {"config.Checksums", checksumsRule},
}

// typeMistake spells one of the library's errors our way.
func typeMistake(root *yaml.Node, e string) string {
	if m := unknownKey.FindStringSubmatch(e); m != nil {
		line, _ := strconv.Atoi(m[1])
		mistake := fmt.Sprintf("line %d: %s: unknown key", line, pathAt(root, line, m[2]))
		if keys := keysOf(m[3]); keys != nil {
			mistake += "; there are " + strings.Join(keys, ", ")
		}
		return mistake
	}
	if m := noChoiceOf.FindStringSubmatch(e); m != nil {
		line, _ := strconv.Atoi(m[1])
		of := choices[m[3]]
		return fmt.Sprintf("line %d: %s: %q: %s", line, pathOf(root, line, m[2], of.goType), m[2], of.rule)
	}
	m := wrongType.FindStringSubmatch(e)
	if m == nil {
		return e
	}
	line, _ := strconv.Atoi(m[1])
	rule, value := typeRules[strings.TrimPrefix(m[4], "*")], m[3]
	switch {
	case rule != "":
	case strings.HasPrefix(m[4], "[]"):
		rule = "must be a list"
	case definedType.MatchString(m[4]):
		rule = "must be keys with values"
	default:
		rule = "is of the wrong kind"
	}
	if value == "" {
		value = map[string]string{"seq": "a list", "map": "keys with values"}[m[2]]
	}
	path := pathOf(root, line, strings.TrimSuffix(m[3], "..."), strings.TrimPrefix(m[4], "*"))
	if strings.HasSuffix(path, ".port") {
		rule = portRule
	}
	return fmt.Sprintf("line %d: %s: %s: %s", line, path, value, rule)
}

// keysOf lists the keys of a mapping by the name of its type, as the library says it.
func keysOf(name string) (keys []string) {
	for _, mapping := range []any{Config{}, Rings{}, Live{}, Channel{}, Line{}} {
		t := reflect.TypeOf(mapping)
		for i := 0; t.String() == name && i < t.NumField(); i++ {
			keys = append(keys, keyOf(t.Field(i)))
		}
	}
	return keys
}

// pathAt finds the key path of a key on a line; it is the key alone where the file has another way to say it.
func pathAt(root *yaml.Node, line int, key string) string {
	found := key
	walk(root, reflect.TypeFor[Config](), "", func(n *yaml.Node, _ reflect.Type, path string, isKey bool) bool {
		if isKey && n.Line == line && n.Value == key {
			found = path
		}
		return found == key
	})
	return found
}

// pathOf finds the key path of a value on a line that begins with text and was to become a Go type; "" in the library's error
// stands for a list or a mapping. It gives "the file" for the whole of it.
func pathOf(root *yaml.Node, line int, text, goType string) string {
	found := ""
	walk(root, reflect.TypeFor[Config](), "", func(n *yaml.Node, t reflect.Type, path string, isKey bool) bool {
		if !isKey && t != nil && t.String() == goType && n.Line == line && (n.Kind == yaml.ScalarNode) == (text != "") && strings.HasPrefix(n.Value, text) {
			found = path
		}
		return found == ""
	})
	return cmp.Or(found, "the file")
}

// walk shows every key and value of a file with its path, and each value with the Go type it is for, nil for none, until visit
// returns false.
func walk(n *yaml.Node, t reflect.Type, path string, visit func(n *yaml.Node, t reflect.Type, path string, isKey bool) bool) bool {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind != yaml.DocumentNode && !visit(n, t, path, false) {
		return false
	}
	for i, child := range n.Content {
		at, of := path, t
		switch n.Kind {
		case yaml.SequenceNode:
			at, of = at+"["+strconv.Itoa(i)+"]", elementOf(t, reflect.Slice)
		case yaml.MappingNode:
			name := n.Content[i&^1].Value
			if at != "" {
				at += "."
			}
			at += name
			if i&1 == 0 {
				if !visit(child, nil, at, true) {
					return false
				}
				continue // only values have something below
			}
			of = fieldOf(t, name)
		}
		if !walk(child, of, at, visit) {
			return false
		}
	}
	return true
}

func elementOf(t reflect.Type, kind reflect.Kind) reflect.Type {
	if t == nil || t.Kind() != kind {
		return nil
	}
	return t.Elem()
}

// fieldOf is the type of what a key of a mapping holds.
func fieldOf(t reflect.Type, key string) reflect.Type {
	if t == nil || t.Kind() != reflect.Struct {
		return elementOf(t, reflect.Map)
	}
	for i := range t.NumField() {
		if keyOf(t.Field(i)) == key {
			return t.Field(i).Type
		}
	}
	return nil
}

func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// inLineOrder sorts mistakes by the line they name; those without one come first.
func inLineOrder(path string, list []string) {
	lineOf := func(s string) int {
		var n int
		if _, err := fmt.Sscanf(strings.TrimPrefix(s, path+": "), "line %d:", &n); err != nil {
			return 0
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(lineOf(a), lineOf(b)) })
}
