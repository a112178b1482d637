package inspect

import (
	"encoding/hex"
	"strconv"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/export"
	"wirebook/feedhandler/venue/layout"
)

// AppendJSON appends m as one JSON object and a newline. Fields keep their wire order, which a map would lose. With strings,
// integers of 64 bits are strings.
func AppendJSON(b []byte, m *Message, strings bool) []byte {
	w := writer{strings}
	b = append(b, `{"packet":`...)
	b = strconv.AppendInt(b, m.Packet, 10)
	b = append(b, `,"ts":`...)
	b = w.wide(b, m.TS)
	if m.Dst != 0 || m.DstPort != 0 || m.Src != 0 || m.Problem == "" {
		b = append(b, `,"src":`...)
		b = appendEndpoint(b, m.Src, m.SrcPort)
		b = append(b, `,"dst":`...)
		b = appendEndpoint(b, m.Dst, m.DstPort)
	}
	if m.Problem != "" {
		b = append(b, `,"problem":`...)
		b = appendText(b, m.Problem)
		b = appendLeftover(b, m.Leftover)
		return append(b, '}', '\n')
	}
	b = append(b, `,"session":`...)
	b = appendText(b, m.Session)
	b = append(b, `,"seq":`...)
	b = w.wide(b, m.Seq)
	if m.TsSend != 0 {
		b = append(b, `,"ts_send":`...)
		b = w.wide(b, m.TsSend)
	}
	b = append(b, `,"type":`...)
	b = appendText(b, m.Type)
	b = append(b, `,"name":`...)
	b = appendText(b, m.Name)
	if len(m.Header) > 0 {
		b = append(b, `,"header":`...)
		b = w.fields(b, m.Header)
	}
	b = append(b, `,"fields":`...)
	b = w.fields(b, m.Fields)
	if m.Unknown {
		b = append(b, `,"unknown":true`...)
	}
	if m.Truncated {
		b = append(b, `,"truncated":true`...)
	}
	b = appendLeftover(b, m.Leftover)
	return append(b, '}', '\n')
}

// writer spells the parts of an object.
type writer struct{ strings bool }

// wide appends an integer of 64 bits.
func (w writer) wide(b []byte, v uint64) []byte {
	if !w.strings {
		return strconv.AppendUint(b, v, 10)
	}
	return append(strconv.AppendUint(append(b, '"'), v, 10), '"')
}

func appendLeftover(b, leftover []byte) []byte {
	if len(leftover) == 0 {
		return b
	}
	b = append(b, `,"leftover":"`...)
	b = hex.AppendEncode(b, leftover)
	return append(b, '"')
}

func appendEndpoint(b []byte, addr uint32, port uint16) []byte {
	b = append(b, '"')
	b = append(b, config.AddrString(addr)...)
	b = append(b, ':')
	b = strconv.AppendUint(b, uint64(port), 10)
	return append(b, '"')
}

// appendText keeps every byte: those that are no printable ASCII become the code point of their value.
func appendText(b []byte, s string) []byte { return export.AppendJSONString(b, s) }

// fields writes an object in wire order; absent fields are left out. A group is an array of objects; what stands
// before its entries on the wire (entry size, count) is an object of its own before it, named GROUP_size.
func (w writer) fields(b []byte, fields []layout.Value) []byte {
	b = append(b, '{')
	first := true
	for i := range fields {
		v := &fields[i]
		if v.Absent {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		if len(v.Dimension) > 0 {
			b = appendText(b, v.Name+"_size")
			b = append(b, ':')
			b = w.fields(b, v.Dimension)
			b = append(b, ',')
		}
		b = appendText(b, v.Name)
		b = append(b, ':')
		switch {
		case v.Group:
			b = append(b, '[')
			for j, entry := range v.Entries {
				if j > 0 {
					b = append(b, ',')
				}
				b = w.fields(b, entry)
			}
			b = append(b, ']')
		case v.Kind == layout.Uint && v.Wide:
			b = w.wide(b, v.Uint)
		case v.Kind == layout.Uint:
			b = strconv.AppendUint(b, v.Uint, 10)
		case v.Kind == layout.Int && v.Wide && w.strings:
			b = append(strconv.AppendInt(append(b, '"'), v.Int, 10), '"')
		case v.Kind == layout.Int:
			b = strconv.AppendInt(b, v.Int, 10)
		default:
			b = appendText(b, v.Text)
		}
	}
	return append(b, '}')
}
