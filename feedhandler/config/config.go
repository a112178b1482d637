package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Config is the configuration file.
type Config struct {
	Instance  string    `yaml:"instance,omitempty" json:"instance,omitempty" jsonschema:"description=Name of the directory under /dev/shm/wirebook,pattern=^[A-Za-z0-9][A-Za-z0-9._-]{0\\,62}$,default=default"`
	Group     string    `yaml:"group,omitempty" json:"group,omitempty" jsonschema:"description=Group whose processes may read the rings\\, by name or number; default: the writer's own"`
	Publish   []string  `yaml:"publish,omitempty" json:"publish,omitempty" jsonschema:"description=Schemas to publish,enum=mbo,enum=mbp-1,enum=mbp-10,enum=trades,enum=admin"`
	Latest    *bool     `yaml:"latest,omitempty" json:"latest,omitempty" jsonschema:"description=Keep the table of the last book of every instrument,default=true"`
	Digests   *bool     `yaml:"digests,omitempty" json:"digests,omitempty" jsonschema:"description=Keep running digests of every channel and schema,default=true"`
	Checksums Checksums `yaml:"checksums,omitempty" json:"checksums,omitempty" jsonschema:"description=Validate IP and UDP checksums: auto: of frames that come by AF_XDP\\, where the kernel has not; always: also in captures; never: a wrong one is believed. Sockets' are the kernel's work"`
	Readers   uint32    `yaml:"readers,omitempty" json:"readers,omitempty" jsonschema:"description=Entries of the readers file\\, which the group may write: readers show themselves there and have the writer wake them. 0: no such file; readers poll,default=0,maximum=1024"`
	Trailer   string    `yaml:"trailer,omitempty" json:"trailer,omitempty" jsonschema:"description=Switch timestamp trailer,enum=none,enum=auto,enum=metawatch,enum=cpacket,enum=exablaze,enum=arista7150,enum=arista7280,enum=vss,default=none"`
	Rings     Rings     `yaml:"rings,omitempty" json:"rings,omitempty"`
	Live      Live      `yaml:"live,omitempty" json:"live,omitempty"`
	Channels  []Channel `yaml:"channels" json:"channels" jsonschema:"required,minItems=1"`
}

// Rings sizes the rings, in slots; each is rounded up to a power of two. 0 takes the default.
type Rings struct {
	MBO         uint32  `yaml:"mbo,omitempty" json:"mbo,omitempty" jsonschema:"description=slots of 64 bytes,default=1048576"`
	MBP1        uint32  `yaml:"mbp-1,omitempty" json:"mbp-1,omitempty" jsonschema:"description=slots of 128 bytes,default=262144"`
	MBP10       uint32  `yaml:"mbp-10,omitempty" json:"mbp-10,omitempty" jsonschema:"description=slots of 384 bytes,default=131072"`
	Trades      uint32  `yaml:"trades,omitempty" json:"trades,omitempty" jsonschema:"description=slots of 64 bytes,default=131072"`
	Admin       uint32  `yaml:"admin,omitempty" json:"admin,omitempty" jsonschema:"description=slots of 576 bytes,default=65536"`
	Marks       *uint32 `yaml:"marks,omitempty" json:"marks,omitempty" jsonschema:"description=slots of 64 bytes of the marks\\, one for each burst and channel: the venue's numbers and three times of every record; 0: none; default: half as many as the largest ring has"`
	Packets     uint64  `yaml:"packets,omitempty" json:"packets,omitempty" jsonschema:"description=Bytes\\, a worker\\, of the packets ring of 'wirebook run': every input of the core in the order taken\\, for 'wirebook replay --packets'; rounded up to a power of two; 0: none,default=0,maximum=68719476736"`
	HugeDir     string  `yaml:"huge_dir,omitempty" json:"huge_dir,omitempty" jsonschema:"description=Mounted hugetlbfs for the ring files\\, such as /dev/hugepages; default: none"`
	Instruments uint32  `yaml:"instruments,omitempty" json:"instruments,omitempty" jsonschema:"description=entries of the instrument and latest tables,default=16384"`
}

// Channel is one sequenced stream of an instance.
type Channel struct {
	Name           string   `yaml:"name" json:"name" jsonschema:"required"`
	Profile        string   `yaml:"profile" json:"profile" jsonschema:"required,description=Bundled profile; 'wirebook profiles' lists them"`
	ChannelID      uint8    `yaml:"channel_id,omitempty" json:"channel_id,omitempty" jsonschema:"description=channel_id of the records"`
	PublisherID    uint16   `yaml:"publisher_id,omitempty" json:"publisher_id,omitempty" jsonschema:"description=overrides the profile's"`
	Set            string   `yaml:"set,omitempty" json:"set,omitempty" jsonschema:"description=Channels of one set share their instruments: a definition given on one\\, or in advance\\, holds for all. For cme.mdp3; default: its channels of one publisher and worker are a set"`
	Implied        string   `yaml:"implied,omitempty" json:"implied,omitempty" jsonschema:"description=Implied levels of cme.mdp3: apart: counted\\, in no schema; merge: mbp-1 and mbp-10 show them in the book\\, at one price the sum,enum=apart,enum=merge,default=apart"`
	SessionDate    string   `yaml:"session_date,omitempty" json:"session_date,omitempty" jsonschema:"description=Trading date for feeds that send times of day only; default: the first packet's,format=date"`
	MaxInstruments int      `yaml:"max_instruments,omitempty" json:"max_instruments,omitempty" jsonschema:"default=65536"`
	MaxOrders      int      `yaml:"max_orders,omitempty" json:"max_orders,omitempty" jsonschema:"description=Live orders the book can hold,default=16777216"`
	InitialOrders  int      `yaml:"initial_orders,omitempty" json:"initial_orders,omitempty" jsonschema:"description=Live orders there is room for from the start. Beyond it tables double\\, which holds the channel up for tens of milliseconds a million orders; default: the profile's"`
	GapTimeout     Duration `yaml:"gap_timeout,omitempty" json:"gap_timeout,omitempty" jsonschema:"description=How long a gap may stay open,default=50ms"`
	ReorderPackets int      `yaml:"reorder_packets,omitempty" json:"reorder_packets,omitempty" jsonschema:"description=How far a line may reorder by itself,default=16,minimum=1,maximum=64"`
	ReorderTime    Duration `yaml:"reorder_time,omitempty" json:"reorder_time,omitempty" jsonschema:"description=How long a line may reorder by itself: a gap is real when every line went beyond it by reorder_packets and this long ago,default=3ms"`
	Skew           Duration `yaml:"skew,omitempty" json:"skew,omitempty" jsonschema:"description=How far one line may be ahead of another: there is memory for what comes in that time at peak_rate. gap_timeout should be no shorter,default=50ms"`
	PeakRate       int      `yaml:"peak_rate,omitempty" json:"peak_rate,omitempty" jsonschema:"description=Units of the sequence a second (messages; packets for CME) at which there is memory for skew; the two together reach at most 131072 units,default=2000000,minimum=1"`
	WindowPackets  int      `yaml:"window_packets,omitempty" json:"window_packets,omitempty" jsonschema:"description=Early packets held at most\\, and parked at most that came too far ahead to be believed yet; default: one for two units of skew at peak_rate"`
	WindowBytes    int      `yaml:"window_bytes,omitempty" json:"window_bytes,omitempty" jsonschema:"description=Memory for the early packets\\, and as much for the parked ones; rounded up to a power of two; default: 64 for a unit of skew at peak_rate"`
	Worker         int      `yaml:"worker,omitempty" json:"worker,omitempty" jsonschema:"description=Index into live.cpus of the worker that owns this channel,default=0,minimum=0"`
	Lines          []Line   `yaml:"lines,omitempty" json:"lines,omitempty" jsonschema:"description=Where the lines arrive; none: the profile's sample groups or what the capture shows"`
}

// Line is one line of a channel.
type Line struct {
	Name   string `yaml:"name" json:"name" jsonschema:"required"`
	Group  string `yaml:"group" json:"group" jsonschema:"required,format=ipv4"`
	Port   uint16 `yaml:"port" json:"port" jsonschema:"required"`
	Source string `yaml:"source,omitempty" json:"source,omitempty" jsonschema:"format=ipv4,description=Only datagrams of this sender"`
	VLAN   VLAN   `yaml:"vlan,omitempty" json:"vlan,omitempty" jsonschema:"description=802.1Q VLAN of its datagrams; any: every tag and none\\, by AF_XDP and in captures; default: untagged"`
	// Interface is where the line arrives when lines arrive on several; "" takes live.interface.
	Interface string `yaml:"interface,omitempty" json:"interface,omitempty" jsonschema:"description=Where this line arrives\\, if not on live.interface,maxLength=15"`
	Recovery  bool   `yaml:"recovery,omitempty" json:"recovery,omitempty" jsonschema:"description=Answers requests only"`
}

// Duration is a time.Duration written as 50ms, 2s.
type Duration time.Duration

// UnmarshalYAML reads a Go duration.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is not a duration such as 50ms or 2s", n.Line, n.Value)}}
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

// JSONSchemaProperty pattern of a duration in the published schema.
const durationPattern = `^[0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h)$`

// ErrInvalid marks an error that lists everything wrong with a configuration.
var ErrInvalid = errors.New("configuration has mistakes")

// Load reads and checks a configuration file.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data)
}

// Parse reads and checks a configuration; path names it in errors.
func Parse(path string, data []byte) (*Config, error) {
	var c Config
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, fmt.Errorf("%w:\n  %s: %s", ErrInvalid, path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(root.Content) == 0 || root.Content[0].ShortTag() == "!!null" {
		return nil, fmt.Errorf("%w:\n  %s: the file says nothing; it needs channels", ErrInvalid, path)
	}
	r := report{path: path, root: &root}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		var te *yaml.TypeError
		if errors.As(err, &te) {
			for _, e := range te.Errors {
				r.list = append(r.list, path+": "+typeMistake(&root, e))
			}
		} else {
			r.list = append(r.list, path+": "+err.Error())
		}
	}
	r.unread = len(r.list)
	c.check(&r)
	if len(r.list) > 0 {
		inLineOrder(path, r.list)
		return nil, fmt.Errorf("%w:\n  %s", ErrInvalid, strings.Join(r.list, "\n  "))
	}
	return &c, nil
}

// Text spells a configuration as Parse reads it.
func (c *Config) Text() ([]byte, error) { return yaml.Marshal(c) }

// Addr parses an IPv4 address into a big-endian integer.
func Addr(s string) (uint32, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return 0, fmt.Errorf("%q is not an IPv4 address", s)
	}
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), nil
}

// AddrString spells a big-endian integer address.
func AddrString(a uint32) string {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}).String()
}

// Recheck checks a configuration that was changed after it was read, as command-line flags do.
func (c *Config) Recheck(path string) error {
	r := report{path: path}
	c.check(&r)
	if len(r.list) > 0 {
		return fmt.Errorf("%w:\n  %s", ErrInvalid, strings.Join(r.list, "\n  "))
	}
	return nil
}
