package cme

import (
	"strconv"

	"wirebook/feedhandler/venue/layout"
)

var (
	messageHeaderLayout = wire[messageHeader]()
	groupSizeLayout     = wire[groupSize]()
	groupSize8Layout    = wire[groupSize8Byte]()
)

// Inspect shows one message, which begins at its size, as the specification of its version spells it: the header
// (message_size, block_length, template_id, schema_id, version), the root fields, then the groups. Fields beyond the
// sender's block are marked absent; a group's own size is its Dimension. Bytes no layout accounts for, those that a
// newer version put at the end of a block too, are left over.
func (d *MDP3) Inspect(msg []byte) layout.Inspected { return inspect(msg) }

func inspect(msg []byte) layout.Inspected {
	header := messageHeaderLayout.Read(msg, len(msg))
	h := layout.View[messageHeader](msg)
	if h == nil {
		return layout.Inspected{Name: "unknown", Header: header, Truncated: true}
	}
	id, version, code := h.TemplateID.Get(), h.Version.Get(), strconv.FormatUint(uint64(h.TemplateID.Get()), 10)
	t := templateOf(id)
	if t == nil || h.SchemaID.Get() != schemaID {
		in := layout.InspectUnknown(code, msg[messageHeaderSize:])
		in.Header = header
		return in
	}
	in := layout.Inspected{Type: code, Name: t.messageNameAt(version), Header: header}
	show := inspection{t: t, id: id, version: version, in: &in}
	body, n := msg[messageHeaderSize:], int(h.BlockLength.Get())
	if n > len(body) {
		n, in.Truncated = len(body), true
	}
	in.Fields = show.block(t.root, body[:n])
	rest := body[n:]
	for i := range t.groups {
		if version >= t.groups[i].since && !in.Truncated {
			rest = show.group(&t.groups[i], rest)
		}
	}
	in.Leftover = append(in.Leftover, rest...)
	return in
}

// inspection is one message being shown.
type inspection struct {
	t           *template
	id, version uint16
	in          *layout.Inspected
}

// block shows a block and keeps what no field accounts for.
func (s *inspection) block(m *layout.Message, block []byte) []layout.Value {
	values := m.Read(block, len(block))
	for i := range values {
		values[i].Name = s.t.nameAt(s.id, s.version, values[i].Name)
	}
	if len(block) > m.Size {
		s.in.Leftover = append(s.in.Leftover, block[m.Size:]...)
	}
	return values
}

// group shows a repeating group, as many entries as are whole, and returns what follows it.
func (s *inspection) group(g *group, rest []byte) []byte {
	size, entry := groupSizeLayout, g.layoutAt(s.version)
	if g.eightBytes {
		size = groupSize8Layout
	}
	value := layout.Value{Name: g.name, Group: true, Dimension: size.Read(rest, len(rest))}
	if len(rest) < size.Size {
		s.in.Truncated = true
		s.in.Fields = append(s.in.Fields, value)
		return rest
	}
	length, n := int(rest[0])|int(rest[1])<<8, int(rest[size.Size-1])
	rest = rest[size.Size:]
	for i := 0; i < n; i++ {
		if len(rest) < length || length == 0 {
			s.in.Truncated = true
			break
		}
		value.Entries = append(value.Entries, s.block(entry, rest[:length]))
		rest = rest[length:]
	}
	s.in.Fields = append(s.in.Fields, value)
	return rest
}
