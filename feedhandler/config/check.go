package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"wirebook/arbitration"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// report collects mistakes with their place in the file.
type report struct {
	path string
	root *yaml.Node
	list []string
	// unread are the first of list: values that could not be read, so what stands for them is not the file's.
	unread int
}

const portRule = "must be 1 to 65535"

// add reports a mistake at a key path such as "channels", 0, "lines", 1, "port".
func (r *report) add(rule string, value any, keys ...any) {
	name := ""
	for _, k := range keys {
		switch k := k.(type) {
		case int:
			name += "[" + strconv.Itoa(k) + "]"
		case string:
			if name != "" {
				name += "."
			}
			name += k
		}
	}
	where := r.path
	if line := lineOf(r.root, keys); line > 0 {
		where += ": line " + strconv.Itoa(line)
	}
	where += ": " + name + ": "
	if slices.ContainsFunc(r.list[:r.unread], func(told string) bool { return strings.HasPrefix(told, where) }) {
		return
	}
	r.list = append(r.list, fmt.Sprintf("%s%v: %s", where, value, rule))
}

// lineOf finds the line of a key path, or of its nearest parent that exists.
func lineOf(n *yaml.Node, keys []any) int {
	if n == nil {
		return 0
	}
	if n.Kind == yaml.DocumentNode {
		if len(n.Content) == 0 {
			return 0
		}
		return lineOf(n.Content[0], keys)
	}
	if len(keys) == 0 {
		return n.Line
	}
	switch k := keys[0].(type) {
	case int:
		if n.Kind == yaml.SequenceNode && k < len(n.Content) {
			return lineOf(n.Content[k], keys[1:])
		}
	case string:
		if n.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == k {
					return lineOf(n.Content[i+1], keys[1:])
				}
			}
		}
	}
	return n.Line
}

// SchemaNames are the publishable schemas in the order of rings.
var SchemaNames = []string{"mbo", "mbp-1", "mbp-10", "trades", "admin"}

var trailers = map[string]bool{
	"": true, "none": true, "auto": true, "metawatch": true, "cpacket": true, "exablaze": true, "arista7150": true, "arista7280": true, "vss": true,
}

const maxSlots = 1 << 28

// Bounds of rings.packets, bytes. The least has room for the largest frame in a quarter.
const (
	LeastPackets = 1 << 20
	maxPackets   = 64 << 30
)

func (c *Config) check(r *report) {
	if c.Instance != "" {
		if segment.CheckName(c.Instance) != nil {
			r.add("must be "+segment.NameRule, c.Instance, "instance")
		}
	}
	for i, s := range c.Publish {
		known := false
		for _, name := range SchemaNames {
			known = known || name == s
		}
		if !known {
			r.add("must be one of mbo, mbp-1, mbp-10, trades, admin", s, "publish", i)
		}
	}
	if !trailers[c.Trailer] {
		r.add("must be none, auto, metawatch, cpacket, exablaze, arista7150, arista7280 or vss", c.Trailer, "trailer")
	}
	if c.Readers > shm.MaxReaders {
		r.add(fmt.Sprintf("at most %d", shm.MaxReaders), c.Readers, "readers")
	}
	for name, v := range map[string]uint32{
		"mbo": c.Rings.MBO, "mbp-1": c.Rings.MBP1, "mbp-10": c.Rings.MBP10, "trades": c.Rings.Trades, "admin": c.Rings.Admin,
		"marks": valueOf(c.Rings.Marks),
	} {
		if v > maxSlots {
			r.add("at most 268435456 slots", v, "rings", name)
		}
	}
	if c.Rings.Packets > maxPackets {
		r.add(fmt.Sprintf("at most %d bytes", uint64(maxPackets)), c.Rings.Packets, "rings", "packets")
	}
	c.Live.check(r)
	if len(c.Channels) == 0 {
		r.add("at least one channel", "none", "channels")
	}
	c.checkSets(r)
	names := map[string]int{}
	ends := ends{}
	for i := range c.Channels {
		c.Channels[i].check(r, i, names, ends)
		if w := c.Channels[i].Worker; w < 0 || w >= c.Live.Workers() {
			r.add(fmt.Sprintf("live.cpus names %d workers, counted from 0", c.Live.Workers()), w, "channels", i, "worker")
		}
	}
}

// ends are where lines arrive, group and port, with who does.
type ends map[string][]end

type end struct {
	source, name string
	vlan         VLAN
}

// take gives a line its place, and returns who has it already, or would share its packets: a line of any source takes those
// of a line of one, and receive modes would disagree whose they are.
func (e ends) take(l *Line, name string) (other string, source string) {
	key := fmt.Sprintf("%s:%d", l.Group, l.Port)
	for _, who := range e[key] {
		if (who.vlan == l.VLAN || who.vlan == AnyVLAN || l.VLAN == AnyVLAN) && (who.source == l.Source || who.source == "" || l.Source == "") {
			other, source = who.name, who.source
		}
	}
	e[key] = append(e[key], end{l.Source, name, l.VLAN})
	return other, source
}

// What the arbiter takes for skew and peak_rate 0.
const (
	defaultSkew     = Duration(50 * time.Millisecond)
	defaultPeakRate = 2_000_000
)

// defaultMaxOrders is what the books take for max_orders 0.
const defaultMaxOrders = 16 << 20

func (ch *Channel) check(r *report, i int, names map[string]int, ends ends) {
	at := func(keys ...any) []any { return append([]any{"channels", i}, keys...) }
	if ch.Name == "" {
		r.add("a channel needs a name", `""`, at("name")...)
	} else if j, taken := names[ch.Name]; taken {
		r.add(fmt.Sprintf("channel %d has this name already", j), ch.Name, at("name")...)
	}
	names[ch.Name] = i
	if _, err := FindProfile(ch.Profile); err != nil {
		r.add(err.Error(), strconv.Quote(ch.Profile), at("profile")...)
	}
	if ch.Implied != "" && ch.Implied != "apart" && ch.Implied != "merge" {
		r.add("must be apart or merge", ch.Implied, at("implied")...)
	}
	if ch.SessionDate != "" {
		if _, err := time.Parse(time.DateOnly, ch.SessionDate); err != nil {
			r.add("must be a date such as 2026-11-21", ch.SessionDate, at("session_date")...)
		}
	}
	for _, f := range []struct {
		key      string
		v, least int
		most     int
	}{
		{"max_instruments", ch.MaxInstruments, 0, 1 << 22}, {"max_orders", ch.MaxOrders, 0, 1 << 28},
		{"initial_orders", ch.InitialOrders, 0, 1 << 28},
		{"reorder_packets", ch.ReorderPackets, 0, 64}, {"window_packets", ch.WindowPackets, 0, 1 << 20},
		{"window_bytes", ch.WindowBytes, 0, 1 << 30}, {"peak_rate", ch.PeakRate, 0, 1 << 40},
	} {
		if f.v < f.least || f.v > f.most {
			r.add(fmt.Sprintf("must be %d to %d", f.least, f.most), f.v, at(f.key)...)
		}
	}
	skew, rate := cmp.Or(ch.Skew, defaultSkew), cmp.Or(ch.PeakRate, defaultPeakRate)
	if units := arbitration.SkewUnits(uint64(skew), uint64(rate)); units > arbitration.MaxSkewUnits {
		key, value := "skew", any(time.Duration(skew))
		if ch.Skew == 0 {
			key, value = "peak_rate", rate
		}
		r.add(fmt.Sprintf("%s at %d units a second are %d units: at most %d can wait; lower one of the two", time.Duration(skew), rate, units, arbitration.MaxSkewUnits), value, at(key)...)
	}
	if most := cmp.Or(ch.MaxOrders, defaultMaxOrders); ch.InitialOrders > most {
		r.add(fmt.Sprintf("must not exceed max_orders, %d", most), ch.InitialOrders, at("initial_orders")...)
	}
	if len(ch.Lines) > 8 {
		r.add("at most 8 lines", len(ch.Lines), at("lines")...)
	}
	live := 0
	for l, line := range ch.Lines {
		if line.Name == "" {
			r.add("a line needs a name", `""`, at("lines", l, "name")...)
		} else if slices.ContainsFunc(ch.Lines[:l], func(o Line) bool { return o.Name == line.Name }) {
			r.add("another line of the channel has this name already", line.Name, at("lines", l, "name")...)
		}
		if _, err := Addr(line.Group); err != nil {
			r.add("must be an IPv4 address", strconv.Quote(line.Group), at("lines", l, "group")...)
		}
		if line.Port == 0 {
			r.add(portRule, line.Port, at("lines", l, "port")...)
		}
		if line.Source != "" {
			if _, err := Addr(line.Source); err != nil {
				r.add("must be an IPv4 address", strconv.Quote(line.Source), at("lines", l, "source")...)
			}
		}
		other, source := "", ""
		if line.Port != 0 { // else it has no place that another could have
			other, source = ends.take(&line, "channel "+ch.Name+" line "+line.Name)
		}
		switch {
		case other != "" && source != line.Source:
			r.add("shares the packets of "+other+": of one group and port either every line names its source or one takes all", fmt.Sprintf("%s:%d source %q", line.Group, line.Port, line.Source), at("lines", l, "source")...)
		case other != "":
			r.add("group, port, source and VLAN are already those of "+other, fmt.Sprintf("%s:%d", line.Group, line.Port), at("lines", l, "group")...)
		}
		if !line.Recovery {
			live++
		}
	}
	if len(ch.Lines) > 0 && live == 0 {
		r.add("at least one line that is not for recovery", "none", at("lines")...)
	}
}

// valueOf is what a key says, 0 where it is not there.
func valueOf(v *uint32) uint32 {
	if v == nil {
		return 0
	}
	return *v
}
