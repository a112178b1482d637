package control

import (
	"fmt"
	"math/bits"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// Options shape an instance beside its configuration.
type Options struct {
	Root     string // "" for the default below /dev/shm
	Populate bool
	Lock     bool
	Group    string
	HugeDir  string
}

// Instance is a running instance's shared memory and what keeps it current. It belongs to the worker's goroutine.
type Instance struct {
	seg      *segment.Instance
	pipe     *feedhandler.Pipeline
	channels []channelState
	wire     []*uint64
	stamps   []*uint64
	table    map[instrumentKey]uint32
	venues   []string
	refused  *uint64
}

type instrumentKey struct {
	channel int
	idx     uint32
}

// Default ring sizes, in slots.
const (
	defaultMBO         = 1 << 20
	defaultMBP1        = 1 << 18
	defaultMBP10       = 1 << 17
	defaultTrades      = 1 << 17
	defaultAdmin       = 1 << 16
	defaultInstruments = 1 << 14
)

// Create makes the instance's shared memory and gives every channel its output.
func Create(c *config.Config, channels []feedhandler.ChannelConfig, opts Options) (*Instance, error) {
	publish := c.Publish
	if len(publish) == 0 {
		publish = config.SchemaNames
	}
	sizes := map[string]uint32{
		"mbo": or(c.Rings.MBO, defaultMBO), "mbp-1": or(c.Rings.MBP1, defaultMBP1), "mbp-10": or(c.Rings.MBP10, defaultMBP10),
		"trades": or(c.Rings.Trades, defaultTrades), "admin": or(c.Rings.Admin, defaultAdmin),
	}
	so := segment.Options{
		Root: opts.Root, Name: c.Instance, Populate: opts.Populate, Lock: opts.Lock, Group: opts.Group, HugeDir: opts.HugeDir,
		Instruments: or(c.Rings.Instruments, defaultInstruments), LatestSchema: shm.SchemaMBP10,
		Channels: max(uint32(len(channels)), 1),
	}
	published := feedhandler.SchemaSet(0)
	for _, name := range publish {
		schema, ok := shm.ParseSchema(name)
		if !ok {
			return nil, fmt.Errorf("publish: no schema %q", name)
		}
		published |= feedhandler.Schemas(schema)
		so.Rings = append(so.Rings, segment.RingSpec{Schema: schema, Slots: powerOfTwo(sizes[name])})
	}
	latest := c.Latest == nil || *c.Latest
	if latest {
		so.Latest = so.Instruments
		for _, schema := range []shm.Schema{shm.SchemaMBP10, shm.SchemaMBO, shm.SchemaMBP1, shm.SchemaTrades, shm.SchemaAdmin} {
			if published.Has(schema) {
				so.LatestSchema = schema
				break
			}
		}
	}
	for i := range channels {
		so.Lines += uint32(len(channels[i].Lines))
	}
	seg, err := segment.Create(so)
	if err != nil {
		return nil, err
	}
	inst := &Instance{seg: seg, table: map[instrumentKey]uint32{}}
	for i := range channels {
		out := &channels[i].Output
		for _, r := range so.Rings {
			out.Rings[r.Schema] = seg.Writer(r.Schema, 0)
		}
		out.Latest, out.LatestSchema = seg.Latest, so.LatestSchema
		out.Instruments = inst
		channels[i].NoDigests = c.Digests != nil && !*c.Digests
		name := ""
		if p, err := config.FindProfile(c.Channels[i].Profile); err == nil {
			name = p.Venue
		}
		inst.venues = append(inst.venues, name)
	}
	return inst, nil
}

func or(v, def uint32) uint32 {
	if v == 0 {
		return def
	}
	return v
}

func powerOfTwo(v uint32) uint32 { return max(uint32(1)<<bits.Len32(v-1), 2) }

// Dir returns the instance's directory.
func (i *Instance) Dir() string { return i.seg.Dir }

// Epoch returns the run's number.
func (i *Instance) Epoch() uint64 { return i.seg.Epoch }

// Close publishes the last state and ends the instance in good order. The files stay for readers.
func (i *Instance) Close(nowNS uint64) error {
	i.Publish(nowNS)
	return i.seg.Close()
}
