package shm

import (
	"cmp"
	"slices"
	"sync/atomic"
)

// ControlView reads a control file. It only loads, copies what it returns, and stays inside its memory whatever
// the file holds. Several goroutines may share it.
type ControlView struct {
	shared      *ControlHeader
	header      ControlHeader // the checked copy: places and capacities come from here
	rings       []RingEntry
	channels    []ChannelEntry
	lines       []LineEntry
	counters    []CounterEntry
	instruments []InstrumentEntry
	sessions    []SessionEntry
	mem         []byte
}

// NewControlView checks the control file in mem.
func NewControlView(mem []byte) (*ControlView, error) {
	if len(mem) < HeaderBytes {
		return nil, checkMagic("control file", len(mem), MagicControl, MagicControl, ABIVersion)
	}
	shared := view[ControlHeader](mem)
	if shared == nil {
		return nil, fail("control file", "memory is not 8-aligned")
	}
	v := &ControlView{shared: shared, header: snapshot(shared), mem: mem}
	h := &v.header
	if err := h.check(len(mem)); err != nil {
		return nil, err
	}
	v.rings = tableAt[RingEntry](mem, h.Rings.Offset, h.Rings.Capacity)
	v.channels = tableAt[ChannelEntry](mem, h.Channels.Offset, h.Channels.Capacity)
	v.lines = tableAt[LineEntry](mem, h.Lines.Offset, h.Lines.Capacity)
	v.counters = tableAt[CounterEntry](mem, h.Counters.Offset, h.Counters.Capacity)
	v.instruments = tableAt[InstrumentEntry](mem, h.Instruments.Offset, h.Instruments.Capacity)
	v.sessions = tableAt[SessionEntry](mem, h.Sessions.Offset, h.Sessions.Capacity)
	return v, nil
}

// Name returns the instance's name.
func (v *ControlView) Name() string { return Text(v.header.Name[:]) }

// Epoch returns the run of the writer.
func (v *ControlView) Epoch() uint64 { return atomic.LoadUint64(&v.shared.Epoch) }

// State returns the writer's state.
func (v *ControlView) State() uint32 { return atomic.LoadUint32(&v.shared.State) }

// WriterPID returns the writer's process id, and ProcessStart what tells it from a later process of the same id.
func (v *ControlView) WriterPID() (pid uint32, processStart uint64) {
	return v.header.WriterPID, v.header.ProcessStart
}

// StartNS returns when the writer started, UTC.
func (v *ControlView) StartNS() uint64 { return v.header.StartNS }

// HeartbeatNS returns when the writer last said that it lives, UTC.
func (v *ControlView) HeartbeatNS() uint64 { return atomic.LoadUint64(&v.shared.HeartbeatNS) }

// Stale says whether the writer's heartbeat is more than limitNS old at nowNS, though it did not end in good order.
func (v *ControlView) Stale(nowNS, limitNS uint64) bool {
	beat, state := v.HeartbeatNS(), v.State()
	return state != StateStopped && state != StateReplaced && nowNS > beat && nowNS-beat > limitNS
}

// Clock returns the clock block; ok is false while it cannot be read whole.
func (v *ControlView) Clock() (b ClockBlock, ok bool) {
	return locked(&v.shared.Clock, &v.shared.Clock.Sequence)
}

// locked copies an entry under its sequence lock.
func locked[T any](src *T, sequence *uint64) (e T, ok bool) {
	for try := 0; try < latestTries; try++ {
		if seq := atomic.LoadUint64(sequence); seq&1 == 0 {
			e = snapshot(src)
			if atomic.LoadUint64(sequence) == seq {
				return e, true
			}
		}
		pause(8)
	}
	return e, false
}

func count[T any](n *uint32, table []T) int { return min(int(atomic.LoadUint32(n)), len(table)) }

// Rings returns the rings of the instance.
func (v *ControlView) Rings() []RingEntry {
	list := make([]RingEntry, count(&v.shared.Rings.Count, v.rings))
	for i := range list {
		list[i] = snapshot(&v.rings[i])
	}
	return list
}

// Channels returns how many channels there are.
func (v *ControlView) Channels() int { return count(&v.shared.Channels.Count, v.channels) }

// Channel returns a copy of channel i.
func (v *ControlView) Channel(i int) (e ChannelEntry, ok bool) {
	if i < 0 || i >= v.Channels() {
		return e, false
	}
	return snapshot(&v.channels[i]), true
}

// Lines returns how many lines there are.
func (v *ControlView) Lines() int { return count(&v.shared.Lines.Count, v.lines) }

// Line returns a copy of line i.
func (v *ControlView) Line(i int) (e LineEntry, ok bool) {
	if i < 0 || i >= v.Lines() {
		return e, false
	}
	return snapshot(&v.lines[i]), true
}

// Counters returns how many counters there are.
func (v *ControlView) Counters() int { return count(&v.shared.Counters.Count, v.counters) }

// Counter returns a copy of counter i.
func (v *ControlView) Counter(i int) (e CounterEntry, ok bool) {
	if i < 0 || i >= v.Counters() {
		return e, false
	}
	return snapshot(&v.counters[i]), true
}

// Instruments returns how many instruments there are.
func (v *ControlView) Instruments() int { return count(&v.shared.Instruments.Count, v.instruments) }

// InstrumentRevision returns what changes whenever entry i does; 0 when there is none.
func (v *ControlView) InstrumentRevision(i int) uint64 {
	if i < 0 || i >= v.Instruments() {
		return 0
	}
	return atomic.LoadUint64(&v.instruments[i].Revision)
}

// Instrument returns a copy of entry i. ok is false when there is none, or it could not be read whole.
func (v *ControlView) Instrument(i int) (e InstrumentEntry, ok bool) {
	if i < 0 || i >= v.Instruments() {
		return e, false
	}
	return locked(&v.instruments[i], &v.instruments[i].Revision)
}

// Sessions returns the number from which on the table has most sessions and that of the newest; without any, 1 and 0. Numbers may be
// missing in between, and sessions that run may be older than the first.
func (v *ControlView) Sessions() (oldest, newest uint32) {
	newest = atomic.LoadUint32(&v.shared.Sessions.Count)
	if newest == 1<<32-1 {
		return 1, 0 // damage
	}
	return max(1, newest+1-min(newest+1, uint32(len(v.sessions)))), newest
}

// SessionList returns copies of all sessions that the table has, the oldest first.
func (v *ControlView) SessionList() (list []SessionEntry) {
	_, newest := v.Sessions()
	for i := range v.sessions {
		e, ok := locked(&v.sessions[i], &v.sessions[i].Revision)
		if ok && e.Number != 0 && e.Number <= newest && int(e.Number)%len(v.sessions) == i {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b SessionEntry) int { return cmp.Compare(a.Number, b.Number) })
	return list
}

// Session returns a copy of session number n. ok is false when it never was, is forgotten, or could not be read whole.
func (v *ControlView) Session(n uint32) (e SessionEntry, ok bool) {
	if n == 0 || len(v.sessions) == 0 {
		return e, false
	}
	src := &v.sessions[int(n)%len(v.sessions)]
	e, ok = locked(src, &src.Revision)
	return e, ok && e.Number == n
}
