package segment

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wirebook/shm"
)

// mountTmpfs gives a file system of size bytes, or skips.
func mountTmpfs(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no right to mount a small tmpfs (%v); this check did not run", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestFullFileSystem(t *testing.T) {
	root := mountTmpfs(t, "2m")
	o := small(root)
	o.Rings = append(o.Rings, RingSpec{Schema: shm.SchemaMBP10, Slots: 1 << 14})
	_, err := Create(o)
	if !errors.Is(err, ErrNoSpace) {
		t.Fatal(err)
	}
	for _, want := range []string{"instance test", " MiB are needed", "MiB free", "fewer ring slots", "remount"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one message: %q", err)
	}
	if got := files(t, root); got != "" {
		t.Errorf("left behind: %s", got)
	}

	// A run that works, then one that does not fit: the first one's files are as they were.
	o.Rings = o.Rings[:3]
	inst, err := Create(o)
	if err != nil {
		t.Fatal(err)
	}
	publish(inst, shm.SchemaMBO, 0, 3)
	inst.Close()
	before := files(t, inst.Dir)
	o.Rings = append(o.Rings, RingSpec{Schema: shm.SchemaMBP10, Slots: 1 << 14})
	if _, err := Create(o); !errors.Is(err, ErrNoSpace) {
		t.Fatal(err)
	}
	if got := files(t, inst.Dir); got != before {
		t.Errorf("before %s, after %s", before, got)
	}
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, From: FromOldest})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if res := r.Next(alignedBytes(r.PayloadSize())); res != shm.Record {
		t.Errorf("the former run's ring: %v", res)
	}
}

// Space that goes away between the look and the reservation gives the same message.
func TestReserveSaysFull(t *testing.T) {
	root := mountTmpfs(t, "1m")
	f, err := os.Create(filepath.Join(root, "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := reserve(f, 4<<20); err != errFull {
		t.Fatal(err)
	}
}

func TestHugePages(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "hugetlbfs", 0, ""); err != nil {
		t.Skipf("no right to mount hugetlbfs (%v); this check did not run", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	root := shmRoot(t)
	o := small(root)
	o.HugeDir = dir
	o.Rings = append(o.Rings, RingSpec{Schema: shm.SchemaPackets, Bytes: 1 << 18})
	for run := range 2 {
		inst, err := Create(o)
		if errors.Is(err, ErrNoSpace) {
			if !strings.Contains(err.Error(), "nr_hugepages") {
				t.Errorf("%v does not name the setting", err)
			}
			t.Skip("no huge pages reserved (vm.nr_hugepages); this check did not run")
		}
		if err != nil {
			t.Fatal(err)
		}
		publish(inst, shm.SchemaMBO, 0, 3)
		r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, From: FromOldest})
		if err != nil {
			t.Fatal(err)
		}
		if res := r.Next(alignedBytes(r.PayloadSize())); res != shm.Record || inst.Epoch != uint64(run+1) {
			t.Fatalf("run %d: %v", run, res)
		}
		r.Close()
		checkPackets(t, inst, root)
		inst.Close()
	}
	if err := Remove(root, "test"); err != nil {
		t.Fatal(err)
	}
}

func TestPopulateAndLock(t *testing.T) {
	root := shmRoot(t)
	o := small(root)
	o.Populate, o.Lock = true, true
	o.Rings = append(o.Rings, RingSpec{Schema: shm.SchemaPackets, Bytes: 1 << 18})
	for range 2 { // new files, then kept ones
		inst, err := Create(o)
		if err != nil {
			if strings.Contains(err.Error(), "RLIMIT_MEMLOCK") {
				t.Skipf("%v; this check did not run", err)
			}
			t.Fatal(err)
		}
		publish(inst, shm.SchemaMBO, 0, 1)
		checkPackets(t, inst, root)
		inst.Close()
	}
}

// checkPackets puts a packet and finds it as the first of this run, in a ring that is kept from run to run.
func checkPackets(t *testing.T, inst *Instance, root string) {
	t.Helper()
	at := inst.Packets(0).Put(shm.PacketHeader{Kind: shm.PacketTick, Value: inst.Epoch}, nil)
	r, err := OpenPackets(ReaderOptions{Root: root, Name: "test", From: FromOldest})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if res := r.Next(); res != shm.Record || r.Header().Value != inst.Epoch || r.At() != at || at != 48*(inst.Epoch-1) {
		t.Fatalf("run %d: %v at %d, put at %d", inst.Epoch, res, r.At(), at)
	}
}
