package feedhandler

// Route is where a datagram belongs: the channel's index in the pipeline and the line's in the channel.
type Route struct {
	Channel uint16
	Line    uint8
}

// demux maps destination (group, port) to a route by open addressing; one multiply and usually one probe.
// A route may demand a source address; several routes may share a destination with different sources.
type demux struct {
	entries []demuxEntry
	mask    uint32
}

type demuxEntry struct {
	key    uint64 // group<<16 | port, plus 1<<63 so that 0.0.0.0:0 is a key too
	source uint32 // 0: any
	route  Route
}

func newDemux(routes int) *demux {
	n := 8
	for n < 4*routes {
		n <<= 1
	}
	return &demux{entries: make([]demuxEntry, n), mask: uint32(n - 1)}
}

func demuxKey(group uint32, port uint16) uint64 {
	return 1<<63 | uint64(group)<<16 | uint64(port)
}

func (d *demux) slot(key uint64) uint32 {
	return uint32((key*0x9E3779B97F4A7C15)>>33) & d.mask
}

// add reports false when the same destination and source is already routed.
func (d *demux) add(group uint32, port uint16, source uint32, r Route) bool {
	key := demuxKey(group, port)
	i := d.slot(key)
	for ; d.entries[i].key != 0; i = (i + 1) & d.mask {
		if d.entries[i].key == key && d.entries[i].source == source {
			return false
		}
	}
	d.entries[i] = demuxEntry{key: key, source: source, route: r}
	return true
}

func (d *demux) find(group uint32, port uint16, source uint32) (Route, bool) {
	key := demuxKey(group, port)
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
