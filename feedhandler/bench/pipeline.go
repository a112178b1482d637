package bench

import (
	"cmp"
	"fmt"
	"os"
	"time"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// rings is an instance in shared memory that only the bench knows, removed when it ends.
type rings struct {
	*segment.Instance
	root  string
	marks *shm.Marks // of a worker with a clock, as a run has them
}

// ringSlots are what an instance has when its configuration does not say.
var ringSlots = [shm.SchemaCount]uint32{
	shm.SchemaMBO: 1 << 20, shm.SchemaMBP1: 1 << 18, shm.SchemaMBP10: 1 << 17, shm.SchemaTrades: 1 << 17, shm.SchemaAdmin: 1 << 16,
}

// newRings makes rings of the given schemas and a latest table of so many instruments. slots 0 takes the usual sizes.
func newRings(slots uint32, latest uint32, schemas ...shm.Schema) (*rings, error) {
	root, err := shmDir()
	if err != nil {
		return nil, err
	}
	o := segment.Options{Root: root, Name: "bench", Populate: true, Latest: latest, LatestSchema: shm.SchemaMBP10}
	for _, s := range schemas {
		n := slots
		if n == 0 {
			n = ringSlots[s]
		}
		o.Rings = append(o.Rings, segment.RingSpec{Schema: s, Slots: n})
	}
	o.Rings = append(o.Rings, segment.RingSpec{Schema: shm.SchemaMarks, Slots: cmp.Or(slots, ringSlots[shm.SchemaMBO]/2)})
	inst, err := segment.Create(o)
	if err != nil {
		_ = os.RemoveAll(root)
		return nil, err
	}
	inst.Running()
	r := &rings{Instance: inst, root: root}
	var of [shm.SchemaCount]*shm.Writer
	for _, s := range schemas {
		of[s] = inst.Writer(s, 0)
	}
	r.marks = shm.NewMarks(inst.Writer(shm.SchemaMarks, 0), of)
	r.marks.SetClock(wallClock)
	return r, nil
}

// wallClock is the clock of a live worker.
func wallClock() uint64 { return uint64(time.Now().UnixNano()) }

// shmDir makes a directory in memory where there is such a file system.
func shmDir() (string, error) {
	base := "/dev/shm"
	if !isDir(base) {
		base = ""
	}
	dir, err := os.MkdirTemp(base, "wirebook-bench-")
	if err != nil {
		return "", fmt.Errorf("bench rings: %w", err)
	}
	return dir, nil
}

func (r *rings) close() {
	_ = r.Instance.Close()
	_ = os.RemoveAll(r.root)
}

// published counts the records in the rings.
func (r *rings) published() (n uint64) {
	for s := shm.Schema(0); s < shm.SchemaCount; s++ {
		if w := r.Writer(s, 0); w != nil {
			n += w.Position()
		}
	}
	return n
}

// newPipeline builds the core for an input; output, where not nil, gives each channel its output.
func newPipeline(in *Input, output func(*feedhandler.ChannelConfig)) (*feedhandler.Pipeline, error) {
	configs, err := in.build()
	if err != nil {
		return nil, err
	}
	for i := range configs {
		if output != nil {
			output(&configs[i])
		}
	}
	return feedhandler.New(feedhandler.Config{Channels: configs})
}

// places gives instruments places in the latest table as they come.
type places struct {
	next uint32
	of   map[uint64]uint32
}

func (p *places) Instrument(channel int, idx uint32, _ *book.Instrument) (uint32, bool) {
	key := uint64(channel)<<32 | uint64(idx)
	at, ok := p.of[key]
	if !ok {
		at = p.next
		p.next++
		p.of[key] = at
	}
	return at, true
}

// blank is an mbo record with nothing in it but its header.
var blank = shm.MBO{RecordHeader: shm.RecordHeader{Length: shm.SizeMBO / 4, RType: shm.RTypeMBO}}

// put publishes a record with an order id, every word of it written in its slot, as the core does.
func put(ring *shm.MBORing, id uint64) {
	slot := ring.Claim()
	slot.Body = blank
	slot.Body.OrderID = id
	ring.Commit(slot)
}
