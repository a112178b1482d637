package layout

import (
	"reflect"
	"strconv"
	"strings"
)

// FieldKind says how a field's bytes read.
type FieldKind uint8

// Field kinds.
const (
	Uint FieldKind = iota
	Int
	Text   // padded by blanks or zeros
	Opaque // padding, reserved: shown as hex
)

// Field is one field of a layout, offsets from the start of its structure.
type Field struct {
	Name      string
	Off, Size int
	Kind      FieldKind
	BigEndian bool
}

// Message is the layout of one message type, fields in wire order.
type Message struct {
	Code, Name string
	Size       int
	Fields     []Field
}

// Value is one decoded field for people: Text for text and hex, Int or Uint raw and unscaled, or the entries of a group.
type Value struct {
	Name    string
	Kind    FieldKind
	Uint    uint64
	Int     int64
	Text    string
	Wide    bool      // an integer of eight bytes, which many JSON readers round
	Absent  bool      // beyond the block length the sender used
	Entries [][]Value // a repeating group, one slice of fields per entry
	Group   bool

	Dimension []Value // of a group: the fields that stand before its entries (entry size, count), where the venue has any
}

// Inspected is one message as inspect shows it.
type Inspected struct {
	Type, Name string // the code on the wire, or template id; the specification's name
	Header     []Value
	Fields     []Value
	Leftover   []byte // bytes no layout accounts for
	Unknown    bool
	Truncated  bool
}

// Of derives the layout of T. It panics when T holds anything but byte arrays: a programming error found at start.
func Of[T any](code, name string) *Message {
	t := reflect.TypeFor[T]()
	m := &Message{Code: code, Name: name, Size: int(t.Size())}
	m.Fields = fieldsOf(nil, t, 0)
	return m
}

func fieldsOf(dst []Field, t reflect.Type, base int) []Field {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		off := base + int(f.Offset)
		if f.Type.Kind() == reflect.Struct {
			dst = fieldsOf(dst, f.Type, off)
			continue
		}
		if f.Type.Kind() != reflect.Array || f.Type.Elem().Kind() != reflect.Uint8 {
			panic("layout: " + t.String() + "." + f.Name + " is not a wire type")
		}
		name, option, _ := strings.Cut(f.Tag.Get("wire"), ",")
		if name == "" {
			name = SnakeCase(f.Name)
		}
		field := Field{Name: name, Off: off, Size: int(f.Type.Size()), Kind: Text}
		kind := f.Type.Name()
		switch {
		case option == "bytes":
			field.Kind = Opaque
		case strings.HasPrefix(kind, "U"):
			field.Kind, field.BigEndian = Uint, strings.HasSuffix(kind, "BE")
		case strings.HasPrefix(kind, "I"):
			field.Kind, field.BigEndian = Int, strings.HasSuffix(kind, "BE")
		}
		dst = append(dst, field)
	}
	return dst
}

// SnakeCase spells a Go field name as the layout tables do.
func SnakeCase(s string) string {
	var b strings.Builder
	for i, r := range s {
		digit := r >= '0' && r <= '9'
		upper := r >= 'A' && r <= 'Z'
		if i > 0 && (upper || digit && !(s[i-1] >= '0' && s[i-1] <= '9')) {
			b.WriteByte('_')
		}
		if upper {
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Read decodes the field out of a structure that starts at p[0] and has blockLength bytes of its own.
// A field that does not lie inside them is absent.
func (f *Field) Read(p []byte, blockLength int) Value {
	v := Value{Name: f.Name, Kind: f.Kind, Wide: f.Size == 8 && f.Kind <= Int}
	if f.Off+f.Size > blockLength || f.Off+f.Size > len(p) {
		v.Absent = true
		return v
	}
	raw := p[f.Off : f.Off+f.Size]
	switch f.Kind {
	case Text:
		v.Text = strings.TrimRight(string(raw), " \x00")
	case Opaque:
		v.Text = hexOf(raw)
	default:
		for i := range raw {
			c := raw[i]
			if !f.BigEndian {
				c = raw[len(raw)-1-i]
			}
			v.Uint = v.Uint<<8 | uint64(c)
		}
		if f.Kind == Int {
			shift := 64 - 8*len(raw)
			v.Int = int64(v.Uint<<shift) >> shift
		}
	}
	return v
}

// hexOf spells bytes. The hex package would bring fmt, and with it os and time, into the core.
func hexOf(raw []byte) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2*len(raw))
	for _, c := range raw {
		text = append(text, digits[c>>4], digits[c&15])
	}
	return string(text)
}

// Read decodes every field of a message.
func (m *Message) Read(p []byte, blockLength int) []Value {
	values := make([]Value, 0, len(m.Fields))
	for i := range m.Fields {
		values = append(values, m.Fields[i].Read(p, blockLength))
	}
	return values
}

// Inspect decodes a fixed-layout message: every field, what is missing and what is left over.
func (m *Message) Inspect(p []byte) Inspected {
	in := Inspected{Type: m.Code, Name: m.Name, Fields: m.Read(p, len(p)), Truncated: len(p) < m.Size}
	if len(p) > m.Size {
		in.Leftover = p[m.Size:]
	}
	return in
}

// InspectUnknown shows a message whose type no table lists: code, and all bytes as leftover.
func InspectUnknown(code string, p []byte) Inspected {
	return Inspected{Type: code, Name: "unknown", Leftover: p, Unknown: true}
}

// CodeOf spells a one-byte message type: the character, or 0xNN where it does not print.
func CodeOf(c byte) string {
	if c > ' ' && c < 0x7f {
		return string(rune(c))
	}
	return "0x" + strconv.FormatUint(uint64(c), 16)
}
