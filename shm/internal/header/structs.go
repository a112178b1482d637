package header

import (
	"reflect"
	"strings"

	"wirebook/shm"
)

// Struct is one struct of the ABI under its C name.
type Struct struct {
	Name string
	Type reflect.Type
}

func of[T any](name string) Struct { return Struct{name, reflect.TypeFor[T]()} }

// Structs lists the ABI, each struct behind those it contains.
func Structs() []Struct {
	return []Struct{
		of[shm.RecordHeader]("record_header"), of[shm.MBO]("mbo"), of[shm.Trade]("trade"), of[shm.Level]("level"),
		of[shm.MBP1]("mbp1"), of[shm.MBP10]("mbp10"), of[shm.Status]("status"), of[shm.Imbalance]("imbalance"),
		of[shm.Statistics]("statistics"), of[shm.Definition]("definition"),
		of[shm.RingHeader]("ring_header"), of[shm.SlotMBO]("slot_mbo"), of[shm.SlotTrade]("slot_trade"),
		of[shm.SlotMBP1]("slot_mbp1"), of[shm.SlotMBP10]("slot_mbp10"), of[shm.SlotAdmin]("slot_admin"),
		of[shm.Mark]("mark"), of[shm.SlotMark]("slot_mark"), of[shm.Appliance]("appliance"),
		of[shm.PacketsHeader]("packets_header"), of[shm.PacketHeader]("packet_header"),
		of[shm.LatestHeader]("latest_header"), of[shm.LatestSlot]("latest_slot"),
		of[shm.Section]("section"), of[shm.ClockBlock]("clock_block"), of[shm.ControlHeader]("control_header"),
		of[shm.RingEntry]("ring_entry"), of[shm.Digest]("digest"), of[shm.ChannelEntry]("channel_entry"),
		of[shm.LineEntry]("line_entry"), of[shm.CounterEntry]("counter_entry"), of[shm.InstrumentEntry]("instrument_entry"), of[shm.SessionEntry]("session_entry"),
		of[shm.ReadersHeader]("readers_header"), of[shm.DoorbellLine]("doorbell_line"), of[shm.ReaderEntry]("reader_entry"),
	}
}

// Field is one field with bytes of its own.
type Field struct {
	Name   string // C name
	Type   reflect.Type
	Offset uintptr
	Size   uintptr
}

// Fields returns the fields of a struct. The marker structs.HostLayout has no bytes and is left out.
func Fields(t reflect.Type) []Field {
	var list []Field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Size() == 0 {
			continue
		}
		name := snake(f.Name)
		if f.Anonymous {
			name = "hd"
		}
		list = append(list, Field{name, f.Type, f.Offset, f.Type.Size()})
	}
	return list
}

// snake spells a Go name the C way: InstrumentID is instrument_id, SSRFillingPrice ssr_filling_price.
func snake(name string) string {
	switch name { // one word in DBN
	case "SecSubType":
		return "secsubtype"
	case "RType":
		return "rtype"
	}
	var b strings.Builder
	upper := func(i int) bool { return i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
	lower := func(i int) bool { return i < len(name) && name[i] >= 'a' && name[i] <= 'z' }
	for i := range len(name) {
		if i > 0 && upper(i) && (!upper(i-1) || lower(i+1)) {
			b.WriteByte('_')
		}
		if upper(i) {
			b.WriteByte(name[i] + 'a' - 'A')
		} else {
			b.WriteByte(name[i])
		}
	}
	return b.String()
}
