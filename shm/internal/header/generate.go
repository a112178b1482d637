package header

import (
	"bytes"
	"embed"
	"fmt"
	"reflect"
	"strings"

	"wirebook/shm"
)

//go:embed *.h
var parts embed.FS

// The header is prologue.h, constants and structs, and then these, each standing on those before it.
var order = []string{"files.h", "ring.h", "packets.h", "latest.h", "control.h", "places.h", "digests.h", "door.h"}

// Generate returns the text of wirebook.h.
func Generate() ([]byte, error) {
	var b bytes.Buffer
	prologue, err := parts.ReadFile("prologue.h")
	if err != nil {
		return nil, err
	}
	b.Write(prologue)
	constants(&b)
	for _, s := range Structs() {
		if err := declare(&b, s); err != nil {
			return nil, err
		}
	}
	for _, name := range order {
		text, err := parts.ReadFile(name)
		if err != nil {
			return nil, err
		}
		b.Write(text)
	}
	b.WriteString("#endif /* WIREBOOK_H */\n")
	return b.Bytes(), nil
}

func constants(b *bytes.Buffer) {
	for _, c := range Constants() {
		fmt.Fprintf(b, "#define WB_%s %s\n", c.Name, c.c())
	}
	names(b)
	fmt.Fprintf(b, "\nenum wb_schema {\n")
	for s := shm.Schema(0); s < shm.SchemaCount; s++ {
		fmt.Fprintf(b, "\tWB_SCHEMA_%s = %d,\n", strings.ToUpper(strings.ReplaceAll(s.String(), "-", "")), s)
	}
	fmt.Fprintf(b, "\tWB_SCHEMA_COUNT = %d, /* of those with records */\n", shm.SchemaCount)
	fmt.Fprintf(b, "\tWB_SCHEMA_MARKS = %d,\n\tWB_SCHEMA_PACKETS = %d /* no slots */\n};\n", shm.SchemaMarks, shm.SchemaPackets)
	fmt.Fprintf(b, "\n/* Bytes of a slot and of its (largest) body, by schema, marks included. */\n")
	fmt.Fprintf(b, "static const uint32_t wb_slot_sizes[WB_SCHEMA_COUNT + 1] = {")
	for s := shm.Schema(0); s <= shm.SchemaMarks; s++ {
		fmt.Fprintf(b, "%s%d", comma(s > 0), s.SlotSize())
	}
	fmt.Fprintf(b, "};\nstatic const uint32_t wb_body_sizes[WB_SCHEMA_COUNT + 1] = {")
	for s := shm.Schema(0); s <= shm.SchemaMarks; s++ {
		fmt.Fprintf(b, "%s%d", comma(s > 0), s.BodySize())
	}
	b.WriteString("};\n")
}

// names writes a function for each group of constants that people read by name.
func names(b *bytes.Buffer) {
	for _, g := range Named() {
		fmt.Fprintf(b, "\nstatic inline const char *wb_%s_name(uint32_t v) {\n\tstatic const char *const names[] = {", g.What)
		for i, name := range g.Names() {
			fmt.Fprintf(b, "%s%q", comma(i > 0), name)
		}
		b.WriteString("};\n\treturn v < sizeof names / sizeof *names ? names[v] : \"?\";\n}\n")
	}
}

func comma(more bool) string {
	if more {
		return ", "
	}
	return ""
}

func declare(b *bytes.Buffer, s Struct) error {
	fields := Fields(s.Type)
	fmt.Fprintf(b, "\n/* %d bytes */\ntypedef struct wb_%s {\n", s.Type.Size(), s.Name)
	for _, f := range fields {
		base, dims, err := cType(f.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", s.Name, f.Name, err)
		}
		fmt.Fprintf(b, "\t%s %s%s;\n", base, f.Name, dims)
	}
	fmt.Fprintf(b, "} wb_%s;\n", s.Name)
	fmt.Fprintf(b, "WB_ASSERT(sizeof(wb_%s) == %d, size_of_%s);\n", s.Name, s.Type.Size(), s.Name)
	for _, f := range fields {
		fmt.Fprintf(b, "WB_ASSERT(offsetof(wb_%s, %s) == %d, %s_%s);\n", s.Name, f.Name, f.Offset, s.Name, f.Name)
	}
	return nil
}

func cType(t reflect.Type) (base, dims string, err error) {
	switch t.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return t.Kind().String() + "_t", "", nil
	case reflect.Array:
		base, dims, err = cType(t.Elem())
		return base, fmt.Sprintf("[%d]%s", t.Len(), dims), err
	case reflect.Struct:
		for _, s := range Structs() {
			if s.Type == t {
				return "wb_" + s.Name, "", nil
			}
		}
	}
	return "", "", fmt.Errorf("type %s has no place in shared memory", t)
}
