package segment

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"wirebook/shm"
	"wirebook/shm/internal/selfcheck"
)

const packetStressBytes = 256 << 10

// putPackets is a writer in another process: root, how many records (0 for ever), and the rule it breaks: "unannounced" takes back how
// far it goes ahead, "" breaks none. It puts frames of a hostile sender of up to 9,000 bytes.
func putPackets(f []string) error {
	inst, err := Create(Options{Root: f[0], Name: "test", Rings: []RingSpec{{Schema: shm.SchemaPackets, Bytes: packetStressBytes}}})
	if err != nil {
		return err
	}
	inst.Running()
	fmt.Println("ready")
	records, _ := strconv.ParseUint(f[1], 10, 64)
	w := inst.Packets(0)
	reach := wordAt(inst.mappings[1].mem, int(unsafe.Offsetof(shm.PacketsHeader{}.Reach)))
	rng := rand.New(rand.NewPCG(w.Position(), 1))
	for n := uint64(0); records == 0 || n < records; n++ {
		length := rng.IntN(256)
		if n%16 == 0 {
			length = rng.IntN(9001)
		}
		h, payload := w.Claim(length)
		if n%64 == 63 {
			w.Abandon()
			continue
		}
		if f[2] == "unannounced" {
			atomic.StoreUint64(reach, 0)
		}
		h.Kind, h.Value, h.WireBytes, h.TsRecv = shm.PacketFrame, w.Position(), uint32(length), w.Position()*3
		selfcheck.Hostile(payload, w.Position()+shm.SizePacketHeader, packetStressBytes)
		w.Commit()
		if n%16 == 0 {
			w.Flush()
		}
		if n%4096 == 0 {
			inst.Heartbeat(nowNS())
		}
		if n%256 == 255 && n>>14&1 == 1 { // at times slow enough to be followed
			time.Sleep(300 * time.Microsecond)
		}
	}
	fmt.Println(w.Position())
	io.Copy(io.Discard, os.Stdin) // stay until the reader has seen it
	return inst.Close()
}

// packetTally reads and checks every record it accepts.
type packetTally struct {
	r                                   *PacketReader
	start, records, read, lost, skipped uint64
	wrong, epochs, lastEpoch            uint64
}

func tallyPackets(t *testing.T, root string, wait Wait) *packetTally {
	t.Helper()
	r, err := OpenPackets(ReaderOptions{Root: root, Name: "test", From: FromOldest, Wait: wait})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return &packetTally{r: r, start: r.Position(), lastEpoch: r.Ring().Epoch()}
}

func (c *packetTally) step(t *testing.T) shm.Result {
	t.Helper()
	before := c.r.Position()
	res := c.r.Wait(20 * time.Millisecond)
	switch res {
	case shm.Record:
		h, at := c.r.Header(), c.r.At()
		c.records++
		c.read += c.r.Position() - at
		c.skipped += at - before
		if h.Value != at || h.TsRecv != 3*at || h.Kind != shm.PacketFrame || h.WireBytes != h.Bytes ||
			!selfcheck.IsHostile(c.r.Payload(), at+shm.SizePacketHeader, packetStressBytes) {
			c.wrong++
		}
		if at-before >= uint64(c.r.Ring().ChunkBytes()) {
			t.Fatalf("went from %d to %d", before, at)
		}
	case shm.Lapped:
		c.lost += c.r.Lost()
		c.skipped += c.r.Position() - c.r.Lost() - before
	case shm.NewEpoch:
		c.epochs++
		c.skipped += c.r.Position() - before
		if e := c.r.Ring().Epoch(); e <= c.lastEpoch {
			t.Fatalf("epoch %d after %d", e, c.lastEpoch)
		} else {
			c.lastEpoch = e
		}
	case shm.Empty, shm.Stopped, shm.StaleWriter:
		c.skipped += c.r.Position() - before
	default:
		t.Fatalf("%v at %d", res, before)
	}
	return res
}

func (c *packetTally) done(t *testing.T) {
	t.Helper()
	if c.wrong != 0 {
		t.Errorf("%d wrong records accepted of %d", c.wrong, c.records)
	}
	if c.start+c.read+c.lost+c.skipped != c.r.Position() {
		t.Errorf("started at %d, read %d, lost %d, skipped %d, but at %d", c.start, c.read, c.lost, c.skipped, c.r.Position())
	}
	if c.skipped > (c.read+c.lost)/4+packetStressBytes {
		t.Errorf("%d bytes left empty at the ends of chunks, %d used", c.skipped, c.read)
	}
	t.Logf("%d records, %d bytes read, %d lost", c.records, c.read, c.lost)
}

// A reader beside a writer that never waits, whose frames forge records: nothing that was not put is accepted, nothing torn, and what is
// read, lost and left empty is all there was.
func TestPacketReaderUnderFullSpeedWriter(t *testing.T) {
	root := shmRoot(t)
	records := uint64(2_000_000)
	if testing.Short() {
		records /= 20
	}
	w := startJob(t, "packets", root, strconv.FormatUint(records, 10), "")
	defer w.kill()
	c := tallyPackets(t, root, WaitSpin)
	end := make(chan uint64, 1)
	go func() {
		last, _ := strconv.ParseUint(w.lastLine(), 10, 64)
		end <- last
	}()
	last := uint64(0)
	for last == 0 || c.r.Position() < last {
		c.step(t)
		select {
		case last = <-end:
		default:
		}
	}
	w.leave()
	for c.step(t) != shm.Stopped {
	}
	if c.r.Position() != last {
		t.Errorf("ended at %d, the writer at %d", c.r.Position(), last)
	}
	if c.records == 0 || c.lost == 0 {
		t.Errorf("%d records read, %d bytes lost: this proves little", c.records, c.lost)
	}
	c.done(t)
}

// The same check catches a writer that does not announce how far it goes ahead: without this, the test above would prove nothing.
func TestUnannouncedPacketsAreCaught(t *testing.T) {
	root := shmRoot(t)
	w := startJob(t, "packets", root, "0", "unannounced")
	defer w.kill()
	v, err := Open(root, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	r, err := v.Packets(v.Control.Rings()[0])
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for deadline := time.Now().Add(30 * time.Second); wrong == 0 && time.Now().Before(deadline); {
		r.SeekEdge()
		for r.Next() == shm.Record {
			if at := r.At(); r.Header().Value != at || !selfcheck.IsHostile(r.Payload(), at+shm.SizePacketHeader, packetStressBytes) {
				wrong++
			}
		}
	}
	if wrong == 0 {
		t.Fatal("no wrong record accepted")
	}
}

// A writer killed at random instants and started again: the reader goes on by itself and accepts nothing half put.
func TestPacketWriterKilledAndRestarted(t *testing.T) {
	root := shmRoot(t)
	rng := rand.New(rand.NewPCG(3, 14))
	kills := 40
	if testing.Short() {
		kills = 5
	}
	w := startJob(t, "packets", root, "0", "")
	defer func() { w.kill() }()
	c := tallyPackets(t, root, WaitSleep)
	for k := range kills {
		for until := time.Now().Add(time.Duration(rng.IntN(30_000)) * time.Microsecond); time.Now().Before(until); {
			c.step(t)
		}
		w.kill()
		w = startJob(t, "packets", root, "0", "")
		before, epochs := c.records, c.epochs
		for deadline := time.Now().Add(20 * time.Second); c.epochs == epochs || c.records < before+100; {
			c.step(t)
			if time.Now().After(deadline) {
				t.Fatalf("kill %d: the reader did not go on: epochs %d, records %d", k, c.epochs, c.records)
			}
		}
	}
	if c.epochs != uint64(kills) {
		t.Errorf("%d new epochs seen after %d restarts", c.epochs, kills)
	}
	c.done(t)
}

// A ring on a read-only mapping is read like any other; what the mapping's file says of it is what the control file says.
func TestPacketsFileIsWhatItsHeaderSays(t *testing.T) {
	root := shmRoot(t)
	inst := create(t, Options{Root: root, Name: "test", Populate: true, Rings: []RingSpec{{Schema: shm.SchemaPackets, Worker: 3, Bytes: 1 << 20}}})
	defer inst.Close()
	st, err := os.Stat(filepath.Join(inst.Dir, "packets-3.ring"))
	if err != nil || st.Size() != shm.HeaderBytes+1<<20 {
		t.Errorf("%v, %v", st, err)
	}
	inst.Packets(3).Put(shm.PacketHeader{Kind: shm.PacketTick, TsRecv: 9}, nil)
	r, err := OpenPackets(ReaderOptions{Root: root, Name: "test", Worker: 3, From: FromOldest})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if res := r.Next(); res != shm.Record || r.Header().TsRecv != 9 || r.Worker() != 3 || len(r.Payload()) != 0 || r.At() != 0 {
		t.Errorf("%v: %+v", res, *r.Header())
	}
}
