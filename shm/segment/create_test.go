package segment

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/shm"
	"wirebook/shm/internal/selfcheck"
)

func small(root string) Options {
	return Options{Root: root, Name: "test", Latest: 8, LatestSchema: shm.SchemaMBO, Instruments: 16, Rings: []RingSpec{
		{Schema: shm.SchemaMBO, Slots: 64}, {Schema: shm.SchemaMBO, Worker: 1, Slots: 64}, {Schema: shm.SchemaAdmin, Slots: 16}}}
}

func create(t *testing.T, o Options) *Instance {
	t.Helper()
	inst, err := Create(o)
	if err != nil {
		t.Fatal(err)
	}
	return inst
}

func publish(inst *Instance, schema shm.Schema, worker uint16, n int) {
	w := inst.Writer(schema, worker)
	body := alignedBytes(schema.BodySize())
	for range n {
		selfcheck.Fill(body, w.Position())
		w.Publish(body, w.Position())
	}
	w.Flush()
}

func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error()
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestCreateFilesAndModes(t *testing.T) {
	root := filepath.Join(shmRoot(t), "deeper")
	inst := create(t, small(root))
	defer inst.Close()
	if got := files(t, inst.Dir); got != "admin-0.ring control latest lock mbo-0.ring mbo-1.ring" {
		t.Errorf("files %s", got)
	}
	for _, name := range strings.Fields("admin-0.ring control latest lock mbo-0.ring mbo-1.ring") {
		st, err := os.Stat(filepath.Join(inst.Dir, name))
		if err != nil || st.Mode().Perm() != 0o640 {
			t.Errorf("%s: mode %v, %v", name, st.Mode(), err)
		}
	}
	for _, dir := range []string{root, inst.Dir} {
		if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o750 {
			t.Errorf("%s: mode %v, %v", dir, st.Mode(), err)
		}
	}
	if inst.Writer(shm.SchemaMBO, 1) == nil || inst.Writer(shm.SchemaMBO, 2) != nil || inst.Latest == nil || inst.Epoch != 1 {
		t.Error("instance is not what was asked for")
	}
}

func TestSecondWriterIsRefused(t *testing.T) {
	root := shmRoot(t)
	inst := create(t, small(root))
	before := files(t, inst.Dir)
	_, err := Create(small(root))
	if !errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), "process ") || !strings.Contains(err.Error(), "--instance") {
		t.Fatal(err)
	}
	if err := Remove(root, "test"); !errors.Is(err, ErrRunning) {
		t.Fatal(err)
	}
	if err := Free(root, "test"); !errors.Is(err, ErrRunning) {
		t.Fatalf("Free: %v", err)
	}
	if err := Free(root, "other"); err != nil {
		t.Errorf("Free of an instance that is not there: %v", err)
	}
	if files(t, inst.Dir) != before {
		t.Error("a refused Create left something behind")
	}
	publish(inst, shm.SchemaMBO, 0, 1) // the first goes on
	inst.Close()
	if err := Free(root, "test"); err != nil {
		t.Errorf("Free of an instance that ended: %v", err)
	}
	inst = create(t, small(root))
	if inst.Epoch != 2 {
		t.Errorf("epoch %d after the second start", inst.Epoch)
	}
	inst.Close()
	if err := Remove(root, "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(inst.Dir); !os.IsNotExist(err) {
		t.Errorf("Remove left %s", files(t, inst.Dir))
	}
	if err := Remove(root, "test"); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
}

// The same for packets.
func TestPacketReaderFollowsEveryRestart(t *testing.T) {
	root := shmRoot(t)
	o := small(root)
	o.Rings = append(o.Rings, RingSpec{Schema: shm.SchemaPackets, Bytes: 1 << 18}, RingSpec{Schema: shm.SchemaPackets, Worker: 1, Bytes: 1 << 18})
	inst := create(t, o)
	inst.Running()
	if inst.Packets(1) == nil || inst.Packets(2) != nil || inst.Writer(shm.SchemaPackets, 0) != nil {
		t.Fatal("the packets rings are not what was asked for")
	}
	if st, err := os.Stat(filepath.Join(inst.Dir, "packets-1.ring")); err != nil || st.Mode().Perm() != 0o640 {
		t.Fatal(st, err)
	}
	r, err := OpenPackets(ReaderOptions{Root: root, Name: "test", Worker: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if e := r.Control().Rings()[3]; e.Schema != uint32(shm.SchemaPackets) || e.SlotSize != 1<<16 || e.SlotCount != 4 || shm.Text(e.File[:]) != "packets-0.ring" {
		t.Errorf("%+v", e)
	}
	put := func(worker uint16, text string) {
		w := inst.Packets(worker)
		w.Put(shm.PacketHeader{Kind: shm.PacketConfig, Queue: worker}, []byte(text))
		w.Flush()
	}
	expect := func(step string, want ...any) {
		t.Helper()
		for _, v := range want {
			r.r.checkAt = 0
			got := r.Next()
			switch v := v.(type) {
			case shm.Result:
				if got != v {
					t.Fatalf("%s: %v, want %v", step, got, v)
				}
			case string:
				if got != shm.Record || string(r.Payload()) != v || int(r.Header().Queue) != r.Worker() {
					t.Fatalf("%s: %v %q, want %q", step, got, r.Payload(), v)
				}
			}
		}
	}
	expect("new", shm.Empty)
	put(0, "zero")
	put(1, "one")
	expect("first run", "one", "zero", shm.Empty)
	inst.Close()
	expect("closed", shm.Stopped)

	inst = create(t, o)
	inst.Running()
	put(0, "again")
	expect("same shape", shm.NewEpoch, shm.NewEpoch, "again", shm.Empty)
	if at := r.Position(); at == 0 || inst.Packets(0).Position() != at {
		t.Errorf("the kept ring went on at %d, the reader is at %d", inst.Packets(0).Position(), at)
	}
	inst.Close()

	o.Rings = []RingSpec{{Schema: shm.SchemaPackets, Bytes: 1 << 19}}
	inst = create(t, o)
	inst.Running()
	if got := files(t, inst.Dir); got != "control latest lock packets-0.ring" {
		t.Fatalf("files %s", got)
	}
	put(0, "larger")
	expect("other shape", shm.NewEpoch, "larger", shm.Empty)
	inst.Close()

	o.Rings = nil
	inst = create(t, o)
	inst.Running()
	if got := files(t, inst.Dir); got != "control latest lock" {
		t.Fatalf("files %s", got)
	}
	if r.Ring().State() != shm.StateReplaced {
		t.Error("readers of a ring that is no longer made are not told")
	}
	inst.Close()
	if err := Remove(root, "test"); err != nil {
		t.Fatal(err)
	}
	o.Rings = []RingSpec{{Schema: shm.SchemaPackets, Bytes: 1 << 18}}
	inst = create(t, o)
	inst.Running()
	defer inst.Close()
	put(0, "made again")
	expect("made again", shm.NewEpoch, "made again", shm.Empty)
	if n := testing.AllocsPerRun(1000, func() {
		put(0, "x")
		r.r.checkAt = 0
		if r.Next() != shm.Record || r.Next() != shm.Empty {
			t.Fatal("no record")
		}
	}); n > 1 { // the text
		t.Errorf("%v allocations", n)
	}
}

func TestPacketsAreNoSlots(t *testing.T) {
	root := shmRoot(t)
	o := small(root)
	o.Rings = []RingSpec{{Schema: shm.SchemaPackets, Bytes: 1 << 18}, {Schema: shm.SchemaMBO, Slots: 16}}
	inst := create(t, o)
	defer inst.Close()
	if _, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaPackets}); err == nil || !strings.Contains(err.Error(), "OpenPackets") {
		t.Error(err)
	}
	v, err := Open(root, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	rings := v.Control.Rings()
	if _, err := v.Ring(rings[0]); err == nil {
		t.Error("a ring of packets taken for one of slots")
	}
	if _, err := v.Packets(rings[1]); err == nil {
		t.Error("a ring of slots taken for one of packets")
	}
	if r, err := v.Packets(rings[0]); err != nil || r.Chunks() != 4 {
		t.Error(r, err)
	}
	rings[0].Schema = uint32(shm.SchemaMBO)
	if _, err := v.Ring(rings[0]); err == nil || !strings.Contains(err.Error(), "foreign file") {
		t.Error(err)
	}
	none := small(root)
	none.Name = "none"
	other := create(t, none)
	defer other.Close()
	if _, err := OpenPackets(ReaderOptions{Root: root, Name: "none"}); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "packets") {
		t.Error(err)
	}
}

// A reader follows: a restart with the same shape, one with another ring size, one with fewer rings, a directory
// that was removed and made again.
func TestReaderFollowsEveryRestart(t *testing.T) {
	root := shmRoot(t)
	o := small(root)
	inst := create(t, o)
	inst.Running()
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Worker: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	buf := alignedBytes(r.PayloadSize())
	expect := func(step string, want ...shm.Result) {
		t.Helper()
		for _, res := range want {
			r.checkAt = 0
			got := r.Next(buf)
			if got != res {
				t.Fatalf("%s: %v, want %v", step, got, res)
			}
			if got == shm.Record && !selfcheck.Check(r.Body(buf), r.Position()-1) {
				t.Fatalf("%s: wrong record", step)
			}
		}
	}
	expect("new", shm.Empty)
	publish(inst, shm.SchemaMBO, 0, 1)
	publish(inst, shm.SchemaMBO, 1, 1)
	expect("first run", shm.Record, shm.Record, shm.Empty)
	inst.Close()
	expect("closed", shm.Stopped)

	inst = create(t, o)
	inst.Running()
	publish(inst, shm.SchemaMBO, 0, 1)
	expect("same shape", shm.NewEpoch, shm.NewEpoch, shm.Record, shm.Empty)
	if r.Control().Epoch() != 2 || r.Latest() == nil {
		t.Fatalf("control of epoch %d", r.Control().Epoch())
	}
	inst.Close()

	o.Rings = []RingSpec{{Schema: shm.SchemaMBO, Slots: 128}}
	inst = create(t, o)
	inst.Running()
	if got := files(t, inst.Dir); got != "control latest lock mbo-0.ring" {
		t.Fatalf("files %s", got)
	}
	publish(inst, shm.SchemaMBO, 0, 2)
	expect("other shape", shm.NewEpoch, shm.Record, shm.Record, shm.Empty)
	inst.Close()
	if err := Remove(root, "test"); err != nil {
		t.Fatal(err)
	}
	expect("removed", shm.Stopped)
	inst = create(t, o)
	inst.Running()
	defer inst.Close()
	publish(inst, shm.SchemaMBO, 0, 1)
	expect("made again", shm.NewEpoch, shm.Record, shm.Empty)
}

func TestOpenErrors(t *testing.T) {
	root := shmRoot(t)
	if _, err := Open(root, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := Open(root, "../etc"); err == nil || !strings.Contains(err.Error(), "instance name") {
		t.Error(err)
	}
	inst := create(t, small(root))
	defer inst.Close()
	if _, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBP10}); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "mbp-10") {
		t.Error(err)
	}
	path := filepath.Join(inst.Dir, "mbo-0.ring")
	for want, damage := range map[string]func(f *os.File){
		"ABI version 7, this reader knows version 2": func(f *os.File) { f.WriteAt([]byte{7}, 8) },
		"foreign file": func(f *os.File) { f.WriteAt([]byte("somebody"), 0) },
		"shorter":      func(f *os.File) { f.Truncate(100) },
		"cannot be":    func(f *os.File) { f.Truncate(0) },
		"truncated":    func(f *os.File) { f.Truncate(6000) },
	} {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// A copy under the same name: the mapped original stays whole.
		os.Rename(path, path+".saved")
		os.WriteFile(path, good, 0o640)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		damage(f)
		f.Close()
		if _, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %q", err, want)
		}
		os.Rename(path+".saved", path)
	}
}

func TestControlThatNamesOtherFiles(t *testing.T) {
	for _, name := range []string{"../secret", "/etc/passwd", "", ".hidden", "a/b"} {
		var e shm.RingEntry
		copy(e.File[:], name)
		v := &View{Dir: t.TempDir()}
		if _, err := v.Ring(e); err == nil || !strings.Contains(err.Error(), "not a plain file name") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestBadOptions(t *testing.T) {
	root := t.TempDir()
	for want, change := range map[string]func(o *Options){
		"instance name":   func(o *Options) { o.Name = "a b" },
		"power of two":    func(o *Options) { o.Rings[0].Slots = 100 },
		"asked for twice": func(o *Options) { o.Rings = append(o.Rings, o.Rings[0]) },
		"does not exist":  func(o *Options) { o.Rings[0].Schema = 17 },
		"from 262144 to":  func(o *Options) { o.Rings[0] = RingSpec{Schema: shm.SchemaPackets, Bytes: 300000} },
		"group":           func(o *Options) { o.Group = "no-such-group-here" },
		"hugetlbfs":       func(o *Options) { o.HugeDir = root },
	} {
		o := small(root)
		change(&o)
		if _, err := Create(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if got := files(t, root); got != "" {
		t.Errorf("bad options left %s", got)
	}
}

func TestListAndDeadInstances(t *testing.T) {
	root := shmRoot(t)
	if list, err := List(filepath.Join(root, "absent")); err != nil || len(list) != 0 {
		t.Fatal(list, err)
	}
	inst := create(t, small(root))
	defer inst.Close()
	os.MkdirAll(filepath.Join(root, "junk"), 0o750)
	os.WriteFile(filepath.Join(root, "junk", "control"), []byte("x"), 0o640)
	list, err := List(root)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	if list[0].Name != "junk" || list[0].Err == nil {
		t.Errorf("junk: %+v", list[0])
	}
	if e := list[1]; e.Name != "test" || e.Err != nil || !e.Alive || e.PID != uint32(os.Getpid()) || e.Bytes == 0 {
		t.Errorf("test: %+v", e)
	}
}

func TestInstrumentByID(t *testing.T) {
	root := shmRoot(t)
	inst := create(t, small(root))
	defer inst.Close()
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range uint32(3) {
		if _, ok := r.Instrument(7, 100+i); ok {
			t.Fatal("an instrument that is not there")
		}
		e := shm.InstrumentEntry{ID: 100 + i, PublisherID: 7}
		copy(e.Symbol[:], "SYM")
		if _, err := inst.Control.AddInstrument(e); err != nil {
			t.Fatal(err)
		}
		if e, ok := r.Instrument(7, 100+i); !ok || e.ID != 100+i || shm.Text(e.Symbol[:]) != "SYM" {
			t.Fatalf("%+v %v", e, ok)
		}
	}
}

func TestReaderDoesNotAllocate(t *testing.T) {
	root := shmRoot(t)
	inst := create(t, small(root))
	defer inst.Close()
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Worker: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	buf := alignedBytes(r.PayloadSize())
	m := new(shm.MBO)
	w := inst.Writer(shm.SchemaMBO, 0)
	if n := testing.AllocsPerRun(1000, func() {
		w.PublishMBO(m)
		r.checkAt = 0
		if r.Next(buf) != shm.Record || r.Next(buf) != shm.Empty {
			t.Fatal("no record")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
