package control

import (
	"fmt"
	"math/bits"
	"sync"

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
	Workers  int // each has rings of its own; 0: 1
	Spare    int // channels that may be added while it runs
	// Record makes the packets rings that the configuration asks for. Who sets it gives every pipeline its worker's.
	Record bool
}

// Instance is a running instance's shared memory and what keeps it current.
//
// Each Worker belongs to its goroutine. The other methods are cold; Equip, Register, Counter and Heartbeat may be called
// while workers run.
type Instance struct {
	seg          *segment.Instance
	workers      []*Worker
	rings        []shm.Schema
	latestSchema shm.Schema
	noDigests    bool
	refused      *uint64
	marks        []*shm.Marks // by worker; empty where none are written
	mu           sync.Mutex   // of what follows
	slots        map[slotKey]*slot
	sets         map[string]int // channels at work, by set
	meanings     map[publishedID][]*meaning
	over         []uint32 // instrument entries that no id means any more, the oldest first
	collisions   *uint64
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

// Room in the control file: lines of a channel added later, and counters for each worker, channel and line.
const (
	spareLines      = 4
	workerCounters  = 128
	channelCounters = 64
	lineCounters    = 16
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
		Root: opts.Root, Name: c.Instance, Populate: opts.Populate, Lock: opts.Lock, Group: c.Group, HugeDir: c.Rings.HugeDir,
		Instruments: or(c.Rings.Instruments, defaultInstruments), LatestSchema: shm.SchemaMBP10,
		Readers: c.Readers, Channels: max(uint32(len(channels)), 1),
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
		so.LatestSchema = feedhandler.LatestSchema(published)
	}
	if marks := markSlots(c, so.Rings); marks > 0 {
		so.Rings = append(so.Rings, segment.RingSpec{Schema: shm.SchemaMarks, Slots: marks})
	}
	if opts.Record && c.Rings.Packets > 0 {
		so.Rings = append(so.Rings, segment.RingSpec{Schema: shm.SchemaPackets, Bytes: 1 << bits.Len64(max(c.Rings.Packets, config.LeastPackets)-1)})
	}
	for i := range channels {
		so.Lines += uint32(len(channels[i].Lines))
	}
	specs := so.Rings
	so.Rings = nil
	workers := max(opts.Workers, 1)
	for w := range workers {
		for _, r := range specs {
			r.Worker = uint16(w)
			so.Rings = append(so.Rings, r)
		}
	}
	so.Channels += uint32(opts.Spare)
	so.Lines += uint32(opts.Spare) * spareLines
	so.Sessions = sessions
	so.Counters = uint32(workers)*workerCounters + so.Channels*channelCounters + so.Lines*lineCounters
	seg, err := segment.Create(so)
	if err != nil {
		return nil, err
	}
	inst := &Instance{seg: seg, latestSchema: so.LatestSchema, noDigests: c.Digests != nil && !*c.Digests, slots: map[slotKey]*slot{},
		sets: map[string]int{}, meanings: map[publishedID][]*meaning{}}
	for _, r := range specs {
		if r.Schema < shm.SchemaCount {
			inst.rings = append(inst.rings, r.Schema)
		}
	}
	inst.makeMarks(workers)
	inst.refused = inst.Counter("instruments_refused", "")
	inst.collisions = inst.Counter("instrument_id_collisions", "")
	for w := range workers {
		inst.workers = append(inst.workers, newWorker(inst, w))
	}
	for i := range channels {
		inst.Equip(&c.Channels[i], &channels[i])
	}
	return inst, nil
}

// Equip gives a channel its output: the rings of its worker, the latest table, and a way into the instrument table. A
// worker the instance does not have becomes the last one, so that a replay reads the configuration of a live run.
func (i *Instance) Equip(c *config.Channel, ch *feedhandler.ChannelConfig) {
	out := &ch.Output
	for _, schema := range i.rings {
		out.Rings[schema] = i.seg.Writer(schema, uint16(i.worker(c)))
	}
	if len(i.marks) > 0 {
		out.Marks = i.marks[i.worker(c)]
	}
	out.Bell = i.seg.Doorbell(uint16(i.worker(c)))
	out.Latest, out.LatestSchema = i.seg.Latest, i.latestSchema
	ch.NoDigests = i.noDigests
	venue := ""
	if p, err := config.FindProfile(c.Profile); err == nil {
		venue = p.Venue
	}
	out.Sessions = &sessionSink{inst: i, name: c.Name, publisher: ch.PublisherID, channelID: ch.ID, worker: i.worker(c)}
	s := &sink{inst: i, set: ch.Set, venue: venue, publisher: ch.PublisherID, rings: out.Rings}
	out.Instruments, out.States = s, s
}

func (i *Instance) worker(c *config.Channel) int { return max(min(c.Worker, len(i.workers)-1), 0) }

func or(v, def uint32) uint32 {
	if v == 0 {
		return def
	}
	return v
}

func powerOfTwo(v uint32) uint32 { return max(uint32(1)<<bits.Len32(v-1), 2) }

// Doorbell returns what wakes the readers of a worker's rings, nil where there is none.
func (i *Instance) Doorbell(worker int) *shm.Doorbell { return i.seg.Doorbell(uint16(worker)) }

// Dir returns the instance's directory.
func (i *Instance) Dir() string { return i.seg.Dir }

// Epoch returns the run's number.
func (i *Instance) Epoch() uint64 { return i.seg.Epoch }

// Running says that the instance is at work.
func (i *Instance) Running() { i.seg.Running() }

// Heartbeat says at nowNS (UTC) that the instance lives. Replay's Publish does it; a live handler does when its workers make
// progress.
func (i *Instance) Heartbeat(nowNS uint64) { i.seg.Heartbeat(nowNS) }

// SetClock publishes what is known of the clock. One goroutine calls it.
func (i *Instance) SetClock(b shm.ClockBlock) { i.seg.Control.SetClock(b) }

// Counter registers a counter and returns its word, to be stored to atomically. When the table is full it is a word
// nobody reads, which the table's own fill level shows.
func (i *Instance) Counter(name, label string) *uint64 {
	p, err := i.seg.Control.AddCounter(name, label)
	if err != nil {
		return new(uint64)
	}
	return p
}

// Close publishes the last state and ends the instance in good order. The files stay for readers. No worker may run.
func (i *Instance) Close(nowNS uint64) error {
	i.seg.Heartbeat(nowNS)
	for _, w := range i.workers {
		w.Publish()
	}
	return i.seg.Close()
}
