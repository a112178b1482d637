package shm

import (
	"sync"
	"sync/atomic"
)

// Control writes the control file: who the writer is, what its clock does, what it publishes, and what it counted.
//
// The Add methods may be called by any worker of the process; they are rare and take a lock. Entries they return
// lie in shared memory and belong to the caller, which changes their counting words with atomic stores only
// (atomic.StoreUint64(&line.Received, n)), at best once per batch.
type Control struct {
	mu          sync.Mutex
	header      *ControlHeader
	rings       []RingEntry
	channels    []ChannelEntry
	lines       []LineEntry
	counters    []CounterEntry
	instruments []InstrumentEntry
	sessions    []SessionEntry
	newest      uint32   // session number
	running     []uint32 // by channel: the number of its session
	mem         []byte
}

// NewControl lays out a control file in mem, which is 8-aligned and at least ControlBytes(cfg) long. Its state is
// StateStarting until SetState.
func NewControl(mem []byte, cfg ControlConfig) (*Control, error) {
	if err := cfg.check(len(mem)); err != nil {
		return nil, err
	}
	h := view[ControlHeader](mem)
	if h == nil {
		return nil, fail("control file", "memory is not 8-aligned")
	}
	size := ControlBytes(cfg)
	atomic.StoreUint64(&h.Magic, 0)
	clear(mem[8:size])
	h.ABI, h.HeaderSize, h.FileSize = ABIVersion, HeaderBytes, uint64(size)
	h.Epoch, h.WriterPID, h.ProcessStart, h.StartNS = cfg.Epoch, cfg.PID, cfg.ProcessStart, cfg.StartNS
	h.HeartbeatNS = cfg.StartNS
	h.State = StateStarting
	copy(h.Name[:], cfg.Name)
	offset := uint64(HeaderBytes)
	for i := range tables {
		n := tables[i].want(&cfg)
		*tables[i].section(h) = Section{Offset: offset, Stride: tables[i].stride, Capacity: n}
		offset += uint64(n) * uint64(tables[i].stride)
	}
	atomic.StoreUint64(&h.Magic, MagicControl)
	return &Control{
		header:      h,
		rings:       tableAt[RingEntry](mem, h.Rings.Offset, cfg.Rings),
		channels:    tableAt[ChannelEntry](mem, h.Channels.Offset, cfg.Channels),
		lines:       tableAt[LineEntry](mem, h.Lines.Offset, cfg.Lines),
		counters:    tableAt[CounterEntry](mem, h.Counters.Offset, cfg.Counters),
		instruments: tableAt[InstrumentEntry](mem, h.Instruments.Offset, cfg.Instruments),
		sessions:    tableAt[SessionEntry](mem, h.Sessions.Offset, cfg.Sessions),
		running:     make([]uint32, cfg.Channels),
		mem:         mem,
	}, nil
}

// SetState publishes the writer's state.
func (c *Control) SetState(state uint32) { atomic.StoreUint32(&c.header.State, state) }

// Heartbeat says that the writer lives at nowNS (UTC). The edge's tick calls it.
func (c *Control) Heartbeat(nowNS uint64) { atomic.StoreUint64(&c.header.HeartbeatNS, nowNS) }

// Epoch returns the run of the writer.
func (c *Control) Epoch() uint64 { return c.header.Epoch }

// SetClock publishes what is known of the clock. One goroutine calls it.
func (c *Control) SetClock(b ClockBlock) {
	seq := atomic.LoadUint64(&c.header.Clock.Sequence)
	atomic.StoreUint64(&c.header.Clock.Sequence, seq|1)
	assign(&c.header.Clock, &b, 8)
	atomic.StoreUint64(&c.header.Clock.Sequence, (seq|1)+1)
}

// add puts e behind the entries of a table and publishes the new count last.
func add[T any](c *Control, s *Section, table []T, name string, e T) (uint32, *T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := s.Count
	if int(n) >= len(table) {
		return 0, nil, fail("control file", "no room for more than ", utoa(uint64(len(table))), " ", name)
	}
	assign(&table[n], &e, 0)
	atomic.StoreUint32(&s.Count, n+1)
	return n, &table[n], nil
}

// AddRing lists one ring of the instance.
func (c *Control) AddRing(e RingEntry) (uint32, error) {
	i, _, err := add(c, &c.header.Rings, c.rings, "rings", e)
	return i, err
}

// AddChannel makes a channel's entry and returns its index and place. name is cut at 48 bytes.
func (c *Control) AddChannel(name string, worker uint32, publisher uint16, depth uint32) (uint32, *ChannelEntry, error) {
	e := ChannelEntry{Worker: worker, PublisherID: publisher, Depth: depth}
	copy(e.Name[:], name)
	return add(c, &c.header.Channels, c.channels, "channels", e)
}

// SetSession says which session a channel is in: SessionEntry.Number, and its name, cut at 16 bytes.
func (e *ChannelEntry) SetSession(number uint32, name string) {
	var text [16]uint8
	copy(text[:], name)
	assign(&e.SessionName, &text, 0)
	atomic.StoreUint32(&e.Session, number)
}

// ChannelWorker returns the worker of a channel.
func (c *Control) ChannelWorker(index uint32) uint32 { return c.channels[index].Worker }

// AddLine makes the entry of a channel's line and returns its index and place. name is cut at 32 bytes.
func (c *Control) AddLine(name string, channel, line uint32) (uint32, *LineEntry, error) {
	e := LineEntry{Channel: channel, Line: line}
	copy(e.Name[:], name)
	return add(c, &c.header.Lines, c.lines, "lines", e)
}

// AddCounter registers a counter and returns the word to store its value in. name is cut at 48 bytes, label at 64.
func (c *Control) AddCounter(name, label string) (*uint64, error) {
	var e CounterEntry
	copy(e.Name[:], name)
	copy(e.Label[:], label)
	_, p, err := add(c, &c.header.Counters, c.counters, "counters", e)
	if err != nil {
		return nil, err
	}
	return &p.Value, nil
}

// AddInstrument appends an entry to the instrument table and returns its index. Revision is set here.
func (c *Control) AddInstrument(e InstrumentEntry) (uint32, error) {
	e.Revision = 2
	i, _, err := add(c, &c.header.Instruments, c.instruments, "instruments", e)
	return i, err
}

// Instrument returns entry index as it was set last. One goroutine at a time calls this, AddInstrument and SetInstrument.
func (c *Control) Instrument(index uint32) InstrumentEntry { return c.instruments[index] }

// SetInstrument replaces entry index.
func (c *Control) SetInstrument(index uint32, e InstrumentEntry) bool {
	if index >= c.header.Instruments.Count {
		return false
	}
	dst := &c.instruments[index]
	rev := atomic.LoadUint64(&dst.Revision)
	atomic.StoreUint64(&dst.Revision, rev|1)
	assign(dst, &e, 8)
	atomic.StoreUint64(&dst.Revision, (rev|1)+1)
	return true
}

// CarrySessions takes over the sessions of a former run's control file, so that its marks, which the rings still hold, keep their
// meaning and numbers go on. Before the first BeginSession.
func (c *Control) CarrySessions(former *ControlView) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range former.SessionList() {
		if len(c.sessions) > 0 {
			c.setSession(e)
		}
	}
	_, newest := former.Sessions()
	c.newest = max(c.newest, newest)
}

// Resets returns how often the numbering of the session that e describes had begun again by the time of its first packet, as far
// as the table tells: what the newest entry of the same channel and name says that had begun by then, or else 0.
func (c *Control) Resets(e *SessionEntry) (resets uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	newest := uint32(0)
	for i := range c.sessions {
		old := &c.sessions[i]
		if old.Number <= newest || old.PublisherID != e.PublisherID || old.ChannelName != e.ChannelName || old.Name != e.Name {
			continue
		}
		began, now := old.FirstSentNS, e.FirstSentNS
		if began == 0 || now == 0 {
			began, now = old.FirstRecvNS, e.FirstRecvNS
		}
		if began <= now {
			newest, resets = old.Number, old.Resets
		}
	}
	return resets
}

// BeginSession enters a session in the table and returns its number. e.Number and e.Revision are set here. A number whose entry is
// that of another channel's running session is passed over: channels that repeat themselves begin thousands while others begin one.
func (c *Control) BeginSession(e SessionEntry) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.newest++
	for range c.sessions {
		if !c.runs(&c.sessions[int(c.newest)%len(c.sessions)], e.Channel) {
			break
		}
		c.newest++
	}
	e.Number = c.newest
	if int(e.Channel) < len(c.running) {
		c.running[e.Channel] = e.Number
	}
	if len(c.sessions) > 0 {
		c.setSession(e)
	}
	return e.Number
}

// runs says whether an entry is the running session of another channel than this.
func (c *Control) runs(e *SessionEntry, channel uint32) bool {
	return e.Number != 0 && e.Channel != channel && int(e.Channel) < len(c.running) && c.running[e.Channel] == e.Number
}

func (c *Control) setSession(e SessionEntry) {
	dst := &c.sessions[int(e.Number)%len(c.sessions)]
	rev := atomic.LoadUint64(&dst.Revision)
	atomic.StoreUint64(&dst.Revision, rev|1)
	assign(dst, &e, 8)
	atomic.StoreUint64(&dst.Revision, (rev|1)+1)
	atomic.StoreUint32(&c.header.Sessions.Count, e.Number)
}

// Instruments returns how many entries the instrument table has.
func (c *Control) Instruments() uint32 { return atomic.LoadUint32(&c.header.Instruments.Count) }
