package cme

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/venue/layout"
)

// sample builds a message of a template from its layouts, two entries a group, every block longer or shorter by
// grow bytes than ours.
func sample(id, version uint16, grow int) []byte {
	t := templateOf(id)
	block := sampleBlock(t.root, grow)
	msg := binary.LittleEndian.AppendUint16(nil, 0)
	for _, v := range []uint16{uint16(len(block)), id, schemaID, version} {
		msg = binary.LittleEndian.AppendUint16(msg, v)
	}
	msg = append(msg, block...)
	for i := range t.groups {
		g := &t.groups[i]
		if version < g.since {
			continue
		}
		entry := sampleBlock(g.layoutAt(version), grow)
		msg = binary.LittleEndian.AppendUint16(msg, uint16(len(entry)))
		if g.eightBytes {
			msg = append(msg, 0, 0, 0, 0, 0)
		}
		msg = append(append(append(msg, 2), entry...), entry...)
	}
	binary.LittleEndian.PutUint16(msg, uint16(len(msg)))
	return msg
}

// sampleBlock fills a block with values that mean something.
func sampleBlock(m *layout.Message, grow int) []byte {
	p := make([]byte, m.Size+max(grow, 0))
	for i := range p[m.Size:] {
		p[m.Size+i] = 0xEE
	}
	for _, f := range m.Fields {
		if f.Kind == layout.Opaque {
			continue
		}
		value := byte(1)
		switch {
		case strings.HasPrefix(f.Name, "md_update_action"), f.Name == "order_update_action":
			value = 0
		case f.Name == "md_entry_type_daily_statistics":
			value = '6'
		case f.Name == "md_entry_type_statistics":
			value = '4'
		case strings.HasPrefix(f.Name, "md_entry_type"):
			value = '0'
		case strings.Contains(f.Name, "trading_status"):
			value = 17
		case f.Kind == layout.Text:
			value = 'A'
		}
		p[f.Off] = value
	}
	return p[:len(p)+min(grow, 0)]
}

func newBatch() *book.Batch {
	b := book.NewBatch(64)
	b.BeginPacket(book.Packet{})
	return b
}

func versionsOf(id uint16) []uint16 {
	switch {
	case id == 36:
		return []uint16{5, 8}
	case id < 46:
		return []uint16{5, 8, 9}
	}
	return []uint16{9, 13, 20}
}

// Every template decodes, is shown whole, is never written to, and cut at any byte is a fault that leaves neither
// events nor traces.
func TestEveryTemplateTruncated(t *testing.T) {
	for i, tmpl := range templates {
		if tmpl == nil {
			continue
		}
		id := uint16(i)
		for _, version := range versionsOf(id) {
			t.Run(tmpl.name+"/"+strconv.Itoa(int(version)), func(t *testing.T) {
				msg := sample(id, version, 0)
				kept := bytes.Clone(msg)
				d, b := NewMDP3(4), newBatch()
				if fault := d.Decode(b, msg); fault != book.FaultNone {
					t.Fatal(fault)
				}
				if id != 12 && id != 15 && id != 16 && len(b.Events) == 0 {
					t.Error("no event")
				}
				if in := d.Inspect(msg); in.Unknown || in.Truncated || len(in.Leftover) != 0 || len(in.Fields) != len(tmpl.root.Fields)+shown(tmpl, version) {
					t.Errorf("inspect: %+v", in)
				}
				d, b = NewMDP3(4), newBatch()
				for n := range msg {
					short := bytes.Clone(msg[:n])
					if fault := d.Decode(b, short); fault != book.FaultTruncated && fault != book.FaultBadGroup {
						t.Errorf("cut at %d: %v", n, fault)
					}
					if len(b.Events)+len(b.Statistics)+len(b.Statuses)+len(b.Definitions) != 0 || d.Directory().Len() != 1 || len(d.open) != 0 {
						t.Fatalf("cut at %d: something was left", n)
					}
					if in := d.Inspect(short); !in.Truncated {
						t.Errorf("cut at %d: inspect says whole", n)
					}
				}
				if !bytes.Equal(msg, kept) {
					t.Error("the input was written to")
				}
			})
		}
	}
}

func shown(t *template, version uint16) (n int) {
	for i := range t.groups {
		if version >= t.groups[i].since {
			n++
		}
	}
	return n
}

// A newer sender's longer blocks decode to the same events, and Inspect shows the rest; an older sender's shorter
// root block loses its last field, no more.
func TestBlockLengths(t *testing.T) {
	for i, tmpl := range templates {
		if tmpl == nil || i == 12 {
			continue
		}
		id := uint16(i)
		version := versionsOf(id)[1]
		plain, longer := newBatch(), newBatch()
		NewMDP3(4).Decode(plain, sample(id, version, 0))
		if fault := NewMDP3(4).Decode(longer, sample(id, version, 3)); fault != book.FaultNone {
			t.Errorf("%s: longer blocks: %v", tmpl.name, fault)
		}
		if len(plain.Events) != len(longer.Events) {
			t.Fatalf("%s: %d events, %d with longer blocks", tmpl.name, len(plain.Events), len(longer.Events))
		}
		for j := range plain.Events {
			if plain.Events[j] != longer.Events[j] {
				t.Errorf("%s: event %d is %+v with longer blocks, not %+v", tmpl.name, j, longer.Events[j], plain.Events[j])
			}
		}
		if in := inspect(sample(id, version, 3)); len(in.Leftover) == 0 || in.Leftover[0] != 0xEE || in.Truncated {
			t.Errorf("%s: leftover %x", tmpl.name, in.Leftover)
		}
		in := inspect(sample(id, version, -1))
		if in.Truncated || !in.Fields[len(tmpl.root.Fields)-1].Absent {
			t.Errorf("%s: shorter: %+v", tmpl.name, in.Fields)
		}
	}
}

// Definitions of an older version, without the fields that came later, decode.
func TestOlderDefinition(t *testing.T) {
	msg := sample(27, 5, -2) // version 5 has no trading_reference_date, lot sizes cut too
	b := newBatch()
	d := NewMDP3(4)
	if fault := d.Decode(b, msg); fault != book.FaultNone || len(b.Definitions) != 1 {
		t.Fatal(fault)
	}
	def := &b.Definitions[0]
	if def.MinPriceIncrement != 100 || def.InstrumentClass != 'F' || def.RawSymbol[0] != 'A' || def.StrikePrice != book.UndefPrice {
		t.Errorf("%+v", def)
	}
}

// No template allocates once the batch has grown and the instrument is known.
func TestAllocs(t *testing.T) {
	for i, tmpl := range templates {
		if tmpl == nil {
			continue
		}
		msg := sample(uint16(i), versionsOf(uint16(i))[1], 0)
		d, b := NewMDP3(4), newBatch()
		if n := testing.AllocsPerRun(100, func() {
			b.Reset()
			b.BeginPacket(book.Packet{})
			d.Decode(b, msg)
		}); n != 0 {
			t.Errorf("%s: %v allocations", tmpl.name, n)
		}
	}
}

func TestForeignMessages(t *testing.T) {
	d, b := NewMDP3(4), newBatch()
	other := sample(46, 9, 0)
	other[6] = 2
	if fault := d.Decode(b, other); fault != book.FaultUnknownSchema {
		t.Error(fault)
	}
	if in := d.Inspect(other); !in.Unknown || len(in.Leftover) != len(other)-messageHeaderSize {
		t.Errorf("%+v", in)
	}
	unknown := sample(46, 9, 0)
	unknown[4] = 200
	if fault := d.Decode(b, unknown); fault != book.FaultUnknownType {
		t.Error(fault)
	}
	if in := d.Inspect(unknown); !in.Unknown || in.Type != "200" {
		t.Errorf("%+v", in)
	}
	if len(b.Events) != 0 {
		t.Error("events of foreign messages")
	}
}
