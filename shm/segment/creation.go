package segment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"wirebook/shm"
)

// creation is one Create on its way: what to take back if it fails.
type creation struct {
	opts  Options
	base  *folder // of all instances
	dir   *folder // of this one
	huge  *folder // of its rings on huge pages; nil without
	gid   int
	lock  *os.File
	fresh bool // the folder is new

	files []*file
	inst  *Instance
}

// file is one file of the instance: kept from the last writer, or new under a name of its own until all is well.
type file struct {
	name  string // in the instance's folder
	made  string // in there, or in the folder on huge pages, until all is well; "" before it is made
	size  int64  // bytes needed
	keep  bool
	huge  bool
	group bool // the group may write it: the readers file, and no other
	ring  *RingSpec
	m     *mapping
	saved *mapping // of the old file that the new one replaces, to tell its readers
}

func (c *creation) run() (*Instance, error) {
	c.sweep()
	if err := c.checkABI(); err != nil {
		return nil, err
	}
	epoch := c.plan()
	if err := c.checkSpace(); err != nil {
		return nil, err
	}
	for _, f := range c.files {
		if err := c.make(f); err != nil {
			return nil, err
		}
	}
	return c.layOut(epoch)
}

// plan lists the files, decides which to keep, and returns the epoch of this run: newer than any found.
func (c *creation) plan() (epoch uint64) {
	cfg := c.controlConfig(1)
	control := &file{name: controlFile, size: int64(shm.ControlBytes(cfg))}
	if old := c.open(control); old != nil {
		if v, err := shm.NewControlView(old.mem); err == nil {
			epoch = v.Epoch()
		}
		control.saved = old
	}
	c.files = append(c.files, control)
	for i := range c.opts.Rings {
		spec := &c.opts.Rings[i]
		f := &file{name: RingFile(spec.Schema, spec.Worker), size: spec.memory(), ring: spec, huge: c.opts.HugeDir != ""}
		if old := c.open(f); old != nil {
			last, same := spec.found(old.mem)
			epoch = max(epoch, last)
			f.keep = same && c.onHuge(f) == f.huge
			f.saved = old
		}
		c.files = append(c.files, f)
	}
	if c.opts.Latest > 0 {
		f := &file{name: latestFile, size: int64(shm.LatestBytes(c.opts.Latest))}
		if old := c.open(f); old != nil {
			l, err := shm.NewLatestReader(old.mem)
			f.keep = err == nil && l.Capacity() == c.opts.Latest
			f.saved = old
		}
		c.files = append(c.files, f)
	}
	c.renewMarks()
	if c.opts.Readers > 0 {
		// Always anew: what others wrote into the last one is no start for this one, and its memory may have been cut short.
		f := &file{name: readersFile, size: int64(shm.ReadersBytes(c.readersConfig(1))), group: true}
		f.saved = c.open(f)
		c.files = append(c.files, f)
	}
	for _, f := range c.files {
		if f.keep {
			f.m, f.saved = f.saved, nil
		}
	}
	return epoch + 1
}

// found returns the epoch of the ring that a former run left in mem, 0 where it is none, and whether its shape is the one asked for.
func (s *RingSpec) found(mem []byte) (epoch uint64, same bool) {
	size, count := s.units()
	if s.Schema == shm.SchemaPackets {
		r, err := shm.NewPacketReader(mem)
		if err != nil {
			return 0, false
		}
		return r.Epoch(), r.ChunkBytes() == size && r.Chunks() == count
	}
	r, err := shm.NewReader(mem)
	if err != nil {
		return 0, false
	}
	return r.Epoch(), r.Schema() == s.Schema && r.Slots() == uint64(count)
}

// renewMarks gives up marks of rings that are made anew: their positions would not be those of the rings any more.
func (c *creation) renewMarks() {
	for _, marks := range c.files {
		if marks.ring == nil || marks.ring.Schema != shm.SchemaMarks {
			continue
		}
		for _, f := range c.files {
			if f.ring != nil && f.ring.Worker == marks.ring.Worker && f.ring.Schema < shm.SchemaCount && !f.keep {
				marks.keep = false
			}
		}
	}
}

// open maps the file a former run left, for writing; nil where there is none that can be used.
func (c *creation) open(f *file) *mapping {
	h, err := c.openFormer(f.name)
	if err != nil {
		return nil
	}
	defer h.Close()
	m, err := mapFile(h, true, c.opts.Populate && f.ring != nil, false)
	if err != nil || len(m.mem) < shm.HeaderBytes {
		m.close()
		return nil
	}
	return m
}

// openFormer opens a file of the instance, or what its link on huge pages leads to.
func (c *creation) openFormer(name string) (*os.File, error) {
	target := c.dir.readlink(name)
	if target == "" && name == readersFile {
		return c.dir.openGroups(name, os.O_RDWR)
	}
	if target == "" {
		return c.dir.openOwn(name, 0)
	}
	if !c.ourHuge(target) {
		return nil, fmt.Errorf("%s: a link to %s", name, target)
	}
	d, file, err := c.dir.follow(name, toWrite)
	if err != nil {
		return nil, err
	}
	defer d.close()
	return d.openOwn(file, 0)
}

// ourHuge tells whether a link leads where this instance's rings on huge pages are, under whatever mount.
func (c *creation) ourHuge(target string) bool {
	return filepath.Base(filepath.Dir(target)) == hugeName(c.opts.Name)
}

func (c *creation) onHuge(f *file) bool {
	target := c.dir.readlink(f.name)
	return target != "" && c.opts.HugeDir != "" && filepath.Dir(target) == c.hugeDir()
}

func (c *creation) hugeDir() string {
	return filepath.Join(c.opts.HugeDir, hugeName(c.opts.Name))
}

func hugeName(instance string) string { return "wirebook-" + instance }

// openHuge makes and opens the folder of the instance's rings on huge pages.
func (c *creation) openHuge() error {
	if c.huge != nil {
		return nil
	}
	mount, err := openFolder(c.opts.HugeDir, toWrite)
	if err != nil {
		return err
	}
	defer mount.close()
	name := hugeName(c.opts.Name)
	if err := mount.make(name, c.gid); err != nil {
		return err
	}
	c.huge, err = mount.sub(name, toWrite)
	return err
}

func (c *creation) controlConfig(epoch uint64) shm.ControlConfig {
	o := &c.opts
	return shm.ControlConfig{
		Name: o.Name, Epoch: epoch, PID: uint32(os.Getpid()), ProcessStart: processStart(os.Getpid()), StartNS: nowNS(),
		Rings: uint32(len(o.Rings)), Channels: o.Channels, Lines: o.Lines, Counters: o.Counters, Instruments: o.Instruments, Sessions: o.Sessions,
	}
}

func (c *creation) readersConfig(epoch uint64) shm.ReadersConfig {
	cfg := shm.ReadersConfig{Entries: c.opts.Readers, Doorbells: 1, Epoch: epoch}
	for _, r := range c.opts.Rings {
		cfg.Doorbells = max(cfg.Doorbells, min(uint32(r.Worker)+1, shm.MaxDoorbells))
	}
	return cfg
}

// checkSpace says in one message what is missing, before anything is made.
func (c *creation) checkSpace() error {
	for _, huge := range []bool{false, true} {
		dir := c.dir.path
		if huge {
			dir = c.opts.HugeDir
		}
		if dir == "" {
			continue
		}
		free, block, err := space(dir)
		if err != nil {
			return err
		}
		var need int64
		for _, f := range c.files {
			if f.huge == huge {
				f.size = (f.size + block - 1) / block * block
				if !f.keep {
					need += f.size
				}
			}
		}
		if need > free {
			return noSpace(dir, need, free, huge)
		}
	}
	return nil
}

func noSpace(dir string, need, free int64, huge bool) error {
	grow := "enlarge the mount (mount -o remount,size=...)"
	if huge {
		grow = "reserve more huge pages (vm.nr_hugepages)"
	}
	return fmt.Errorf("%w: %.1f MiB are needed, %s has %.1f MiB free; choose fewer ring slots or schemas, remove old instances, or %s",
		ErrNoSpace, float64(need)/(1<<20), dir, float64(free)/(1<<20), grow)
}

// make reserves a new file under its temporary name and maps it; a kept file is mapped already.
func (c *creation) make(f *file) error {
	if f.keep {
		return c.lockPages(f)
	}
	at, name := c.dir, f.name+newSuffix
	if f.huge {
		if err := c.openHuge(); err != nil {
			return err
		}
		at, name = c.huge, fmt.Sprintf("%s.%d", f.name, nowNS())
	}
	h, err := at.open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	f.made = name
	defer h.Close()
	if err := h.Chmod(0o640); err != nil {
		return err
	}
	if c.gid >= 0 {
		if err := h.Chown(-1, c.gid); err != nil {
			return fmt.Errorf("give %s to group %d: %w", h.Name(), c.gid, err)
		}
	}
	if err := reserve(h, f.size); err != nil {
		if errors.Is(err, errFull) {
			free, _, _ := space(at.path)
			return noSpace(at.path, f.size, free, f.huge)
		}
		return err
	}
	f.m, err = mapFile(h, true, c.opts.Populate, c.opts.Lock)
	return err
}

func (c *creation) lockPages(f *file) error {
	if !c.opts.Lock {
		return nil
	}
	h, err := c.openFormer(f.name)
	if err != nil {
		return err
	}
	defer h.Close()
	m, err := mapFile(h, true, c.opts.Populate, true)
	if err != nil {
		return err
	}
	f.m.close()
	f.m = m
	return nil
}

// layOut fills the new files, puts them in place, and takes over the kept ones. Until the first rename a failure can
// be taken back; behind it only renames and stores remain.
func (c *creation) layOut(epoch uint64) (*Instance, error) {
	inst := &Instance{Dir: c.dir.path, Epoch: epoch, lock: c.lock}
	c.inst = inst
	var err error
	control := c.files[0]
	if inst.Control, err = shm.NewControl(control.m.mem, c.controlConfig(epoch)); err != nil {
		return nil, err
	}
	if control.saved != nil {
		if former, err := shm.NewControlView(control.saved.mem); err == nil {
			inst.Control.CarrySessions(former)
		}
	}
	for _, f := range c.files {
		inst.mappings = append(inst.mappings, f.m)
		if !f.keep {
			if err := inst.start(f, c); err != nil {
				return nil, err
			}
		}
		if f.ring == nil {
			continue
		}
		entry := shm.RingEntry{Schema: uint32(f.ring.Schema), Worker: uint32(f.ring.Worker)}
		entry.SlotSize, entry.SlotCount = f.ring.units()
		copy(entry.File[:], f.name)
		if _, err := inst.Control.AddRing(entry); err != nil {
			return nil, err
		}
	}
	for i := len(c.files) - 1; i >= 0; i-- { // control last: who finds it finds its rings
		if err := c.place(c.files[i]); err != nil {
			return nil, err
		}
	}
	for _, f := range c.files {
		if f.keep {
			if err := inst.start(f, c); err != nil {
				return nil, err
			}
		}
	}
	c.dropStrangers()
	inst.ringer.wakeAll() // whoever sleeps at the new doorbells already: the kept rings have a new epoch
	return inst, nil
}

// start lays out a ring or latest table, or takes it over.
func (i *Instance) start(f *file, c *creation) (err error) {
	switch {
	case f.ring != nil:
		r := ring{spec: *f.ring}
		if f.ring.Schema == shm.SchemaPackets {
			cfg, _ := shm.PacketsOf(f.ring.Bytes)
			cfg.Worker, cfg.Epoch = f.ring.Worker, i.Epoch
			r.packets, err = shm.NewPacketWriter(f.m.mem, cfg)
		} else {
			r.writer, err = shm.NewWriter(f.m.mem, shm.RingConfig{Schema: f.ring.Schema, Slots: f.ring.Slots, Worker: f.ring.Worker, Epoch: i.Epoch})
		}
		if err == nil {
			i.rings = append(i.rings, r)
		}
	case f.name == latestFile:
		i.Latest, err = shm.NewLatestWriter(f.m.mem, c.opts.Latest, c.opts.LatestSchema, i.Epoch)
	case f.name == readersFile:
		i.ringer, err = newRinger(f.m, c.readersConfig(i.Epoch))
	}
	return err
}

// place renames a new file over the old one and tells readers of the old one.
func (c *creation) place(f *file) error {
	if f.keep {
		return nil
	}
	if f.huge {
		link := f.name + newSuffix
		if err := c.dir.symlink(filepath.Join(c.hugeDir(), f.made), link); err != nil {
			return err
		}
		old := c.dir.readlink(f.name)
		if err := c.dir.rename(link, f.name); err != nil {
			return err
		}
		if filepath.Dir(old) == c.hugeDir() {
			c.huge.remove(filepath.Base(old))
		}
	} else {
		if f.group {
			if err := c.dir.chmod(f.made, 0o660); err != nil { // not before it is laid out
				return err
			}
		}
		if err := c.dir.rename(f.made, f.name); err != nil {
			return err
		}
	}
	if f.saved != nil {
		if f.group {
			endDoorbells(f.saved, shm.StateReplaced)
		} else {
			shm.MarkReplaced(f.saved.mem)
		}
		f.saved.close()
		f.saved = nil
	}
	return nil
}

// sweep removes what a Create that was killed left behind.
func (c *creation) sweep() {
	left, _ := c.dir.names()
	for _, name := range left {
		if stem, ok := strings.CutSuffix(name, newSuffix); ok && ourName(stem) {
			c.dir.remove(name)
		}
	}
}

// dropStrangers removes files of the last run that this one does not make, and tells their readers. Only what bears
// one of our names and our magic is touched: whatever else lies in the directory is somebody's.
func (c *creation) dropStrangers() {
	mine := map[string]bool{lockFile: true}
	for _, f := range c.files {
		mine[f.name] = true
	}
	names, _ := c.dir.names()
	for _, name := range names {
		if mine[name] || !ourName(name) {
			continue
		}
		m := c.open(&file{name: name})
		if m == nil {
			continue
		}
		ours := false
		if name == readersFile {
			ours = true // in a folder that is ours alone, under a name that we give: what it holds is anybody's
			endDoorbells(m, shm.StateReplaced)
		} else if ours = shm.IsOurs(m.mem); ours {
			shm.MarkReplaced(m.mem)
		}
		m.close()
		if !ours {
			continue
		}
		if c.dir.readlink(name) != "" {
			if d, file, err := c.dir.follow(name, toWrite); err == nil {
				d.remove(file)
				d.close()
			}
		}
		c.dir.remove(name)
	}
}

// undo takes back a Create that failed.
func (c *creation) undo() {
	if c.inst != nil {
		c.inst.ringer.stop(shm.StateReplaced)
	}
	for _, f := range c.files {
		if !f.keep && f.made != "" {
			if f.huge {
				c.huge.remove(f.made)
			} else {
				c.dir.remove(f.made)
			}
		}
		f.m.close()
		f.saved.close()
	}
	c.sweep()
	if c.huge != nil {
		if mount, err := openFolder(c.opts.HugeDir, toWrite); err == nil {
			mount.removeDir(hugeName(c.opts.Name)) // only if empty
			mount.close()
		}
	}
	if c.fresh {
		c.dir.remove(lockFile)
		c.base.removeDir(c.opts.Name)
	}
	c.lock.Close()
}

// close closes the folders; what was made in them stays.
func (c *creation) close() {
	c.huge.close()
	c.dir.close()
	c.base.close()
}

// checkABI refuses an instance that another version of the ABI left behind: its readers may still be there.
func (c *creation) checkABI() error {
	f := &file{name: controlFile}
	m := c.open(f)
	if m == nil {
		return nil
	}
	defer m.close()
	if abi, ok := shm.OtherABI(m.mem); ok {
		return fmt.Errorf("%s was made with ABI %d and this is ABI %d: remove the directory or choose another instance name", c.dir.path, abi, shm.ABIVersion)
	}
	return nil
}
