//go:build linux

package segment

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"wirebook/shm"
)

// ahead is belled with a heart that never stands still.
func ahead(t *testing.T, root string, workers int) *Instance {
	inst := belled(t, root, workers)
	inst.Heartbeat(1 << 62)
	return inst
}

// doorman is a foreign reader at the doorbell of a ring of bodies. What it says comes line by line.
type doorman struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Reader
}

func startDoorman(t *testing.T, command []string, inst *Instance, slice time.Duration) *doorman {
	cmd := exec.Command(command[0], append(append([]string(nil), command[1:]...), filepath.Join(inst.Dir, RingFile(shm.SchemaMBO, 0)), "doorman",
		strconv.FormatInt(slice.Milliseconds(), 10))...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	d := &doorman{t, cmd, bufio.NewReader(out)}
	t.Cleanup(func() { timer.Stop(); cmd.Process.Kill(); cmd.Wait() })
	d.says("ready")
	return d
}

func (d *doorman) says(want string) {
	d.t.Helper()
	line, err := d.lines.ReadString('\n')
	if strings.TrimSpace(line) != want {
		d.t.Fatalf("%q (%v), want %q", line, err, want)
	}
}

// asleep waits until the reader says so in the readers file.
func (d *doorman) asleep(root string) ReaderInfo {
	d.t.Helper()
	v, err := Open(root, "test")
	if err != nil {
		d.t.Fatal(err)
	}
	defer v.Close()
	for range 100_000 {
		list, err := v.Readers()
		if err != nil {
			d.t.Fatal(err)
		}
		for _, e := range list {
			if e.Asleep {
				return e
			}
		}
		time.Sleep(200 * time.Microsecond)
	}
	d.t.Fatal("no reader went to sleep")
	return ReaderInfo{}
}

// A foreign reader is listed, sleeps, and is woken: by records, by the writer's end, by a run that takes the ring over.
func TestForeignDoorbell(t *testing.T) {
	for name, prepare := range programs("door") {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			root := shmRoot(t)
			inst := ahead(t, root, 1)
			d := startDoorman(t, command, inst, time.Hour)
			position := 0
			for range 100 {
				e := d.asleep(root)
				if want, _, _ := strings.Cut(name, "-"); e.Language != want || e.Name != "doorman" || e.Policy != shm.PolicySkip ||
					e.Schema != uint32(shm.SchemaMBO) || e.Position != uint64(position) || !e.Alive || int(e.PID) != d.cmd.Process.Pid {
					t.Fatalf("listed as %+v at position %d", e, position)
				}
				publishAndRing(inst, 0)
				position++
				d.says(fmt.Sprintf("record %d open 1 listed 1", position))
			}
			d.asleep(root)
			inst.ringer.stop(shm.StateReplaced) // dies, and a new run makes a new readers file
			inst.unmap()
			inst.lock.Close()
			inst = ahead(t, root, 1)
			d.says(fmt.Sprintf("new_epoch %d open 1 listed 1", position))
			for range 3 {
				d.asleep(root)
				publishAndRing(inst, 0)
				position++
				d.says(fmt.Sprintf("record %d open 1 listed 1", position))
			}
			d.asleep(root)
			inst.Close()
			d.says(fmt.Sprintf("stopped %d open 1 listed 1", position))
			line, _ := d.lines.ReadString('\n')
			var sleeps, overdue int
			if fmt.Sscanf(line, "sleeps %d overdue %d", &sleeps, &overdue); sleeps < 100 || overdue != 0 {
				t.Errorf("%s", line)
			}
			if err := d.cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// No wake is missed, wherever on the reader's way to sleep the writer's next record meets it: nothing follows that would wake it.
func TestForeignDoorbellUnderLoad(t *testing.T) {
	records := 20_000
	if testing.Short() {
		records = 3_000
	}
	for name, prepare := range programs("door") {
		t.Run(name, func(t *testing.T) {
			inst := ahead(t, shmRoot(t), 1)
			d := startDoorman(t, prepare(t), inst, time.Hour)
			random := rand.New(rand.NewPCG(1, 1))
			for i := range records {
				shm.Pause(random.Uint32N(2000))
				publishAndRing(inst, 0)
				d.says(fmt.Sprintf("record %d open 1 listed 1", i+1))
			}
			inst.Close()
			d.says(fmt.Sprintf("stopped %d open 1 listed 1", records))
			var sleeps, overdue int
			line, _ := d.lines.ReadString('\n')
			if fmt.Sscanf(line, "sleeps %d overdue %d", &sleeps, &overdue); sleeps < 100 || overdue != 0 {
				t.Errorf("%s", line)
			}
			t.Log(line)
		})
	}
}

// A readers file that somebody cuts short or scribbles into costs the reader its sleep at worst, never a record and never its life.
func TestForeignDoorbellHostile(t *testing.T) {
	for name, prepare := range programs("door") {
		t.Run(name, func(t *testing.T) {
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // as workers and replays do
			command := prepare(t)
			for _, hostile := range []func(path string) error{
				func(path string) error { return os.Truncate(path, 0) },
				func(path string) error { return os.Truncate(path, shm.HeaderBytes) },
				func(path string) error { return os.Remove(path) },
			} {
				root := shmRoot(t)
				inst := ahead(t, root, 1)
				d := startDoorman(t, command, inst, 20*time.Millisecond)
				d.asleep(root)
				if err := hostile(filepath.Join(inst.Dir, readersFile)); err != nil {
					t.Fatal(err)
				}
				for i := range 3 {
					publishAndRing(inst, 0)
					line, err := d.lines.ReadString('\n')
					if !strings.HasPrefix(line, fmt.Sprintf("record %d ", i+1)) {
						t.Fatalf("%q, %v", line, err)
					}
				}
				inst.Close()
				if line, err := d.lines.ReadString('\n'); !strings.HasPrefix(line, "stopped 3 ") {
					t.Fatalf("%q, %v", line, err)
				}
			}
		})
	}
}
