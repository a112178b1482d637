package segment

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wirebook/shm"
)

func packetsOptions(root string) Options {
	return Options{Root: root, Name: "test", Rings: []RingSpec{{Schema: shm.SchemaPackets, Bytes: 256 << 10}}}
}

func claimFrame(w *shm.PacketWriter, n int) {
	h, payload := w.Claim(n)
	p := w.Position()
	h.Kind, h.Value, h.WireBytes, h.TsRecv, h.Units = shm.PacketFrame, p, uint32(n), p*3, uint16(p>>4)
	for i := 0; i+8 <= n; i += 8 {
		binary.LittleEndian.PutUint64(payload[i:], (p+1+uint64(i)<<40)*0x9E3779B97F4A7C15)
	}
	for i := n &^ 7; i < n; i++ {
		payload[i] = byte(i)
	}
}

// Foreign readers find the packets that the Go reader finds, byte for byte: in a ring partly filled, filled, and lapped.
func TestForeignPackets(t *testing.T) {
	for name, prepare := range programs("packets") {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			for _, records := range []int{0, 40, 1500} {
				inst := create(t, packetsOptions(shmRoot(t)))
				w := inst.Packets(0)
				random := rand.New(rand.NewPCG(1, uint64(records)))
				for range records {
					claimFrame(w, random.IntN(1600))
					w.Commit()
				}
				w.Flush()
				claimFrame(w, 100) // and one that is never committed
				path := filepath.Join(inst.Dir, RingFile(shm.SchemaPackets, 0))
				if got, want := told(t, command, "dump", path), goPackets(t, path); got != want {
					t.Errorf("%d records: %.3000s\nwant\n%.3000s", records, got, want)
				}
				inst.Close()
			}
		})
	}
}

func goPackets(t *testing.T, path string) string {
	mem, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := shm.NewPacketReader(alignedCopy(mem))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	start, read := r.Position(), 0
	for r.Next() == shm.Record {
		fmt.Fprintf(&b, "%d %x%x\n", r.At(), shm.Bytes(r.Header()), r.Payload())
		read++
	}
	fmt.Fprintf(&b, "start %d read %d lost %d torn 0 epochs 0 pos %d missed %d\n", start, read, r.LostTotal(), r.Position(), r.Missed())
	return b.String()
}

func alignedCopy(mem []byte) []byte {
	b := alignedBytes(len(mem))
	copy(b, mem)
	return b
}

// They follow a writer at work, over laps, and over a death in the middle of a record.
func TestForeignPacketsFollow(t *testing.T) {
	for name, prepare := range programs("packets") {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			o := packetsOptions(shmRoot(t))
			inst := create(t, o)
			w := inst.Packets(0)
			cmd := exec.Command(command[0], append(append([]string(nil), command[1:]...), "follow", filepath.Join(inst.Dir, RingFile(shm.SchemaPackets, 0)))...)
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
			random := rand.New(rand.NewPCG(1, 2))
			const total = 20_000
			for i := range total {
				if i == total/2 {
					claimFrame(w, 1000) // dies in the middle of it, and starts again
					at := w.Position()
					inst.unmap()
					inst.lock.Close()
					inst = create(t, o)
					if w = inst.Packets(0); w.Position() != at {
						t.Fatalf("goes on at %d, not %d", w.Position(), at)
					}
				}
				claimFrame(w, random.IntN(1600))
				w.Commit()
				if i%32 == 0 {
					w.Flush()
				}
				if i%200 == 0 {
					time.Sleep(time.Millisecond) // the reader gets whole stretches, not only laps
				}
			}
			end := w.Position()
			inst.Close()
			out, _ := lines.ReadString('\n')
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			var start, read, lost, torn, epochs, pos, missed uint64
			if _, err := fmt.Sscanf(out, "start %d read %d lost %d torn %d epochs %d pos %d missed %d", &start, &read, &lost, &torn, &epochs, &pos, &missed); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			if torn != 0 || pos != end || read == 0 || epochs != 1 || read < total && lost == 0 || lost >= end {
				t.Errorf("%s, want an end at %d", out, end)
			}
			t.Logf("%s", out)
		})
	}
}
