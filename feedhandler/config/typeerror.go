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
	noDuration  = regexp.MustCompile(`(?s)^line (\d+): "(.*)" is not a duration`)
	definedType = regexp.MustCompile(`^(?:\[\])?\*?config\.`)
)

// typeRules say what a value of a Go type must be.
var typeRules = map[string]string{
	"bool": "must be true or false", "string": "must be text", "int": "must be a whole number", "float64": "must be a number",
	"uint8": "must be a number from 0 to 255", "uint16": "must be a number from 0 to 65535", "uint32": "must be a number from 0 to 4294967295",
	"uint64": "must be a number from 0 up", "[]string": "must be a list of text", "[]int": "must be a list of numbers",
}

// typeMistake spells one of the library's errors our way.
func typeMistake(root *yaml.Node, e string) string {
	if m := unknownKey.FindStringSubmatch(e); m != nil {
		line, _ := strconv.Atoi(m[1])
		mistake := fmt.Sprintf("line %d: %s: unknown key", line, pathAt(root, line, m[2], true))
		if keys := keysOf(m[3]); keys != nil {
			mistake += "; there are " + strings.Join(keys, ", ")
		}
		return mistake
	}
	if m := noDuration.FindStringSubmatch(e); m != nil {
		line, _ := strconv.Atoi(m[1])
		return fmt.Sprintf("line %d: %s: %q: must be a duration such as 50ms or 2s", line, pathAt(root, line, m[2], false), m[2])
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
	return fmt.Sprintf("line %d: %s: %s: %s", line, pathAt(root, line, strings.TrimSuffix(m[3], "..."), false), value, rule)
}

// keysOf lists the keys of a mapping by the name of its type, as the library says it.
func keysOf(name string) (keys []string) {
	for _, mapping := range []any{Config{}, Rings{}, Live{}, Channel{}, Line{}} {
		t := reflect.TypeOf(mapping)
		for i := 0; t.String() == name && i < t.NumField(); i++ {
			key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
			keys = append(keys, key)
		}
	}
	return keys
}

// pathAt finds the key path of a key, or of a value that begins with text, on a line; "" in the library's error stands
// for a list or a mapping. It gives "the file" for the whole of it.
func pathAt(root *yaml.Node, line int, text string, key bool) string {
	var find func(n *yaml.Node, path string) string
	find = func(n *yaml.Node, path string) string {
		if !key && n.Line == line && path != "" && (n.Kind == yaml.ScalarNode) == (text != "") && strings.HasPrefix(n.Value, text) {
			return path
		}
		for i, child := range n.Content {
			at := path
			switch n.Kind {
			case yaml.SequenceNode:
				at += "[" + strconv.Itoa(i) + "]"
			case yaml.MappingNode:
				name := n.Content[i&^1].Value
				if at != "" {
					at += "."
				}
				at += name
				if i&1 == 0 {
					if key && child.Line == line && name == text {
						return at
					}
					continue // only values have something below
				}
			}
			if found := find(child, at); found != "" {
				return found
			}
		}
		return ""
	}
	if found := find(root, ""); found != "" {
		return found
	}
	if key {
		return text
	}
	return "the file"
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
