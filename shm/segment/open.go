package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"wirebook/shm"
)

// View is an instance mapped read-only: the control file, and what the caller asks for beside it.
type View struct {
	Dir     string
	Control *shm.ControlView
	dir     *folder
	control *mapping
	others  []*mapping
}

// Open maps the control file of an instance. Errors: ErrNotFound, or what is wrong with the file.
func Open(root, name string) (*View, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	v := &View{Dir: filepath.Join(Root(root), name)}
	var m *mapping
	d, err := openInstance(root, name, toRead)
	if err == nil {
		if m, err = d.openRead(controlFile); err != nil {
			d.close()
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s; start one with wirebook replay or run, or set WIREBOOK_SHM", ErrNotFound, v.Dir)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("open instance %s: %w: readers need the writer's user or group", name, err)
	case err != nil:
		return nil, fmt.Errorf("open instance %s: %w", name, err)
	}
	if v.Control, err = shm.NewControlView(m.mem); err != nil {
		m.close()
		d.close()
		return nil, fmt.Errorf("open %s: %w", filepath.Join(v.Dir, controlFile), err)
	}
	v.dir, v.control = d, m
	return v, nil
}

// Ring maps one of the rings of slots that Control.Rings lists, standing at its oldest record.
func (v *View) Ring(e shm.RingEntry) (*shm.Reader, error) {
	if e.Schema == uint32(shm.SchemaPackets) {
		return nil, fmt.Errorf("ring %s has no slots: Packets maps it", shm.Text(e.File[:]))
	}
	s, err := v.openSource(e)
	if err != nil {
		return nil, err
	}
	v.others = append(v.others, s.m)
	return s.r, nil
}

// Packets maps one of the packets rings that Control.Rings lists, standing at its oldest record.
func (v *View) Packets(e shm.RingEntry) (*shm.PacketReader, error) {
	if e.Schema != uint32(shm.SchemaPackets) {
		return nil, fmt.Errorf("ring %s has slots: Ring maps it", shm.Text(e.File[:]))
	}
	s, err := v.openSource(e)
	if err != nil {
		return nil, err
	}
	v.others = append(v.others, s.m)
	return s.packets, nil
}

// openSource maps the ring that an entry names.
func (v *View) openSource(e shm.RingEntry) (source, error) {
	name := shm.Text(e.File[:])
	if err := checkRingName(name); err != nil {
		return source{}, err
	}
	m, err := v.dir.openRead(name)
	if err != nil {
		return source{}, fmt.Errorf("open ring: %w", err)
	}
	s := source{m: m, worker: e.Worker}
	if e.Schema == uint32(shm.SchemaPackets) {
		s.packets, err = shm.NewPacketReader(m.mem)
	} else {
		s.r, err = shm.NewReader(m.mem)
		if err == nil && uint32(s.r.Schema()) != e.Schema {
			err = fmt.Errorf("ring carries %s, but the control file says schema %d", s.r.Schema(), e.Schema)
		}
	}
	if err != nil {
		m.close()
		return source{}, fmt.Errorf("open %s: %w", filepath.Join(v.Dir, name), err)
	}
	return s, nil
}

// Latest maps the latest table. An instance without one gives ErrNotFound.
func (v *View) Latest() (*shm.LatestReader, error) {
	l, m, err := v.openLatest()
	if err != nil {
		return nil, err
	}
	v.others = append(v.others, m)
	return l, nil
}

func (v *View) openLatest() (*shm.LatestReader, *mapping, error) {
	path := filepath.Join(v.Dir, latestFile)
	m, err := v.dir.openRead(latestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w latest table: %s", ErrNotFound, path)
	}
	if err != nil {
		return nil, nil, err
	}
	l, err := shm.NewLatestReader(m.mem)
	if err != nil {
		m.close()
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	return l, m, nil
}

// WriterAlive says whether the process that made the instance still runs, in this PID namespace.
func (v *View) WriterAlive() bool { return alive(v.Control.WriterPID()) }

// Close unmaps everything the view handed out.
func (v *View) Close() {
	v.dir.close()
	v.control.close()
	for _, m := range v.others {
		m.close()
	}
	v.others = nil
}

// Info is one line of List.
type Info struct {
	Name        string
	Epoch       uint64
	State       uint32
	PID         uint32
	Alive       bool // its process runs
	HeartbeatNS uint64
	Bytes       int64 // of all its files
	Err         error // why its control file cannot be read, else nil
}

// List returns the instances below root, by name. A root that does not exist has none.
func List(root string) ([]Info, error) {
	base, err := openFolder(Root(root), toRead)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	defer base.close()
	names, err := base.names()
	if err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	var list []Info
	for _, name := range names {
		if n, err := base.stat(name); err == nil && n.mode.IsDir() && CheckName(name) == nil {
			list = append(list, describe(root, base, name))
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, nil
}

func describe(root string, base *folder, name string) Info {
	info := Info{Name: name}
	if d, err := base.sub(name, toRead); err == nil {
		info.Bytes = d.bytes()
		d.close()
	}
	v, err := Open(root, name)
	if err != nil {
		info.Err = err
		return info
	}
	defer v.Close()
	var start uint64
	info.PID, start = v.Control.WriterPID()
	info.Alive = alive(info.PID, start)
	info.Epoch, info.State, info.HeartbeatNS = v.Control.Epoch(), v.Control.State(), v.Control.HeartbeatNS()
	return info
}

// Remove deletes an instance that does not run. Readers that still map it keep what they have.
func Remove(root, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	base, err := openFolder(Root(root), toWrite)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNotFound, filepath.Join(Root(root), name))
	}
	if err != nil {
		return fmt.Errorf("remove instance %s: %w", name, err)
	}
	c := &creation{opts: Options{Name: name}, base: base}
	defer c.close()
	c.dir, err = base.sub(name, toWrite)
	if err == nil {
		err = checkFolder(c.dir)
	}
	var f *os.File
	if err == nil {
		f, err = c.dir.openOwn(lockFile, 0)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNotFound, filepath.Join(base.path, name))
	}
	if err != nil {
		return fmt.Errorf("remove instance %s: %w", name, err)
	}
	defer f.Close()
	busy, err := tryLock(f)
	if err != nil {
		return fmt.Errorf("remove instance %s: %w", name, err)
	}
	if busy {
		return runningError(c.dir)
	}
	c.dropStrangers()
	if err := c.dir.remove(lockFile); err != nil {
		return err
	}
	return base.removeDir(name)
}

// bytes adds up the files of an instance, those on huge pages as well.
func (f *folder) bytes() int64 {
	var sum int64
	names, _ := f.names()
	for _, name := range names {
		n, err := f.stat(name)
		if err == nil && n.mode&fs.ModeSymlink != 0 {
			if d, file, err2 := f.follow(name, toRead); err2 == nil {
				n, err = d.stat(file)
				d.close()
			}
		}
		if err == nil {
			sum += n.size
		}
	}
	return sum
}
