package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"wirebook/shm"
)

// RingSpec asks for one ring.
type RingSpec struct {
	Schema shm.Schema
	Worker uint16
	Slots  uint32 // power of two
	Bytes  uint64 // of packets instead of Slots, power of two
}

// memory returns the bytes of the ring's file.
func (s *RingSpec) memory() int64 {
	if s.Schema == shm.SchemaPackets {
		cfg, _ := shm.PacketsOf(s.Bytes)
		return int64(shm.PacketsBytes(cfg))
	}
	return int64(shm.RingBytes(shm.RingConfig{Schema: s.Schema, Slots: s.Slots}))
}

// units returns what the control file tells of the ring's shape: slots and their bytes, or chunks.
func (s *RingSpec) units() (size, count uint32) {
	if s.Schema == shm.SchemaPackets {
		cfg, _ := shm.PacketsOf(s.Bytes)
		return cfg.ChunkBytes, cfg.Chunks
	}
	return uint32(s.Schema.SlotSize()), s.Slots
}

func (s *RingSpec) check() error {
	name := RingFile(s.Schema, s.Worker)
	switch {
	case s.Schema == shm.SchemaPackets:
		if _, err := shm.PacketsOf(s.Bytes); err != nil {
			return fmt.Errorf("ring %s: %w", name, err)
		}
	case !s.Schema.Slots():
		return fmt.Errorf("ring schema %d does not exist", s.Schema)
	case s.Slots < 2 || s.Slots > shm.MaxSlots || s.Slots&(s.Slots-1) != 0:
		return fmt.Errorf("ring %s: slots %d must be a power of two from 2 to %d", name, s.Slots, shm.MaxSlots)
	}
	return nil
}

// Options shape an instance.
type Options struct {
	Root string // "" for WIREBOOK_SHM or DefaultRoot
	Name string

	Rings        []RingSpec
	Latest       uint32     // instruments in the latest table; 0 for none
	Readers      uint32     // entries of the readers file, which the group may write; 0 for none, and no doorbells
	LatestSchema shm.Schema // whose ring latest positions count in

	// Capacities of the control file's tables; 0 takes DefaultCapacity's.
	Channels, Lines, Counters, Instruments, Sessions uint32

	Group    string // group name or number that may read; "" leaves the writer's own
	Populate bool   // map with every page present, so that the first lap does not fault
	Lock     bool   // keep all pages in memory (mlock)
	HugeDir  string // a hugetlbfs mount for the ring files; "" for none
}

// DefaultCapacity is what the control file's tables hold where Options say nothing.
var DefaultCapacity = Options{Channels: 64, Lines: 256, Counters: 1024, Instruments: 16384, Sessions: 1024}

// Instance is what a writer holds: the locked directory, mapped.
type Instance struct {
	Dir     string
	Epoch   uint64
	Control *shm.Control
	Latest  *shm.LatestWriter // nil where Options.Latest was 0

	rings    []ring
	ringer   *ringer // nil without a readers file
	lock     *os.File
	mappings []*mapping
}

// ring is one ring of the instance: one of the two writers.
type ring struct {
	spec    RingSpec
	writer  *shm.Writer
	packets *shm.PacketWriter
}

func (r *ring) close() {
	if r.packets != nil {
		r.packets.Close()
	} else {
		r.writer.Close()
	}
}

// Writer returns the ring of a schema and worker, or nil.
func (i *Instance) Writer(schema shm.Schema, worker uint16) *shm.Writer {
	return i.ring(schema, worker).writer
}

// Packets returns the packets ring of a worker, or nil.
func (i *Instance) Packets(worker uint16) *shm.PacketWriter {
	return i.ring(shm.SchemaPackets, worker).packets
}

func (i *Instance) ring(schema shm.Schema, worker uint16) ring {
	for _, r := range i.rings {
		if r.spec.Schema == schema && r.spec.Worker == worker {
			return r
		}
	}
	return ring{}
}

// Doorbell returns what wakes readers of a worker's rings, nil where there is none.
func (i *Instance) Doorbell(worker uint16) *shm.Doorbell { return i.ringer.doorbell(worker) }

// Heartbeat says that the writer lives. The edge calls it a few times a second.
func (i *Instance) Heartbeat(nowNS uint64) { i.Control.Heartbeat(nowNS) }

// Running publishes that the instance is ready.
func (i *Instance) Running() { i.Control.SetState(shm.StateRunning) }

// Close ends the instance in good order: readers find what is left and then shm.Stopped. The files stay. Closing it again does
// nothing.
func (i *Instance) Close() error {
	if i.mappings == nil {
		return nil
	}
	for k := range i.rings {
		i.rings[k].close()
	}
	i.Control.SetState(shm.StateStopped)
	i.ringer.stop(shm.StateStopped)
	i.unmap()
	return i.lock.Close()
}

func (i *Instance) unmap() {
	for _, m := range i.mappings {
		m.close()
	}
	i.mappings = nil
}

// Create makes or takes over an instance and returns it mapped and locked. It fails with ErrRunning, ErrNoSpace, or
// what the system said; then the directory is as it was.
func Create(opts Options) (*Instance, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	gid, err := groupID(opts.Group)
	if err != nil {
		return nil, err
	}
	base, err := makeBase(Root(opts.Root), gid)
	if err != nil {
		return nil, fmt.Errorf("create instance %s: %w", opts.Name, err)
	}
	c := &creation{opts: opts, base: base, gid: gid}
	defer c.close()
	if err := c.lockFolder(); err != nil {
		return nil, fmt.Errorf("create instance %s: %w", opts.Name, err)
	}
	inst, err := c.run()
	if err != nil {
		c.undo()
		return nil, fmt.Errorf("create instance %s: %w", opts.Name, err)
	}
	return inst, nil
}

// Free fails with ErrRunning while a writer holds the instance, and with ErrUntrusted where Create would. Create decides;
// Free lets a writer that touches much else before it (a NIC that others receive from) be refused first. It makes nothing.
func Free(root, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	d, err := openInstance(root, name, toWrite)
	if errors.Is(err, ErrUntrusted) {
		return fmt.Errorf("instance %s: %w", name, err)
	}
	if err != nil {
		return nil // no instance, or one that Create says what is wrong with
	}
	defer d.close()
	f, err := d.openOwn(lockFile, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if busy, err := tryLock(f); err == nil && busy {
		return runningError(d)
	}
	return nil
}

// openInstance walks to an instance's folder.
func openInstance(root, name string, a access) (*folder, error) {
	base, err := openFolder(Root(root), a)
	if err != nil {
		return nil, err
	}
	defer base.close()
	return base.sub(name, a)
}

// CheckBase says whether a writer would refuse the folder of all instances, as ErrUntrusted does. One that is not there is fine.
func CheckBase(root string) error {
	base, err := openFolder(Root(root), toWrite)
	if err == nil {
		base.close()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// MakeBase makes the folder of all instances where it is not there yet, and fails where somebody else may have put it
// there: for files of a writer beside the instances.
func MakeBase(root string) error {
	base, err := makeBase(Root(root), -1)
	if err == nil {
		base.close()
	}
	return err
}

func makeBase(root string, gid int) (*folder, error) {
	base, err := openFolder(root, toWrite)
	if !errors.Is(err, fs.ErrNotExist) {
		return base, err
	}
	if root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	parent, err := openFolder(filepath.Dir(root), toWrite)
	if err != nil {
		return nil, err
	}
	defer parent.close()
	if err := parent.make(filepath.Base(root), gid); err != nil {
		return nil, err
	}
	return openFolder(root, toWrite)
}

func (o *Options) check() error {
	if err := CheckName(o.Name); err != nil {
		return err
	}
	for _, d := range []struct{ v, def *uint32 }{
		{&o.Channels, &DefaultCapacity.Channels}, {&o.Lines, &DefaultCapacity.Lines},
		{&o.Counters, &DefaultCapacity.Counters}, {&o.Instruments, &DefaultCapacity.Instruments},
		{&o.Sessions, &DefaultCapacity.Sessions},
	} {
		if *d.v == 0 {
			*d.v = *d.def
		}
	}
	if o.Readers > shm.MaxReaders {
		return fmt.Errorf("readers: %d entries are more than %d", o.Readers, shm.MaxReaders)
	}
	seen := map[string]bool{}
	for _, r := range o.Rings {
		if err := r.check(); err != nil {
			return err
		}
		if name := RingFile(r.Schema, r.Worker); seen[name] {
			return fmt.Errorf("ring %s is asked for twice", name)
		} else {
			seen[name] = true
		}
	}
	if o.HugeDir != "" && !isHugetlbfs(o.HugeDir) {
		return fmt.Errorf("huge page directory %s is not a hugetlbfs mount (mount -t hugetlbfs none DIR)", o.HugeDir)
	}
	return nil
}

func groupID(group string) (int, error) {
	if group == "" {
		return -1, nil
	}
	if n, err := strconv.Atoi(group); err == nil {
		return n, nil
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return 0, fmt.Errorf("group %s: %w", group, err)
	}
	return strconv.Atoi(g.Gid)
}

// lockFolder makes the instance's folder if needed, opens it and takes its lock.
func (c *creation) lockFolder() error {
	name := c.opts.Name
	for try := 0; ; try++ {
		_, err := c.base.stat(name)
		c.fresh = errors.Is(err, fs.ErrNotExist)
		if err := c.base.make(name, c.gid); err != nil {
			return err
		}
		c.dir, err = c.base.sub(name, toWrite)
		if err == nil {
			err = checkFolder(c.dir)
		}
		if err == nil {
			c.lock, err = c.dir.openOwn(lockFile, os.O_CREATE)
		}
		if errors.Is(err, fs.ErrNotExist) && try < 10 {
			c.dir.close()
			continue // the directory was removed in between
		}
		if err != nil {
			return err
		}
		busy, err := tryLock(c.lock)
		if err == nil && busy {
			err = runningError(c.dir)
		}
		if err != nil {
			c.lock.Close()
			return err
		}
		// The file we locked may have been removed with its directory since we opened it.
		mine, err1 := nodeOf(int(c.lock.Fd()))
		there, err2 := c.dir.stat(lockFile)
		dir, err3 := c.base.stat(name)
		if err1 == nil && err2 == nil && err3 == nil && same(mine, there) && same(dir, c.dir.node) {
			return nil
		}
		c.lock.Close()
		c.dir.close()
		if try == 10 {
			return fmt.Errorf("lock %s: the directory keeps disappearing", c.dir.path)
		}
	}
}

func same(a, b node) bool { return a.dev == b.dev && a.inode == b.inode }

func runningError(d *folder) error {
	by := ""
	if m, err := d.openRead(controlFile); err == nil {
		if v, err := shm.NewControlView(m.mem); err == nil {
			pid, _ := v.WriterPID()
			by = fmt.Sprintf(" (process %d)", pid)
		}
		m.close()
	}
	return fmt.Errorf("%w: %s%s; stop it or choose another name with --instance", ErrRunning, d.path, by)
}

func nowNS() uint64 { return uint64(time.Now().UnixNano()) }
