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
}

// Options shape an instance.
type Options struct {
	Root string // "" for WIREBOOK_SHM or DefaultRoot
	Name string

	Rings        []RingSpec
	Latest       uint32     // instruments in the latest table; 0 for none
	LatestSchema shm.Schema // whose ring latest positions count in

	// Capacities of the control file's tables; 0 takes DefaultCapacity's.
	Channels, Lines, Counters, Instruments uint32

	Group    string // group name or number that may read; "" leaves the writer's own
	Populate bool   // map with every page present, so that the first lap does not fault
	Lock     bool   // keep all pages in memory (mlock)
	HugeDir  string // a hugetlbfs mount for the ring files; "" for none
}

// DefaultCapacity is what the control file's tables hold where Options say nothing.
var DefaultCapacity = Options{Channels: 64, Lines: 256, Counters: 1024, Instruments: 16384}

// Instance is what a writer holds: the locked directory, mapped.
type Instance struct {
	Dir     string
	Epoch   uint64
	Control *shm.Control
	Latest  *shm.LatestWriter // nil where Options.Latest was 0

	rings    []ring
	lock     *os.File
	mappings []*mapping
}

type ring struct {
	spec   RingSpec
	writer *shm.Writer
}

// Writer returns the ring of a schema and worker, or nil.
func (i *Instance) Writer(schema shm.Schema, worker uint16) *shm.Writer {
	for k := range i.rings {
		if i.rings[k].spec.Schema == schema && i.rings[k].spec.Worker == worker {
			return i.rings[k].writer
		}
	}
	return nil
}

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
		i.rings[k].writer.Close()
	}
	i.Control.SetState(shm.StateStopped)
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
	root := Root(opts.Root)
	if err := makeDir(root, gid); err != nil {
		return nil, err
	}
	dir := filepath.Join(root, opts.Name)
	if err := checkDir(dir); errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("create instance %s: %w: %s is another user's; choose a folder of yours with WIREBOOK_SHM", opts.Name, err, root)
	} else if err != nil {
		return nil, fmt.Errorf("create instance %s: %w", opts.Name, err)
	}
	c := &creation{opts: opts, dir: dir, gid: gid}
	if c.lock, c.fresh, err = lockDir(dir, gid); err != nil {
		return nil, err
	}
	inst, err := c.run()
	if err != nil {
		c.undo()
		return nil, fmt.Errorf("create instance %s: %w", opts.Name, err)
	}
	return inst, nil
}

// Free fails with ErrRunning while a writer holds the instance. Create decides; Free lets a writer that touches much else
// before it (a NIC that others receive from) be refused first. It makes nothing.
func Free(root, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	dir := filepath.Join(Root(root), name)
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR, 0)
	if err != nil {
		return nil // no instance, or one that Create says what is wrong with
	}
	defer f.Close()
	if busy, err := tryLock(f); err == nil && busy {
		return runningError(dir)
	}
	return nil
}

func (o *Options) check() error {
	if err := CheckName(o.Name); err != nil {
		return err
	}
	for _, d := range []struct{ v, def *uint32 }{
		{&o.Channels, &DefaultCapacity.Channels}, {&o.Lines, &DefaultCapacity.Lines},
		{&o.Counters, &DefaultCapacity.Counters}, {&o.Instruments, &DefaultCapacity.Instruments},
	} {
		if *d.v == 0 {
			*d.v = *d.def
		}
	}
	seen := map[string]bool{}
	for _, r := range o.Rings {
		if r.Schema >= shm.SchemaCount {
			return fmt.Errorf("ring schema %d does not exist", r.Schema)
		}
		if r.Slots < 2 || r.Slots > shm.MaxSlots || r.Slots&(r.Slots-1) != 0 {
			return fmt.Errorf("ring %s: slots %d must be a power of two from 2 to %d", RingFile(r.Schema, r.Worker), r.Slots, shm.MaxSlots)
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

// makeDir makes dir with mode 0750, whatever the umask, unless it is there.
func makeDir(dir string, gid int) error {
	err := os.Mkdir(dir, 0o750)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("make %s: %w: its folder is another user's; choose one of yours with WIREBOOK_SHM", dir, err)
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", dir, err)
	}
	if err := os.Chmod(dir, 0o750); err != nil {
		return err
	}
	if gid >= 0 {
		if err := os.Chown(dir, -1, gid); err != nil {
			os.Remove(dir)
			return fmt.Errorf("give %s to group %d: %w", dir, gid, err)
		}
	}
	return nil
}

// lockDir makes the instance's directory if needed and takes its lock. fresh says that the directory is new.
func lockDir(dir string, gid int) (lock *os.File, fresh bool, err error) {
	path := filepath.Join(dir, lockFile)
	for try := 0; ; try++ {
		_, statErr := os.Stat(dir)
		fresh = errors.Is(statErr, fs.ErrNotExist)
		if err := makeDir(dir, gid); err != nil {
			return nil, false, err
		}
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
		if errors.Is(err, fs.ErrNotExist) && try < 10 {
			continue // the directory was removed in between
		}
		if err != nil {
			return nil, false, fmt.Errorf("lock instance: %w", err)
		}
		busy, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, false, fmt.Errorf("lock %s: %w", path, err)
		}
		if busy {
			f.Close()
			return nil, false, runningError(dir)
		}
		// The file we locked may have been removed with its directory since we opened it.
		mine, err1 := f.Stat()
		there, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			return f, fresh, nil
		}
		f.Close()
		if try == 10 {
			return nil, false, fmt.Errorf("lock %s: the directory keeps disappearing", path)
		}
	}
}

func runningError(dir string) error {
	by := ""
	if m, err := openRead(filepath.Join(dir, controlFile)); err == nil {
		if v, err := shm.NewControlView(m.mem); err == nil {
			pid, _ := v.WriterPID()
			by = fmt.Sprintf(" (process %d)", pid)
		}
		m.close()
	}
	return fmt.Errorf("%w: %s%s; stop it or choose another name with --instance", ErrRunning, dir, by)
}

func nowNS() uint64 { return uint64(time.Now().UnixNano()) }
