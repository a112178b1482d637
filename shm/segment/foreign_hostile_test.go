package segment

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"wirebook/shm"
)

// hostileInstance has every kind of file, with something in each.
func hostileInstance(t *testing.T) *marker {
	o := markerOptions(shmRoot(t), 64, 16)
	o.Rings = append(o.Rings, RingSpec{Schema: shm.SchemaPackets, Bytes: 256 << 10})
	o.Latest, o.Instruments, o.Sessions, o.Channels, o.Lines, o.Counters = 16, 16, 16, 4, 4, 4
	m := newMarker(t, o, 9)
	for range 60 {
		m.burst()
	}
	w := m.inst.Packets(0)
	for range 400 {
		claimFrame(w, m.random.IntN(1600))
		w.Commit()
	}
	w.Flush()
	m.inst.Control.AddChannel("x", 0, 1, 0)
	m.inst.Control.AddInstrument(shm.InstrumentEntry{ID: 1})
	m.inst.Latest.Update(1, &shm.MBP10{}, 5)
	return m
}

// survived runs the survivors and fails where one does not come to its end.
func survived(t *testing.T, command []string, dirs []string) {
	t.Helper()
	cmd := exec.Command(command[0], append(append(append([]string(nil), command[1:]...), "survive"), dirs...)...)
	timer := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "survived\n" {
		t.Errorf("%v: %.3000s", err, out)
	}
}

// Whatever files hold, foreign readers neither leave their memory nor hang.
func TestForeignReadersSurviveDamage(t *testing.T) {
	m := hostileInstance(t)
	defer m.inst.Close()
	random := rand.New(rand.NewPCG(4, 4))
	base := shmRoot(t)
	var dirs []string
	n := 60
	if testing.Short() {
		n = 15
	}
	for i := range n {
		dir := filepath.Join(base, fmt.Sprint("damaged", i))
		if err := os.Mkdir(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
		entries, err := os.ReadDir(m.inst.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			b, err := os.ReadFile(filepath.Join(m.inst.Dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if len(b) > 0 && i > 0 { // the first are sound
				b = damage(random, b, i)
			}
			if err := os.WriteFile(filepath.Join(dir, e.Name()), b, 0o640); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, prepare := range programs("facts") {
		t.Run(name, func(t *testing.T) { survived(t, prepare(t), dirs) })
	}
}

func damage(random *rand.Rand, b []byte, kind int) []byte {
	if kind%10 == 9 {
		return b[:random.IntN(len(b))]
	}
	for range 1 + random.IntN(8) {
		at := 16 + 8*random.IntN(len(b)/8-2)
		switch kind % 3 {
		case 0: // words of the header
			at = 16 + 8*random.IntN(46)
		case 1: // beginnings of slots and records
			at = shm.HeaderBytes + 64*random.IntN(len(b)/64-64)
		}
		scribble(random, b[at:at+8])
	}
	return b
}

func scribble(random *rand.Rand, b []byte) {
	v := random.Uint64()
	switch random.IntN(6) {
	case 0:
		v >>= 40
	case 1:
		v = binary.LittleEndian.Uint64(b) + v%64 - 32
	case 2:
		v |= 1<<63 - 1
	case 3:
		v = binary.LittleEndian.Uint64(b) ^ 1<<(v%64)
	}
	binary.LittleEndian.PutUint64(b, v)
}

// Whoever writes into the rings while they read neither takes them out of their memory nor holds them.
func TestForeignReadersSurviveScribbling(t *testing.T) {
	for name, prepare := range programs("facts") {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			m := hostileInstance(t)
			defer m.inst.Close()
			var stop atomic.Bool
			done := make(chan struct{})
			go func() {
				defer close(done)
				random := rand.New(rand.NewPCG(5, 5))
				for !stop.Load() {
					mem := m.inst.mappings[random.IntN(len(m.inst.mappings))].mem
					at := 8 * random.IntN(len(mem)/8)
					if random.IntN(2) == 0 {
						at = 64 + 8*random.IntN(20)
					}
					if at < 64 || at >= 192 && at < 512 {
						continue // what is written once: they would refuse the next time
					}
					var b [8]byte
					copy(b[:], mem[at:])
					scribble(random, b[:])
					atomic.StoreUint64(wordAt(mem, at), binary.LittleEndian.Uint64(b[:]))
				}
			}()
			rounds := make([]string, 600)
			if name == "python" {
				rounds = rounds[:10]
			}
			for i := range rounds {
				rounds[i] = m.inst.Dir
			}
			survived(t, command, rounds)
			stop.Store(true)
			<-done
		})
	}
}
