package cme

import (
	"reflect"

	"wirebook/feedhandler/venue/layout"
)

// template is one message type: its root block and its repeating groups in wire order.
type template struct {
	name   string
	root   *layout.Message
	groups []group
	legacy bool

	class byte // of definitions: DBN's instrument class before put, call and kind of spread are known
}

// maxGroups is how many groups the message with the most of them has (the repurchase definition).
const maxGroups = 7

// group is one repeating group of a template.
type group struct {
	name       string
	entry      *layout.Message
	eightBytes bool   // its size stands in 8 bytes, not 3
	since      uint16 // the schema version that brought it

	early      *layout.Message // the entry's layout before version earlyUntil, where that named other bytes
	earlyUntil uint16
}

func wire[T any]() *layout.Message { return layout.Of[T]("", "") }

func groupOf[T any](name string) group { return group{name: name, entry: wire[T]()} }

func (g group) wide() group { g.eightBytes = true; return g }

func (g group) from(version uint16) group { g.since = version; return g }

func (g group) before(version uint16, early *layout.Message) group {
	g.early, g.earlyUntil = early, version
	return g
}

// layoutAt returns the entry's layout in a schema version.
func (g *group) layoutAt(version uint16) *layout.Message {
	if version < g.earlyUntil {
		return g.early
	}
	return g.entry
}

// templateOf returns the template of an id, or nil.
func templateOf(id uint16) *template {
	if int(id) < len(templates) {
		return templates[id]
	}
	return nil
}

// blank returns T as a sender would fill it when it tells nothing: fields tagged `null:"max"` at the highest value
// of their type, everything else zero. A field beyond the sender's block length reads as this.
func blank[T any]() T {
	var t T
	value := reflect.ValueOf(&t).Elem()
	for i := 0; i < value.NumField(); i++ {
		field := value.Type().Field(i)
		if field.Type.Kind() == reflect.Struct {
			if field.Type == reflect.TypeFor[maturityMonthYear]() {
				value.Field(i).Set(reflect.ValueOf(blank[maturityMonthYear]()))
			}
			continue
		}
		if field.Tag.Get("null") != "max" {
			continue
		}
		bytes := value.Field(i)
		for j := 0; j < bytes.Len(); j++ {
			bytes.Index(j).SetUint(0xFF)
		}
		if field.Type.Name()[0] == 'I' { // signed: the highest is 0x7F first
			bytes.Index(bytes.Len() - 1).SetUint(0x7F)
		}
	}
	return t
}
