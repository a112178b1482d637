package top

import (
	"fmt"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// Announced is what a reader says of itself in the readers file: one entry for each ring it follows. It is its word, or that of
// somebody else in the instance's group.
type Announced struct {
	Name     string `json:"name"`
	PID      uint32 `json:"pid"`
	Language string `json:"language"`
	Schema   string `json:"schema"`
	Worker   uint32 `json:"worker"`
	Policy   string `json:"policy"` // when it cannot keep up: none (not said), wait, conflate, skip
	State    string `json:"state"`  // awake; asleep, at the doorbell; dead
	Position uint64 `json:"position"`
	Behind   uint64 `json:"behind"` // records, of the packets ring bytes
	Lapped   uint64 `json:"lapped"` // that were overwritten before it read them
	SinceNS  uint64 `json:"since_ns"`
}

var policies = [...]string{"none", "wait", "conflate", "skip"}

// announced lists the readers file; nobody where there is none.
func announced(v *segment.View) []Announced {
	list := []Announced{}
	readers, err := v.Readers()
	if err != nil || len(readers) == 0 {
		return list
	}
	type ring struct{ schema, worker uint32 }
	edges := map[ring]uint64{}
	for _, e := range v.Control.Rings() {
		at := ring{e.Schema, e.Worker}
		if e.Schema == uint32(shm.SchemaPackets) {
			if r, err := v.Packets(e); err == nil {
				edges[at] = r.SeekEdge()
			}
		} else if r, err := v.Ring(e); err == nil {
			edges[at] = r.SeekEdge()
		}
	}
	for _, r := range readers {
		a := Announced{
			Name: r.Name, PID: r.PID, Language: r.Language, Schema: schemaName(r.Schema), Worker: r.Worker, Policy: "none", State: "awake",
			Position: r.Position, Lapped: r.Lapped, SinceNS: r.SinceNS,
		}
		if int(r.Policy) < len(policies) {
			a.Policy = policies[r.Policy]
		}
		switch {
		case !r.Alive:
			a.State = "dead"
		case r.Asleep:
			a.State = "asleep"
		}
		if edge := edges[ring{r.Schema, r.Worker}]; edge > r.Position {
			a.Behind = edge - r.Position
		}
		list = append(list, a)
	}
	return list
}

func schemaName(schema uint32) string {
	if schema > 0xFF {
		return fmt.Sprint(schema)
	}
	return shm.Schema(schema).String()
}

var announcedColumns = []column{
	{"READER", 22, 0, true}, {"PID", 8, 0, false}, {"LANG", 8, 3, true}, {"RING", 10, 0, true}, {"STATE", 6, 0, true}, {"BEHIND", 12, 0, false},
	{"LAPPED", 12, 1, false}, {"POLICY", 8, 2, true},
}

func announcedLines(s *Snapshot, width int) []string {
	if len(s.Announced) == 0 {
		return nil
	}
	var cells [][]string
	for _, a := range s.Announced {
		cells = append(cells, []string{a.Name, fmt.Sprint(a.PID), a.Language, fmt.Sprintf("%s-%d", a.Schema, a.Worker), a.State, count(a.Behind), count(a.Lapped), a.Policy})
	}
	return append([]string{""}, table(announcedColumns, cells, width)...)
}
