package segment

import (
	"time"

	"wirebook/shm"
)

// ReaderInfo is what one entry of the readers file says, made fit to be shown. It is the word of whoever wrote it.
type ReaderInfo struct {
	Name        string
	Language    string
	PID         uint32
	Schema      uint32
	Worker      uint32
	Policy      uint32
	Position    uint64
	Lapped      uint64
	SinceNS     uint64
	HeartbeatNS uint64
	Asleep      bool
	Alive       bool // its process runs in this PID namespace, or it reported within a second
}

// Readers lists who announced itself in the instance's readers file. An instance without one gives ErrNoDoorbell.
func (v *View) Readers() ([]ReaderInfo, error) {
	m, err := v.openReaders(false)
	if err != nil {
		return nil, err
	}
	defer m.close()
	var entries []shm.ReaderEntry
	if !faultless(m, func() {
		var f *shm.ReadersFile
		if f, err = shm.OpenReadersFile(m.mem); err == nil {
			entries = f.List()
		}
	}) {
		err = errCut
	}
	now := uint64(time.Now().UnixNano())
	list := make([]ReaderInfo, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		pid, _ := e.ClaimedBy()
		list = append(list, ReaderInfo{
			Name: shm.Text(e.Name[:]), Language: shm.Text(e.Language[:]), PID: pid, Schema: e.Schema, Worker: e.Worker, Policy: e.Policy,
			Position: e.Position, Lapped: e.Lapped, SinceNS: e.SinceNS, HeartbeatNS: e.HeartbeatNS, Asleep: e.Asleep != 0, Alive: !deadReader(e, now),
		})
	}
	return list, err
}
