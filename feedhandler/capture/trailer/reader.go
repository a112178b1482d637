package trailer

// Config is what a Reader must be told.
type Config struct {
	Kind Kind
	// TAIMinusUTC is the offset in seconds at the time of the capture, from ptp4l or the leap second table; only the
	// Arista 7280 in its TAI forms needs it. Where TAIKnown is false such frames get no stamp.
	TAIMinusUTC int32
	TAIKnown    bool
}

// Reader reads the stamps of one capture point. It belongs to one goroutine.
type Reader struct {
	kind  Kind
	ticks ticks7150
	l2    header7280
}

// NewReader makes the reader for one kind. An unknown kind reads nothing.
func NewReader(c Config) *Reader {
	return &Reader{kind: c.Kind, l2: header7280{taiNS: int64(c.TAIMinusUTC) * nsPerSecond, taiOK: c.TAIKnown}}
}

// Kind is what the reader looks for.
func (r *Reader) Kind() Kind { return r.kind }

// Misplaced says that an Arista 7150's key frames say "replace", and its ticks stand before an FCS all the same, from
// where they are taken.
func (r *Reader) Misplaced() bool { return r.ticks.misplaced() }

// Read finds the stamp of one Ethernet frame as it was captured, trailer and all. captureNS is the capture's own time,
// UTC, or 0 where there is none: it bounds what is taken for a time and completes short stamps. Frames of a 7150 must
// come in capture order, key frames included.
func (r *Reader) Read(frame []byte, captureNS uint64) (s Stamp) {
	if r.kind == Arista7280 {
		r.l2.read(frame, captureNS, &s)
		return s
	}
	t, ok := split(frame)
	if !ok {
		return s
	}
	switch r.kind {
	case MetaWatch:
		t.metaWatch(captureNS, &s)
	case CPacket:
		t.cPacket(captureNS, &s)
	case Exablaze:
		t.exablaze(captureNS, &s)
	case VSS:
		t.vss(captureNS, &s)
	case Arista7150:
		r.ticks.read(&t, captureNS, &s)
	}
	return s
}
