package feedhandler

// Route is where a datagram belongs: the channel's index in the pipeline and the line's in the channel.
type Route struct {
	Channel uint16
	Line    uint8
}

// demux maps destination (group, port) and VLAN to a route by open addressing; one multiply and usually one probe.
// A route may demand a source address; several routes may share a destination with different sources or VLANs.
type demux struct {
	entries []demuxEntry
	mask    uint32
}

type demuxEntry struct {
	key    uint64 // VLAN<<48 | group<<16 | port, plus 1<<63 so that 0.0.0.0:0 is a key too
	source uint32 // 0: any
	route  Route
}

// knownVLAN stands in a key for the VLANs of all lines of a destination: an entry says that there are some.
const knownVLAN = 0xFFFD

// newDemux has room for so many routes. One takes up to three entries, and they fill three eighths at most.
func newDemux(routes int) *demux {
	n := 8
	for n < 8*routes {
		n <<= 1
	}
	return &demux{entries: make([]demuxEntry, n), mask: uint32(n - 1)}
}

func demuxKey(group uint32, port, vlan uint16) uint64 {
	return 1<<63 | uint64(vlan&0x7FFF)<<48 | uint64(group)<<16 | uint64(port)
}

func (d *demux) slot(key uint64) uint32 {
	return uint32((key*0x9E3779B97F4A7C15)>>33) & d.mask
}

// add reports false when the same destination, source and VLAN is already routed. A line of any source leaves no source to
// others, and none beside one of a source: whose the packet was would depend on who was there first. A line of any VLAN leaves no VLAN to others
// of its destination and source: it stands where untagged frames are looked for, and where all others are.
func (d *demux) add(l *LineConfig, r Route) bool {
	if d.overlaps(l, l.VLAN) || d.overlaps(l, AnyVLAN) || l.VLAN == AnyVLAN && d.overlaps(l, knownVLAN) {
		return false
	}
	d.put(l, l.VLAN, r)
	if l.VLAN == AnyVLAN {
		d.put(l, 0, r)
	}
	if !d.has(l, knownVLAN) {
		d.put(l, knownVLAN, r)
	}
	return true
}

func (d *demux) has(l *LineConfig, vlan uint16) bool {
	key := demuxKey(l.Group, l.Port, vlan)
	for i := d.slot(key); d.entries[i].key != 0; i = (i + 1) & d.mask {
		if d.entries[i].key == key && d.entries[i].source == l.Source {
			return true
		}
	}
	return false
}

// overlaps says whether a sender's packets would be l's and another line's.
func (d *demux) overlaps(l *LineConfig, vlan uint16) bool {
	key := demuxKey(l.Group, l.Port, vlan)
	for i := d.slot(key); d.entries[i].key != 0; i = (i + 1) & d.mask {
		if e := &d.entries[i]; e.key == key && (e.source == l.Source || e.source == 0 || l.Source == 0) {
			return true
		}
	}
	return false
}

func (d *demux) put(l *LineConfig, vlan uint16, r Route) {
	key := demuxKey(l.Group, l.Port, vlan)
	i := d.slot(key)
	for d.entries[i].key != 0 {
		i = (i + 1) & d.mask
	}
	d.entries[i] = demuxEntry{key: key, source: l.Source, route: r}
}

// untagged finds the route of a frame without a tag.
func (d *demux) untagged(group uint32, port uint16, source uint32) (Route, bool) {
	return d.find(demuxKey(group, port, 0), source)
}

func (d *demux) find(key uint64, source uint32) (Route, bool) {
	for i := d.slot(key); ; i = (i + 1) & d.mask {
		e := &d.entries[i]
		if e.key == key && (e.source == 0 || e.source == source) {
			return e.route, true
		}
		if e.key == 0 {
			return Route{}, false
		}
	}
}

// datagram finds the route of a datagram.
func (d *demux) datagram(g *Datagram) (Route, bool) {
	r, ok := d.find(demuxKey(g.Dst, g.DstPort, g.VLAN), g.Src)
	if !ok && g.VLAN != 0 {
		r, ok = d.find(demuxKey(g.Dst, g.DstPort, AnyVLAN), g.Src)
	}
	return r, ok
}

// why names what is wrong with a datagram that has no route: it would have one under another VLAN, or has none at all.
func (d *demux) why(group uint32, port uint16, source uint32) WireFault {
	if _, known := d.find(demuxKey(group, port, knownVLAN), source); known {
		return WireOtherVLAN
	}
	return WireUnrouted
}
