package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestSorted: packets come in the order of time, those of one time in the order of the file, whether the file is mapped or
// unpacked, alone or merged with another; what is further off than the window is told.
func TestSorted(t *testing.T) {
	const n = 3 * sortPackets
	list := samples(n, startNS, 60)
	for i := range list {
		list[i].ts = startNS + uint64(i/2)*1000 // two at every time
		binary.BigEndian.PutUint32(list[i].data[20:], uint32(i))
	}
	mixed := append([]rec(nil), list...)
	r := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < n; at += 512 {
		part := mixed[at : at+512]
		for i := 0; i+1 < len(part); i += 2 { // pairs stay pairs: the order of equals is that of the file
			j := r.IntN(len(part)/2) * 2
			part[i], part[j] = part[j], part[i]
			part[i+1], part[j+1] = part[j+1], part[i+1]
		}
	}
	dir := t.TempDir()
	write := func(name string, list []rec, packed bool) string {
		b := pcapBytes(binary.LittleEndian, pcapNano, list)
		if packed {
			var z bytes.Buffer
			w := gzip.NewWriter(&z)
			_, _ = w.Write(b)
			_ = w.Close()
			b = z.Bytes()
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	half := [2][]rec{}
	for i := 0; i < n; i += 2 {
		half[i/2%2] = append(half[i/2%2], mixed[i:i+2]...)
	}
	for name, files := range map[string][]string{
		"mapped": {write("a.pcap", mixed, false)},
		"packed": {write("a.pcap.gz", mixed, true)},
		"merged": {write("b.pcap", half[0], false), write("c.pcap.gz", half[1], true)},
	} {
		s, err := Open(files, Options{Sorted: true})
		if err != nil {
			t.Fatal(err)
		}
		var p Packet
		for i := range list {
			if err := s.Next(&p); err != nil || p.TS != list[i].ts || binary.BigEndian.Uint32(p.Data[20:]) != uint32(i) {
				t.Fatalf("%s: packet %d: %v, time %d, number %d, want time %d", name, i, err, p.TS, binary.BigEndian.Uint32(p.Data[20:]), list[i].ts)
			}
		}
		for _, f := range s.Files() {
			if f.Moved == 0 || f.Beyond != 0 {
				t.Errorf("%s: %d moved, %d beyond", name, f.Moved, f.Beyond)
			}
		}
		_ = s.Close()
	}
	far := append(append([]rec(nil), list[1:]...), list[0])
	var told []Warning
	s, err := Open([]string{write("far.pcap", far, false)}, Options{Sorted: true, Warn: func(w Warning) { told = append(told, w) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	count := 0
	for p := (Packet{}); s.Next(&p) == nil; {
		count++
	}
	if f := s.Files()[0]; count != n || f.Beyond != 1 || len(told) != 2 {
		t.Errorf("%d packets, %d beyond, told %v", count, f.Beyond, told)
	}
}
