package segment

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wirebook/shm"
	"wirebook/shm/internal/selfcheck"
)

// readers are programs of other languages that read to the end of a ring and print what they saw.
func readers(t *testing.T) map[string]func(t *testing.T) []string { return programs("reader") }

// programs are testdata/c/NAME.c and testdata/python/NAME.py: how each is called. The C one also with the address and
// undefined-behaviour sanitizers, where the compiler has them.
func programs(name string) map[string]func(t *testing.T) []string {
	return map[string]func(t *testing.T) []string{
		"c": func(t *testing.T) []string {
			return []string{compiled(t, name, name, "-O2")}
		},
		"c-sanitized": func(t *testing.T) []string {
			if !sanitizers() {
				t.Skip("cc has no address and undefined-behaviour sanitizers: the C reader was not tested with them")
			}
			return []string{compiled(t, name+"-sanitized", name, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")}
		},
		"python": func(t *testing.T) []string {
			py, err := exec.LookPath("python3")
			if err != nil {
				t.Skip("no python3: the Python reader was not tested")
			}
			return []string{py, "-B", "../testdata/python/" + name + ".py", "../python"}
		},
	}
}

var builds struct {
	sync.Mutex
	dir  string // removed by TestMain
	done map[string]bool
}

// compiled builds a test program once and returns its path.
func compiled(t *testing.T, bin, name string, flags ...string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler (cc): the C reader was not tested")
	}
	builds.Lock()
	defer builds.Unlock()
	if builds.dir == "" {
		if builds.dir, err = os.MkdirTemp("", "wirebook-test"); err != nil {
			t.Fatal(err)
		}
		builds.done = map[string]bool{}
	}
	path := filepath.Join(builds.dir, bin)
	if !builds.done[bin] {
		args := append([]string{"-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", "../include", "-o", path, "../testdata/c/" + name + ".c"}, flags...)
		if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
			t.Fatalf("compile: %v\n%s", err, out)
		}
		builds.done[bin] = true
	}
	return path
}

// sanitizers says whether cc can link a program with them.
var sanitizers = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "sanitizers")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("cc", "-fsanitize=address,undefined", "-x", "c", "-o", filepath.Join(dir, "empty"), "-")
	cmd.Stdin = strings.NewReader("int main(void) { return 0; }\n")
	return cmd.Run() == nil
})

// Every schema, read by another language from another process while the writer is at work, restarts included.
func TestForeignReaders(t *testing.T) {
	for name, prepare := range readers(t) {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			for schema := shm.Schema(0); schema < shm.SchemaCount; schema++ {
				if testing.Short() && schema != shm.SchemaMBO && schema != shm.SchemaAdmin {
					continue
				}
				t.Run(schema.String(), func(t *testing.T) { foreignReader(t, command, schema) })
			}
		})
	}
}

func foreignReader(t *testing.T, command []string, schema shm.Schema) {
	root := shmRoot(t)
	o := Options{Root: root, Name: "test", Rings: []RingSpec{{Schema: schema, Slots: 64}}, Latest: 2, LatestSchema: schema, Instruments: 4}
	inst := create(t, o)
	const total = 10_000
	var book shm.MBP10
	dir := inst.Dir
	publish(inst, schema, 0, 50)
	args := append(command[1:], filepath.Join(dir, RingFile(schema, 0)), filepath.Join(dir, latestFile), filepath.Join(dir, controlFile))
	e := shm.InstrumentEntry{ID: 1}
	copy(e.Symbol[:], "WIRE")
	if _, err := inst.Control.AddInstrument(e); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(command[0], args...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewReader(pipe)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the reader said %q, %v", line, err)
	}
	w := inst.Writer(schema, 0)
	body := alignedBytes(schema.BodySize())
	for w.Position() < total {
		if w.Position() == total/2 { // dies and starts again, in the same ring
			inst.unmap()
			inst.lock.Close()
			inst = create(t, o)
			w = inst.Writer(schema, 0)
			if w.Position() != total/2 {
				t.Fatalf("goes on at %d", w.Position())
			}
		}
		selfcheck.Fill(body, w.Position())
		w.Publish(body, w.Position())
		if w.Position()%500 == 0 {
			w.Flush()
			selfcheck.Fill(shm.Bytes(&book), w.Position())
			inst.Latest.Update(1, &book, w.Position())
			time.Sleep(time.Millisecond) // the reader gets whole stretches, not only laps
		}
	}
	inst.Close()
	out, _ := lines.ReadString('\n')
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	var start, read, lost, torn, epochs, pos, latest uint64
	var symbol string
	if _, err := fmt.Sscanf(out, "start %d read %d lost %d torn %d epochs %d pos %d latest %d instrument %s",
		&start, &read, &lost, &torn, &epochs, &pos, &latest, &symbol); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if torn != 0 || pos != total || read == 0 || start+read+lost != total || latest != total || epochs != 1 || symbol != "WIRE" {
		t.Errorf("%s", out)
	}
	t.Logf("%s", out)
}

// The C reader refuses what the Go reader refuses, with the same news.
func TestForeignReadersRefuse(t *testing.T) {
	for name, prepare := range readers(t) {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			root := shmRoot(t)
			inst := create(t, small(root))
			defer inst.Close()
			ring := filepath.Join(inst.Dir, "mbo-0.ring")
			good, err := os.ReadFile(ring)
			if err != nil {
				t.Fatal(err)
			}
			for want, damage := range map[string]func(b []byte) []byte{
				"ABI version 9, this reader knows version 2": func(b []byte) []byte { b[8] = 9; return b },
				"foreign file":        func(b []byte) []byte { b[0] ^= 1; return b },
				"not laid out yet":    func(b []byte) []byte { clear(b[:8]); return b },
				"shorter than its":    func(b []byte) []byte { return b[:100] },
				"damaged or truncate": func(b []byte) []byte { return b[:len(b)-1] },
			} {
				bad := filepath.Join(root, "bad.ring")
				if err := os.WriteFile(bad, damage(append([]byte(nil), good...)), 0o640); err != nil {
					t.Fatal(err)
				}
				args := append(append([]string(nil), command[1:]...), bad, filepath.Join(inst.Dir, latestFile), filepath.Join(inst.Dir, controlFile))
				out, err := exec.Command(command[0], args...).CombinedOutput()
				if err == nil || !strings.Contains(string(out), want) {
					t.Errorf("%v: %q, want %q", err, out, want)
				}
			}
		})
	}
}
