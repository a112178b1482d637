package shm

// Bounds of the control file's tables: what a reader accepts at most.
const (
	MaxRings       = 1 << 10
	MaxChannels    = 1 << 12
	MaxLines       = 1 << 14
	MaxCounters    = 1 << 16
	MaxInstruments = MaxLatest
	MaxSessions    = 1 << 16
)

// ControlConfig shapes a control file and says who writes it. The table sizes are capacities.
type ControlConfig struct {
	Name         string // of the instance
	Epoch        uint64 // run of the writer, from 1
	PID          uint32
	ProcessStart uint64 // clock ticks since boot
	StartNS      uint64 // UTC
	Rings        uint32
	Channels     uint32
	Lines        uint32
	Counters     uint32
	Instruments  uint32
	Sessions     uint32
}

// tableSpec is what one section must look like.
type tableSpec struct {
	name    string
	stride  uint32
	max     uint32
	section func(h *ControlHeader) *Section
	want    func(cfg *ControlConfig) uint32
}

// tables are the sections in file order.
var tables = [...]tableSpec{
	{"rings", sizeRingEntry, MaxRings, func(h *ControlHeader) *Section { return &h.Rings }, func(c *ControlConfig) uint32 { return c.Rings }},
	{"channels", sizeChannelEntry, MaxChannels, func(h *ControlHeader) *Section { return &h.Channels }, func(c *ControlConfig) uint32 { return c.Channels }},
	{"lines", sizeLineEntry, MaxLines, func(h *ControlHeader) *Section { return &h.Lines }, func(c *ControlConfig) uint32 { return c.Lines }},
	{"counters", sizeCounterEntry, MaxCounters, func(h *ControlHeader) *Section { return &h.Counters }, func(c *ControlConfig) uint32 { return c.Counters }},
	{"instruments", sizeInstrumentEntry, MaxInstruments, func(h *ControlHeader) *Section { return &h.Instruments }, func(c *ControlConfig) uint32 { return c.Instruments }},
	{"sessions", sizeSessionEntry, MaxSessions, func(h *ControlHeader) *Section { return &h.Sessions }, func(c *ControlConfig) uint32 { return c.Sessions }},
}

// Sizes of the table entries: strides of their sections.
const (
	sizeRingEntry       = 64
	sizeChannelEntry    = 448
	sizeLineEntry       = 448
	sizeCounterEntry    = 128
	sizeInstrumentEntry = 192
	sizeSessionEntry    = 192
)

// ControlBytes returns the bytes a control file of cfg needs.
func ControlBytes(cfg ControlConfig) int {
	n := HeaderBytes
	for i := range tables {
		n += int(tables[i].stride) * int(tables[i].want(&cfg))
	}
	return n
}

func (cfg *ControlConfig) check(memory int) error {
	if cfg.Epoch == 0 {
		return fail("control file", "epoch 0 means never written; count from 1")
	}
	if len(cfg.Name) >= len(ControlHeader{}.Name) {
		return fail("control file", "instance name ", cfg.Name, " is longer than ", utoa(uint64(len(ControlHeader{}.Name)-1)), " bytes")
	}
	for i := range tables {
		if n := tables[i].want(cfg); n > tables[i].max {
			return fail("control file", utoa(uint64(n)), " ", tables[i].name, " are more than ", utoa(uint64(tables[i].max)))
		}
	}
	if memory < ControlBytes(*cfg) {
		return fail("control file", "memory of ", utoa(uint64(memory)), " bytes is smaller than the ", utoa(uint64(ControlBytes(*cfg))), " it needs")
	}
	return nil
}

// check bounds every field of a header that another process wrote.
func (h *ControlHeader) check(memory int) error {
	if err := checkMagic("control file", memory, h.Magic, MagicControl, h.ABI); err != nil {
		return err
	}
	if h.HeaderSize != HeaderBytes {
		return fail("control file", "header of ", utoa(uint64(h.HeaderSize)), " bytes, expected ", utoa(HeaderBytes))
	}
	if h.FileSize > uint64(memory) {
		return fail("control file", "truncated: ", utoa(uint64(memory)), " bytes, but its header promises ", utoa(h.FileSize))
	}
	for i := range tables {
		t := &tables[i]
		s := t.section(h)
		switch {
		case s.Stride != t.stride:
			return fail("control file", t.name, " of ", utoa(uint64(s.Stride)), " bytes each, expected ", utoa(uint64(t.stride)))
		case s.Capacity > t.max:
			return fail("control file", "room for ", utoa(uint64(s.Capacity)), " ", t.name, ", more than ", utoa(uint64(t.max)))
		case s.Offset%8 != 0 || s.Offset < HeaderBytes || s.Offset > h.FileSize ||
			uint64(s.Capacity)*uint64(s.Stride) > h.FileSize-s.Offset:
			return fail("control file", t.name, " at offset ", utoa(s.Offset), " do not fit into ", utoa(h.FileSize), " bytes")
		}
	}
	return nil
}

// Text returns the text of a NUL-padded field. Bytes that are not printable ASCII become '?': the field may
// come from a foreign segment and end on a terminal.
func Text(b []byte) string {
	n := 0
	for n < len(b) && b[n] != 0 {
		n++
	}
	clean := true
	for _, c := range b[:n] {
		clean = clean && c >= ' ' && c <= '~'
	}
	if clean {
		return string(b[:n])
	}
	out := make([]byte, n)
	for i, c := range b[:n] {
		if c < ' ' || c > '~' {
			c = '?'
		}
		out[i] = c
	}
	return string(out)
}
