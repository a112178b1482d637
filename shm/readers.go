package shm

import "sync/atomic"

// Announcement is what a reader says of itself.
type Announcement struct {
	PID          uint32
	ProcessStart uint64
	SinceNS      uint64
	Schema       Schema
	Worker       uint32
	Policy       uint32
	Language     string // at most 16 bytes, as Name at most 48; what is longer is cut
	Name         string
}

func (a *Announcement) claim() uint64 { return claimOf(a.PID, a.ProcessStart) }

func claimOf(pid uint32, start uint64) uint64 { return uint64(pid) | start<<32 }

// ClaimedBy returns who claimed an entry: the process id, and the lower half of its start.
func (e *ReaderEntry) ClaimedBy() (pid, start uint32) { return uint32(e.Claim), uint32(e.Claim >> 32) }

// Announced is a reader's place in the readers file. It belongs to the reader's goroutine.
type Announced struct {
	entry *ReaderEntry
	claim uint64
}

// Announce claims the first entry that is free or, as dead says of a copy, of a process that is no more. It returns nil where
// there is none. The caller may be overwritten by whoever ignores this rule: Update says so.
func (f *ReadersFile) Announce(a *Announcement, dead func(*ReaderEntry) bool) *Announced {
	for i := range f.entries {
		shared := &f.entries[i]
		before := snapshot(shared)
		if before.Claim != 0 && !dead(&before) {
			continue
		}
		if !atomic.CompareAndSwapUint64(&shared.Claim, before.Claim, a.claim()) {
			continue
		}
		e := ReaderEntry{Claim: a.claim(), ProcessStart: a.ProcessStart, SinceNS: a.SinceNS, Schema: uint32(a.Schema),
			Worker: a.Worker, Policy: a.Policy, HeartbeatNS: a.SinceNS}
		copy(e.Language[:], a.Language)
		copy(e.Name[:], a.Name)
		assign(shared, &e, 8)
		return &Announced{shared, a.claim()}
	}
	return nil
}

// Update says how far the reader is. False: the entry is another's now.
func (a *Announced) Update(position, lapped, nowNS uint64, asleep bool) bool {
	if atomic.LoadUint64(&a.entry.Claim) != a.claim {
		return false
	}
	state := uint32(0)
	if asleep {
		state = 1
	}
	atomic.StoreUint64(&a.entry.Position, position)
	atomic.StoreUint64(&a.entry.Lapped, lapped)
	atomic.StoreUint64(&a.entry.HeartbeatNS, nowNS)
	atomic.StoreUint32(&a.entry.Asleep, state)
	return true
}

// Leave frees the entry.
func (a *Announced) Leave() { atomic.CompareAndSwapUint64(&a.entry.Claim, a.claim, 0) }

// List returns copies of the entries in use. What they say is what their processes say, or somebody else of the group: bounded
// in number, not to be believed.
func (f *ReadersFile) List() []ReaderEntry {
	var list []ReaderEntry
	for i := range f.entries {
		e := snapshot(&f.entries[i])
		if e.Claim != 0 && atomic.LoadUint64(&f.entries[i].Claim) == e.Claim {
			list = append(list, e)
		}
	}
	return list
}
