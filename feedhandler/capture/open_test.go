package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenRefusesWhatIsNoCapture(t *testing.T) {
	good := pcapBytes(binary.LittleEndian, pcapNano, samples(2, startNS, 1))
	for _, c := range []struct {
		name, file string
		b          []byte
		o          Options
		text       string
	}{
		{"empty", "a.pcap", nil, Options{}, "the file is empty"},
		{"text", "a.pcap", []byte("hello, this is a note about captures\n"), Options{}, `("hello, this `},
		{"elf", "a.pcap", append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 60)...), Options{}, "it starts with 7f 45 4c 46"},
		{"zeros", "a.pcap", make([]byte, 4096), Options{}, "neither pcap, pcapng nor ERF"},
		{"dbn", "a.dbn", append([]byte("DBN\x03"), make([]byte, 200)...), Options{}, "DBN file of records"},
		{"one byte", "a.pcap", []byte{0xd4}, Options{}, "it starts with d4"},
		{"header cut", "a.pcap", good[:23], Options{}, "header cut short: 23 of 24"},
		{"version", "a.pcap", append([]byte{0xd4, 0xc3, 0xb2, 0xa1, 9, 0}, make([]byte, 30)...), Options{}, "version 9.0"},
		{"section cut", "a", ngSectionBytes(binary.LittleEndian, nil)[:27], Options{}, "header cut short: 27 of 28"},
		{"gzip of text", "a.pcap.gz", gzipped(t, []byte("hello world, hello")), Options{}, "neither pcap"},
		{"gzip stump", "a.pcap.gz", gzipped(t, good)[:8], Options{}, "gzip header"},
		{"zstd stump", "a.pcap.zst", zstded(t, good)[:7], Options{}, "a.pcap.zst: cannot be unpacked"},
		{"xz", "a.pcap.xz", []byte("\xfd7zXZ\x00\x00\x00"), Options{}, "compressed with xz: unpack it"},
		{"binaryfile without a name", "a.bin", binaryBytes([][]byte{itch('S', 12, 1), itch('S', 12, 2)}), Options{}, "could be a BinaryFILE"},
		{"name of a day, no day", "01302020.NASDAQ_ITCH50", []byte("\x00\x00\x00\x00zzzzzzzzzzzz"), Options{}, "named like a BinaryFILE"},
		{"told wrongly", "a.pcap", good, Options{Format: PCAPNG}, "said to be pcapng"},
		{"unknown trailer", "a.pcap", good, Options{Trailer: "casio"}, `unknown timestamp trailer "casio"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, c.file, c.b)
			_, _, _, err := readAll(t, c.o, path)
			if err == nil || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("error %v, want %q", err, c.text)
			}
			if c.name != "unknown trailer" && !strings.Contains(err.Error(), path) {
				t.Errorf("error %v does not name the file", err)
			}
		})
	}
	if _, err := Open([]string{filepath.Join(t.TempDir(), "none.pcap")}, Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Open([]string{t.TempDir()}, Options{}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("directory: %v", err)
	}
	if _, err := Open(nil, Options{}); err == nil {
		t.Error("no files: no error")
	}
	if _, _, _, err := readAll(t, Options{}, write(t, "x", []byte("some text that is no capture"))); !errors.Is(err, ErrNotCapture) {
		t.Errorf("%v is not ErrNotCapture", err)
	}
}

// A file of every format, cut at every byte: no panic, whatever is whole comes out, and nothing else does.
func TestCutAtEveryByte(t *testing.T) {
	le := binary.LittleEndian
	recs := samples(4, startNS, 1000)
	ng := ngIfaceBytes(le, ngSectionBytes(le, nil), 9, 0)
	for _, r := range recs {
		ng = ngPacketBytes(le, ng, 0, r.ts, r.data, r.wire)
	}
	msgs := [][]byte{itch('S', 12, 1), itch('R', 39, 2), itch('A', 36, 3), itch('D', 19, 4)}
	for _, c := range []struct {
		name string
		b    []byte
		o    Options
	}{
		{"x.pcap", pcapBytes(le, pcapNano, recs), Options{}},
		{"x.pcapng", ng, Options{}},
		{"x.erf", erfBytes(erfEth, 2, recs), Options{}},
		{"01302020.itch50", binaryBytes(msgs), Options{MaxMessages: 1}},
	} {
		whole, _, _, err := readAll(t, c.o, write(t, c.name, c.b))
		if err != nil {
			t.Fatal(c.name, err)
		}
		dir := t.TempDir()
		last := 0
		for n := range c.b {
			for _, gz := range []bool{false, true} {
				b, name := c.b[:n], c.name
				if gz {
					if n%31 != 0 {
						continue
					}
					b, name = gzipped(t, b), name+".gz"
				}
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				got, warnings, _, err := readAll(t, c.o, path)
				if err != nil {
					if n > 40 {
						t.Fatalf("%s cut at %d: %v", name, n, err)
					}
					continue
				}
				if k := len(got); c.o.MaxMessages == 0 || k == 0 || len(warnings) > 0 {
					same(t, got, whole[:k])
				} else {
					same(t, got[:k-1], whole[:k-1]) // a cut between messages ends the session early
				}
				if len(got) < last && len(warnings) > 0 && c.o.MaxMessages == 0 {
					t.Fatalf("%s cut at %d: %d packets, %d at the cut before", name, n, len(got), last)
				}
				last = max(last, len(got))
			}
		}
		if last < len(whole)-1 {
			t.Errorf("%s: never more than %d of %d packets", c.name, last, len(whole))
		}
	}
}

// A compressed file cut anywhere gives what could be unpacked and says so.
func TestCutCompressed(t *testing.T) {
	want := samples(3000, startNS, 1000)
	b := pcapBytes(binary.LittleEndian, pcapNano, want)
	for name, packed := range map[string][]byte{"gzip": gzipped(t, b), "zstd": zstded(t, b)} {
		some := false
		for _, part := range []int{3, 2} {
			got, warnings, _, err := readAll(t, Options{}, write(t, name, packed[:len(packed)-len(packed)/part]))
			if err != nil {
				continue // a zstd block is all or nothing
			}
			w := oneTrouble(t, warnings, CutShort)
			if !strings.Contains(w.Text, name) {
				t.Errorf("warning %q does not name %s", w, name)
			}
			if len(got) >= len(want) {
				t.Fatalf("%s: %d packets of a cut file", name, len(got))
			}
			same(t, got, want[:len(got)])
			some = some || len(got) > 0
		}
		if !some && name == "gzip" {
			t.Errorf("%s: no packets before the cut", name)
		}
	}
}

func TestWriterIsReadBack(t *testing.T) {
	for _, ns := range []bool{false, true} {
		for _, ng := range []bool{false, true} {
			t.Run(fmt.Sprintf("nanosecond %v pcapng %v", ns, ng), func(t *testing.T) {
				want := samples(20, startNS, 1001)
				var out bytes.Buffer
				w, err := NewWriter(&out, ns)
				if ng {
					w, err = NewNGWriter(&out, "a", "b")
				}
				if err != nil {
					t.Fatal(err)
				}
				for i := range want {
					if ng {
						want[i].iface = uint32(i % 2)
						err = w.WriteOn(i%2, want[i].ts, want[i].data)
					} else {
						if err = w.Write(want[i].ts, want[i].data); !ns {
							want[i].ts -= want[i].ts % 1000
						}
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
				got, warnings, _, err := readAll(t, Options{}, write(t, "x", out.Bytes()))
				if err != nil || len(warnings) > 0 {
					t.Fatal(err, warnings)
				}
				same(t, got, want)
			})
		}
	}
}

func TestFramesLongerThanTheWindow(t *testing.T) {
	le := binary.LittleEndian
	long := bytes.Repeat([]byte("frame"), 600_000) // three times the window
	b := ngIfaceBytes(le, ngSectionBytes(le, nil), 9, 0)
	b = ngPacketBytes(le, b, 0, 1, long, len(long))
	b = ngPacketBytes(le, b, 0, 2, long[:100], 100)
	got, warnings, _, err := readAll(t, Options{}, write(t, "x", gzipped(t, b)))
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	same(t, got, []rec{{ts: 1, data: long, wire: len(long)}, {ts: 2, data: long[:100], wire: 100}})
}

// A reader that hands over a few bytes at a time gives the same packets: the window slides correctly.
func TestWindowOverSmallReads(t *testing.T) {
	want := samples(400, startNS, 1000)
	b := pcapBytes(binary.LittleEndian, pcapNano, want)
	for _, step := range []int{1, 2, 7, 16, 1000} {
		in := &input{w: window{buf: make([]byte, 0, 200), src: &smallReads{b, step}}}
		r, err := newPcap(file{in: in, w: &in.w})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			var p Packet
			if err := r.Next(&p); err != nil {
				t.Fatal(err)
			}
			if p.TS != want[i].ts || !bytes.Equal(p.Data, want[i].data) {
				t.Fatalf("step %d: packet %d differs", step, i)
			}
			if at := bytes.Index(b[p.Offset:], p.Data); at != pcapRecord {
				t.Fatalf("step %d: packet %d has offset %d, its data is %d behind", step, i, p.Offset, at)
			}
		}
	}
}

type smallReads struct {
	b    []byte
	step int
}

func (s *smallReads) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.b[:min(len(s.b), s.step)])
	s.b = s.b[n:]
	return n, nil
}

func TestCloseBeforeTheEnd(t *testing.T) {
	b := pcapBytes(binary.LittleEndian, pcapNano, samples(50_000, startNS, 1))
	for name, packed := range map[string][]byte{"plain": b, "gzip": gzipped(t, b), "zstd": zstded(t, b)} {
		s, err := Open([]string{write(t, name, packed)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var p Packet
		if err := s.Next(&p); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Next(&p); !errors.Is(err, io.EOF) {
			t.Errorf("%s: Next after Close: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: second Close: %v", name, err)
		}
	}
}

// What people have and is not read is named, and what to do is said.
func TestForeignFormatsAreNamed(t *testing.T) {
	for _, f := range foreign {
		head := append(make([]byte, f.at), f.magic...)
		_, _, _, err := readAll(t, Options{}, write(t, "x", append(head, bytes.Repeat([]byte{0xff}, 300)...)))
		if err == nil {
			t.Errorf("%s: read", f.what)
			continue
		}
		// Packings on the outside have words of their own, or are unpacked.
		if outside := strings.HasSuffix(f.what, "inside another packing"); !outside && (!errors.Is(err, ErrNotCapture) || !strings.Contains(err.Error(), f.what) || !strings.Contains(err.Error(), f.todo)) {
			t.Errorf("%s: %v", f.what, err)
		}
		_, _, _, err = readAll(t, Options{}, write(t, "x", gzipped(t, append(head, bytes.Repeat([]byte{0xff}, 300)...))))
		if err == nil || !strings.Contains(err.Error(), f.what) {
			t.Errorf("%s, in gzip: %v", f.what, err)
		}
	}
	for text, want := range map[string]string{
		"<!DOCTYPE html><html><title>404</title>": "a web page",
		"ts_recv,ts_event,rtype\n1,2,3\n":         "text (ts_recv,ts_event,rtype)",
	} {
		if _, _, _, err := readAll(t, Options{}, write(t, "x", []byte(text))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
