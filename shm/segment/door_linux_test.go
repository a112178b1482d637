package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wirebook/shm"
	"wirebook/shm/internal/selfcheck"
)

// belled is an instance with a readers file and a ring a worker.
func belled(t *testing.T, root string, workers int) *Instance {
	t.Helper()
	o := Options{Root: root, Name: "test", Readers: 4, Instruments: 16}
	for w := range workers {
		o.Rings = append(o.Rings, RingSpec{Schema: shm.SchemaMBO, Worker: uint16(w), Slots: 256})
	}
	inst, err := Create(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inst.Close() })
	inst.Heartbeat(nowNS())
	inst.Running()
	return inst
}

// ring publishes one record of a worker, as a flush does.
func publishAndRing(inst *Instance, worker uint16) {
	w := inst.Writer(shm.SchemaMBO, worker)
	body := alignedBytes(shm.SchemaMBO.BodySize())
	selfcheck.Fill(body, w.Position())
	w.Publish(body, 0)
	w.Flush()
	inst.Doorbell(worker).Ring()
}

// sleeper opens a reader whom nothing but the doorbell wakes.
func sleeper(t *testing.T, root string, worker int) *Reader {
	t.Helper()
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Worker: worker, Wait: WaitDoorbell, Announce: "sleeper", Policy: shm.PolicySkip})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if err := r.Doorbell(); err != nil {
		t.Fatal(err)
	}
	r.slice = time.Hour
	return r
}

// waiting starts a Wait of an hour and returns once the reader says that it is asleep.
func waiting(t *testing.T, r *Reader) <-chan shm.Result {
	t.Helper()
	got := make(chan shm.Result, 1)
	entry := r.door.file
	asleep := func() (n int) {
		for _, e := range entry.List() {
			n += int(e.Asleep)
		}
		return n
	}
	before := asleep()
	go func() { got <- r.Wait(alignedBytes(r.PayloadSize()), time.Hour) }()
	for asleep() == before {
		time.Sleep(time.Millisecond)
	}
	return got
}

func TestDoorbellWakes(t *testing.T) {
	root := shmRoot(t)
	inst := belled(t, root, 2)
	one, all := sleeper(t, root, 1), sleeper(t, root, -1)
	for range 50 {
		a := waiting(t, one)
		b := waiting(t, all)
		publishAndRing(inst, 1)
		if x, y := <-a, <-b; x != shm.Record || y != shm.Record {
			t.Fatalf("woken with %v and %v", x, y)
		}
		b = waiting(t, all)
		publishAndRing(inst, 0) // not the first one's worker
		if y := <-b; y != shm.Record {
			t.Fatal(y)
		}
	}
	if one.overdue+all.overdue != 0 || one.sleeps < 50 {
		t.Fatalf("%d and %d sleeps, %d and %d overdue", one.sleeps, all.sleeps, one.overdue, all.overdue)
	}
}

// Stopping and starting the writer wakes who sleeps, whether the rings are kept or not.
func TestEndsOfTheWriterWake(t *testing.T) {
	root := shmRoot(t)
	inst := belled(t, root, 1)
	r := sleeper(t, root, 0)
	for run := range 6 {
		got := waiting(t, r)
		if err := inst.Close(); err != nil {
			t.Fatal(err)
		}
		if res := <-got; res != shm.Stopped {
			t.Fatalf("run %d: %v at the writer's end, want stopped", run, res)
		}
		got = waiting(t, r)
		if run%2 == 1 {
			os.Remove(filepath.Join(root, "test", RingFile(shm.SchemaMBO, 0))) // the next run makes another
		}
		inst = belled(t, root, 1)
		if res := <-got; res != shm.NewEpoch {
			t.Fatalf("run %d: %v at the next run, want new_epoch", run, res)
		}
		if err := r.Doorbell(); err != nil || !r.Announced() {
			t.Fatalf("run %d: %v, announced %t", run, err, r.Announced())
		}
		got = waiting(t, r)
		publishAndRing(inst, 0)
		if res := <-got; res != shm.Record {
			t.Fatalf("run %d: %v", run, res)
		}
	}
}

// A writer that is killed wakes nobody: whoever sleeps learns of it by the heartbeat, and of the next run, killed in its turn, by its
// stroke.
func TestKilledWritersAreNoticedAtTheDoor(t *testing.T) {
	root := shmRoot(t)
	c := startChild(t, "door,writer", root, shm.SchemaMBO, 0, 0)
	defer func() { c.kill() }()
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Wait: WaitDoorbell, Announce: "sleeper", Stale: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	buf := alignedBytes(r.PayloadSize())
	for run := range 5 {
		if err := r.Doorbell(); err != nil || !r.Announced() {
			t.Fatalf("run %d: %v, announced %t", run, err, r.Announced())
		}
		records := 0
		wait := func(want shm.Result) {
			t.Helper()
			for {
				res := r.Wait(buf, time.Hour)
				if res == want {
					return
				}
				switch res {
				case shm.Record:
					if records++; !selfcheck.Check(r.Body(buf), r.Position()-1) {
						t.Fatalf("run %d: a wrong record", run)
					}
				case shm.Lapped, shm.StaleWriter:
				default:
					t.Fatalf("run %d: %v, want %v", run, res, want)
				}
			}
		}
		for range 200 {
			wait(shm.Record)
		}
		sleeps := r.sleeps
		c.kill()
		wait(shm.StaleWriter)
		if r.sleeps == sleeps {
			t.Errorf("run %d: it did not sleep", run)
		}
		c = startChild(t, "door,writer", root, shm.SchemaMBO, 0, 0)
		wait(shm.NewEpoch)
	}
}

// doorWriter is a writer for ever, with a record now and then.
func doorWriter(root string) error {
	inst, err := Create(Options{Root: root, Name: "test", Readers: 4, Instruments: 16, Rings: []RingSpec{{Schema: shm.SchemaMBO, Slots: 256}}})
	if err != nil {
		return err
	}
	inst.Heartbeat(nowNS())
	inst.Running()
	fmt.Println("ready")
	for {
		publishAndRing(inst, 0)
		inst.Heartbeat(nowNS())
		time.Sleep(200 * time.Microsecond)
	}
}

// A run without a readers file leaves no sleeper at the last one's.
func TestDoorbellsGone(t *testing.T) {
	root := shmRoot(t)
	inst := belled(t, root, 1)
	r := sleeper(t, root, 0)
	got := waiting(t, r)
	inst.Close()
	<-got
	got = waiting(t, r)
	next, err := Create(Options{Root: root, Name: "test", Rings: []RingSpec{{Schema: shm.SchemaMBO, Slots: 256}}})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if next.Doorbell(0) != nil {
		t.Fatal("a doorbell without a readers file")
	}
	if res := <-got; res != shm.NewEpoch {
		t.Fatal(res)
	}
	if _, err := os.Stat(filepath.Join(root, "test", readersFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the last run's readers file: %v", err)
	}
	publishAndRing(next, 0)
	buf := alignedBytes(r.PayloadSize())
	if res := r.Wait(buf, time.Hour); res != shm.Record {
		t.Fatal(res)
	}
	if res := r.Wait(buf, time.Millisecond); res != shm.Empty || !errors.Is(r.Doorbell(), ErrNoDoorbell) || r.Announced() {
		t.Fatalf("%v, %v, announced %t", res, r.Doorbell(), r.Announced())
	}
}

// The file that others may write is cut short under writer and reader: the doorbell is taken off, and nothing else happens.
func TestReadersFileCutShort(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // as workers and replays do
	root := shmRoot(t)
	inst := belled(t, root, 1)
	r := sleeper(t, root, 0)
	publishAndRing(inst, 0)
	path := filepath.Join(root, "test", readersFile)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		publishAndRing(inst, 0)
	}
	if !inst.Doorbell(0).TakenOff() {
		t.Fatal("the doorbell rings where no file is")
	}
	buf := alignedBytes(r.PayloadSize())
	for n := range 101 {
		if res := r.Wait(buf, time.Hour); res != shm.Record || !selfcheck.Check(r.Body(buf), uint64(n)) {
			t.Fatalf("record %d: %v", n, res)
		}
	}
	if res := r.Wait(buf, time.Millisecond); res != shm.Empty || !errors.Is(r.Doorbell(), errCut) {
		t.Fatalf("%v, %v", res, r.Doorbell())
	}
	late, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Wait: WaitDoorbell, Announce: "late"})
	if err != nil || late.Doorbell() == nil || late.Announced() {
		t.Fatalf("%v, %v", err, late.Doorbell())
	}
	late.Close()
	if err := inst.Close(); err != nil { // touches it too
		t.Fatal(err)
	}
	belled(t, root, 1)
	if res := r.Wait(buf, time.Hour); res != shm.NewEpoch || r.Doorbell() != nil || !r.Announced() {
		t.Fatalf("the next run mends nothing: %v, %v", res, r.Doorbell())
	}
}

// Another fault than the readers file's is nobody's to catch.
func TestOtherFaultsPass(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	root := shmRoot(t)
	inst := belled(t, root, 1)
	ring := filepath.Join(root, "test", RingFile(shm.SchemaMBO, 0))
	defer func() {
		if r := recover(); r == nil {
			t.Fatal("a ring that is not there made no fault")
		}
		if inst.Doorbell(0).TakenOff() {
			t.Fatal("a ring's fault was taken for the doorbell's")
		}
		inst.mappings, inst.rings = nil, nil // nothing of it may be touched again
		inst.ringer.stop(shm.StateStopped)
	}()
	if err := os.Truncate(ring, 0); err != nil {
		t.Fatal(err)
	}
	publishAndRing(inst, 0)
}

// Whatever somebody of the group writes into the file, records arrive, all of them and in order, and the writer goes on.
func TestHostileReadersFile(t *testing.T) {
	root := shmRoot(t)
	inst := belled(t, root, 1)
	r := sleeper(t, root, 0)
	r.slice = doorSlice
	h, err := os.OpenFile(filepath.Join(root, "test", readersFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	m, err := mapFile(h, true, false, false)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	var stop atomic.Bool
	var wg sync.WaitGroup
	for seed := range uint64(2) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rnd := rand.New(rand.NewPCG(seed, 15))
			for !stop.Load() {
				at := rnd.IntN(len(m.mem)/8) * 8
				if rnd.IntN(2) == 0 {
					at = shm.HeaderBytes // the doorbell
				}
				atomic.StoreUint64(wordAt(m.mem, at), rnd.Uint64())
				if rnd.IntN(64) == 0 {
					time.Sleep(time.Microsecond)
				}
			}
		}()
	}
	const records = 3000
	wg.Add(1)
	go func() {
		defer wg.Done()
		for range records {
			publishAndRing(inst, 0)
			time.Sleep(10 * time.Microsecond)
		}
	}()
	buf := alignedBytes(r.PayloadSize())
	for n := uint64(0); n < records; {
		switch res := r.Wait(buf, time.Hour); res {
		case shm.Record:
			if !selfcheck.Check(r.Body(buf), r.Position()-1) {
				t.Fatalf("record %d is wrong", n)
			}
			n++
		case shm.Lapped:
			n += r.Lost()
		case shm.StaleWriter:
		default:
			t.Fatal(res)
		}
	}
	stop.Store(true)
	wg.Wait()
}

// doorJob is a second process at the door.
func doorJob(f []string) error {
	if f[0] == "writer" {
		return doorWriter(f[1])
	}
	r, err := OpenReader(ReaderOptions{Root: f[1], Name: "test", Schema: shm.SchemaMBO, Worker: -1, Wait: WaitDoorbell, Announce: "child\x1b[31m" + f[0]})
	if err != nil {
		return err
	}
	if err := r.Doorbell(); err != nil {
		return err
	}
	fmt.Println("ready")
	switch f[0] {
	case "lab":
		return labSleeper(r)
	case "hands":
		return handsSleeper(r, f[1])
	}
	for buf := alignedBytes(r.PayloadSize()); ; {
		r.Wait(buf, time.Hour)
	}
}

// Readers that are killed asleep are listed as dead, leave their entries to others, and keep nobody from being woken.
func TestKilledSleepers(t *testing.T) {
	root := shmRoot(t)
	inst := belled(t, root, 1)
	var killed []int
	for i := range 4 {
		c := startChild(t, "door,"+strconv.Itoa(i), root, shm.SchemaMBO, 0, 0)
		killed = append(killed, c.cmd.Process.Pid)
		c.cmd.Process.Signal(syscall.SIGKILL)
		c.cmd.Wait()
	}
	time.Sleep(1100 * time.Millisecond) // as long as one of another PID namespace may be silent
	v, err := Open(root, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	list, err := v.Readers()
	if err != nil || len(list) != 4 {
		t.Fatalf("%d listed, %v", len(list), err)
	}
	for i, e := range list {
		if e.Alive || int(e.PID) != killed[i] || e.Name != "child?[31m"+strconv.Itoa(i) || e.Language != "go" {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	r := sleeper(t, root, 0)
	if !r.Announced() {
		t.Fatal("no entry, though all who had one are dead")
	}
	got := waiting(t, r)
	publishAndRing(inst, 0)
	if res := <-got; res != shm.Record || r.overdue != 0 {
		t.Fatal(res, r.overdue)
	}
}

// Only the readers file is the group's, and one that is everybody's is refused.
func TestModesOfTheReadersFile(t *testing.T) {
	root := shmRoot(t)
	belled(t, root, 1)
	dir := filepath.Join(root, "test")
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		info, _ := e.Info()
		want := fs.FileMode(0o640)
		if e.Name() == readersFile {
			want = 0o660
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", e.Name(), info.Mode().Perm(), want)
		}
	}
	mode(t, filepath.Join(dir, readersFile), 0o662)
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Wait: WaitDoorbell, Announce: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !errors.Is(r.Doorbell(), ErrUntrusted) || r.Announced() {
		t.Fatal(r.Doorbell())
	}
}
