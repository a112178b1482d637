package header

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"

	"wirebook/shm"
)

// The part of wirebook.py that is made from the Go structs stands between these lines.
const (
	pythonBegin = "# Generated from the Go structs by \"go generate ./shm\": do not edit.\n"
	pythonEnd   = "# End of what is generated.\n"
)

// Python returns the text of wirebook.py with its generated part made anew.
func Python(text []byte) ([]byte, error) {
	head, rest, ok := bytes.Cut(text, []byte(pythonBegin))
	_, tail, ended := bytes.Cut(rest, []byte(pythonEnd))
	if !ok || !ended {
		return nil, fmt.Errorf("the lines around the generated part are not there")
	}
	var b bytes.Buffer
	b.Write(head)
	b.WriteString(pythonBegin)
	for _, c := range Constants() {
		fmt.Fprintf(&b, "%s = %s\n", c.Name, c.python())
	}
	for _, g := range Named() {
		fmt.Fprintf(&b, "%s_NAMES = (", strings.ToUpper(g.What))
		for i, name := range g.Names() {
			fmt.Fprintf(&b, "%s%q", comma(i > 0), name)
		}
		b.WriteString(")\n")
	}
	var names, slots, bodies []string
	for s := shm.Schema(0); s <= shm.SchemaPackets; s++ {
		names = append(names, fmt.Sprintf("%q", s))
		slots = append(slots, fmt.Sprint(s.SlotSize()))
		bodies = append(bodies, fmt.Sprint(s.BodySize()))
	}
	fmt.Fprintf(&b, "SCHEMAS = (%s)\nSLOT_SIZES = (%s)\nBODY_SIZES = (%s)\n\n\n",
		strings.Join(names, ", "), strings.Join(slots, ", "), strings.Join(bodies, ", "))
	var sizes []string
	for _, s := range Structs() {
		if err := class(&b, s); err != nil {
			return nil, err
		}
		sizes = append(sizes, fmt.Sprintf("(%s, %d)", s.Type.Name(), s.Type.Size()))
	}
	fmt.Fprintf(&b, "for _type, _size in (%s):\n    assert ctypes.sizeof(_type) == _size, _type\n", wrapped(sizes))
	b.WriteString(pythonEnd)
	b.Write(tail)
	return b.Bytes(), nil
}

func (c Constant) python() string {
	v := fmt.Sprint(c.Value)
	switch n := c.Value.(type) {
	case uint64:
		return fmt.Sprintf("0x%X", n)
	case int64:
		return fmt.Sprintf("0x%X", n)
	case uint8:
		if c.letter() {
			return fmt.Sprintf("%s  # %q", v, n)
		}
		return fmt.Sprintf("0x%02X", n)
	case uint32:
		if n == math.MaxUint32 {
			return fmt.Sprintf("0x%X", n)
		}
	}
	return v
}

func class(b *bytes.Buffer, s Struct) error {
	var list []string
	base := ""
	for _, f := range Fields(s.Type) {
		if f.Name == "hd" {
			base = f.Type.Name() + "._fields_ + "
			continue
		}
		kind, err := pythonType(f.Name, f.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", s.Name, f.Name, err)
		}
		list = append(list, fmt.Sprintf("(%q, %s)", f.Name, kind))
	}
	fmt.Fprintf(b, "class %s(_Record):\n    _fields_ = %s[%s]\n\n\n", s.Type.Name(), base, wrapped(list))
	return nil
}

// wrapped breaks a list into lines of at most 130 characters.
func wrapped(list []string) string {
	var b strings.Builder
	at := 30
	for i, s := range list {
		switch {
		case i > 0 && at+len(s) > 130:
			b.WriteString(",\n        ")
			at = 8
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(s)
		at += len(s) + 2
	}
	return b.String()
}

// pythonType spells a type for ctypes. Bytes in a row are text, but for those that are none.
func pythonType(name string, t reflect.Type) (string, error) {
	switch t.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprintf("_u%d", t.Bits()), nil
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("_i%d", t.Bits()), nil
	case reflect.Array:
		binary := strings.HasPrefix(name, "reserved") || name == "body" || name == "grandmaster"
		if t.Elem().Kind() == reflect.Uint8 && !binary {
			return fmt.Sprintf("_text * %d", t.Len()), nil
		}
		kind, err := pythonType(name, t.Elem())
		return fmt.Sprintf("%s * %d", kind, t.Len()), err
	case reflect.Struct:
		for _, s := range Structs() {
			if s.Type == t {
				return t.Name(), nil
			}
		}
	}
	return "", fmt.Errorf("type %s has no place in shared memory", t)
}
