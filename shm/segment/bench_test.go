package segment

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wirebook/shm"
)

// BenchmarkCRing runs the same stores compiled from C, in a process of its own: the figure to hold
// BenchmarkPublish of package shm against, in the same minute.
func BenchmarkCRing(b *testing.B) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		b.Skip("no C compiler (cc)")
	}
	bin := filepath.Join(b.TempDir(), "bench")
	if out, err := exec.Command(cc, "-std=c11", "-D_GNU_SOURCE", "-O2", "-o", bin, "../testdata/c/bench.c").CombinedOutput(); err != nil {
		b.Fatalf("compile: %v\n%s", err, out)
	}
	for _, slots := range []int{1 << 10, 1 << 16} {
		b.Run(strconv.Itoa(slots), func(b *testing.B) {
			n := max(b.N, 1_000_000)
			out, err := exec.Command(bin, strconv.Itoa(slots), strconv.Itoa(n)).Output()
			if err != nil {
				b.Fatal(err)
			}
			ns, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(ns, "ns/op")
		})
	}
}

// BenchmarkMapped publishes into a mapped ring, as the live process does.
func BenchmarkMapped(b *testing.B) {
	root, err := mkShmDir()
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { removeAll(root) })
	inst, err := Create(Options{Root: root, Name: "bench", Populate: true, Rings: []RingSpec{{Schema: shm.SchemaMBO, Slots: 1 << 16}}})
	if err != nil {
		b.Fatal(err)
	}
	defer inst.Close()
	ring := shm.MBOOf(inst.Writer(shm.SchemaMBO, 0))
	var m shm.MBO
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		slot := ring.Claim()
		slot.Body = m
		slot.Body.OrderID = uint64(i)
		ring.Commit(slot)
	}
}
