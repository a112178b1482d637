package segment

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"wirebook/shm"
	"wirebook/shm/internal/selfcheck"
)

func needLinux(t *testing.T) {
	if _, _, err := identity("."); err == ErrUnsupported {
		t.Skip("segments need Linux; this check did not run")
	}
}

// shmRoot is a directory in shared memory where there is any, so that mappings behave as in production.
func shmRoot(t *testing.T) string {
	t.Helper()
	needLinux(t)
	if dir, err := mkShmDir(); err == nil {
		t.Cleanup(func() { removeAll(dir) })
		return dir
	}
	return t.TempDir()
}

// A reader beside a writer that never waits: nothing torn is accepted, and read plus lost is what was published.
func TestReaderUnderFullSpeedWriter(t *testing.T) {
	for _, c := range []struct {
		schema  shm.Schema
		slots   uint32
		records uint64
	}{
		{shm.SchemaMBO, 16, 3_000_000}, {shm.SchemaMBO, 1 << 14, 3_000_000}, {shm.SchemaTrades, 64, 1_000_000},
		{shm.SchemaMBP1, 16, 1_000_000}, {shm.SchemaMBP10, 8, 500_000}, {shm.SchemaAdmin, 8, 300_000},
	} {
		t.Run(c.schema.String()+"/"+strconv.Itoa(int(c.slots)), func(t *testing.T) {
			root := shmRoot(t)
			if testing.Short() {
				c.records /= 10
			}
			w := startChild(t, "publish", root, c.schema, c.slots, c.records)
			defer w.kill()
			r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: c.schema, From: FromOldest, Wait: WaitSpin})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			start := r.Position()
			buf := alignedBytes(r.PayloadSize())
			var n tally
			for deadline := time.Now().Add(60 * time.Second); start+n.read+n.lost < c.records; {
				n.step(t, r, buf)
				if time.Now().After(deadline) {
					t.Fatalf("only %d + %d of %d after a minute", n.read, n.lost, c.records)
				}
			}
			if last := w.end(); last != strconv.FormatUint(c.records, 10) {
				t.Fatalf("the writer published %s", last)
			}
			for n.step(t, r, buf) != shm.Stopped {
			}
			if n.torn != 0 {
				t.Errorf("%d torn records accepted of %d", n.torn, n.read)
			}
			if start+n.read+n.lost != c.records || r.Position() != c.records {
				t.Errorf("started at %d, read %d, lost %d, at %d; published %d", start, n.read, n.lost, r.Position(), c.records)
			}
			t.Logf("read %d, lost %d", n.read, n.lost)
		})
	}
}

// The same check catches a writer that does not mark: without this, the test above would prove nothing. A writer
// that marks passes the very same loop.
func TestUnmarkedWriterIsCaught(t *testing.T) {
	for _, c := range []struct {
		job    string
		marks  bool
		atMost time.Duration
	}{{"unmarked", false, 20 * time.Second}, {"publish", true, 500 * time.Millisecond}} {
		t.Run(c.job, func(t *testing.T) {
			root := shmRoot(t)
			w := startChild(t, c.job, root, shm.SchemaMBP10, 2, 0)
			defer w.kill()
			r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBP10, Wait: WaitPoll})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			buf := alignedBytes(r.PayloadSize())
			ring := r.Ring()
			body := buf[:shm.SizeMBP10]
			read, torn := 0, 0
			for deadline := time.Now().Add(c.atMost); torn == 0 && time.Now().Before(deadline); {
				if p := ring.SeekEdge(); p > 1 { // stay in the slot of two in which the writer is at work
					ring.Seek(p - 2)
				}
				if ring.Next(buf) == shm.Record {
					read++
					if !selfcheck.Check(body, ring.Position()-1) {
						torn++
					}
				}
			}
			if c.marks == (torn > 0) {
				t.Fatalf("%d torn of %d accepted", torn, read)
			}
			t.Logf("%d torn of %d accepted", torn, read)
		})
	}
}

// A writer killed at random instants and started again: the reader goes on by itself, and accepts nothing wrong.
func TestWriterKilledAndRestarted(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 14))
	for _, c := range []struct {
		schema shm.Schema
		slots  uint32
	}{{shm.SchemaMBO, 1 << 12}, {shm.SchemaMBP10, 16}} {
		t.Run(c.schema.String(), func(t *testing.T) {
			root := shmRoot(t)
			kills := 25
			if testing.Short() {
				kills = 5
			}
			w := startChild(t, "publish", root, c.schema, c.slots, 0)
			defer func() { w.kill() }()
			r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: c.schema, From: FromOldest})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			start := r.Position()
			buf := alignedBytes(r.PayloadSize())
			n := tally{lastEpoch: 1}
			for k := range kills {
				for until := time.Now().Add(time.Duration(rng.IntN(30_000)) * time.Microsecond); time.Now().Before(until); {
					n.step(t, r, buf)
				}
				w.kill()
				w = startChild(t, "publish", root, c.schema, c.slots, 0)
				before, epochs := n.read, n.epochs
				for deadline := time.Now().Add(20 * time.Second); n.epochs == epochs || n.read < before+100; {
					n.step(t, r, buf)
					if time.Now().After(deadline) {
						t.Fatalf("kill %d: the reader did not go on: epochs %d, read %d", k, n.epochs, n.read)
					}
				}
			}
			if n.torn != 0 {
				t.Errorf("%d wrong records accepted of %d", n.torn, n.read)
			}
			if n.epochs != uint64(kills) {
				t.Errorf("%d new epochs seen after %d restarts", n.epochs, kills)
			}
			if start+n.read+n.lost != r.Position() {
				t.Errorf("started at %d, read %d, lost %d, but at %d", start, n.read, n.lost, r.Position())
			}
			t.Logf("%d kills, read %d, lost %d", kills, n.read, n.lost)
		})
	}
}

// A writer that dies and does not come back shows as stale, once.
func TestStaleWriter(t *testing.T) {
	root := shmRoot(t)
	w := startChild(t, "publish", root, shm.SchemaMBO, 64, 0)
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Stale: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w.kill()
	buf := alignedBytes(r.PayloadSize())
	var n tally
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); {
		n.step(t, r, buf)
	}
	if n.stale != 1 || !r.Stale() {
		t.Errorf("stale writer reported %d times, Stale %v", n.stale, r.Stale())
	}
}
