package replay

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/sim"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// simFile is a capture under construction.
type simFile struct {
	t    *testing.T
	f    *os.File
	w    *capture.Writer
	path string
}

func newSimFile(t *testing.T, dir, name string) *simFile {
	t.Helper()
	path := filepath.Join(dir, name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := capture.NewWriter(f, true)
	if err != nil {
		t.Fatal(err)
	}
	return &simFile{t: t, f: f, w: w, path: path}
}

func (s *simFile) WriteFrame(ts uint64, frame []byte) error { return s.w.Write(ts, frame) }

func (s *simFile) close() {
	s.t.Helper()
	if err := s.w.Flush(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.f.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// simDay writes a lossy day: both lines in one file, each in its own, and the clean one.
func simDay(t *testing.T, encoding sim.Encoding) (merged, a, b, clean string) {
	t.Helper()
	dir := t.TempDir()
	x, err := sim.New(sim.Config{Seed: 11, Encoding: encoding, Symbols: 6, Messages: 8000, Rate: 50_000})
	if err != nil {
		t.Fatal(err)
	}
	files := []*simFile{newSimFile(t, dir, "both.pcap"), newSimFile(t, dir, "a.pcap"), newSimFile(t, dir, "b.pcap"), newSimFile(t, dir, "clean.pcap")}
	line := sim.LineConfig{LossPPM: 20_000, ReorderPPM: 10_000, DuplicatePPM: 10_000, DelayNS: 40_000}
	lines := []sim.LineConfig{line, line}
	for i := range lines {
		// Each encoding has groups of its own, as feeds have.
		lines[i].Group = netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 10, encoding[0], byte(i + 1)}), 26477)
	}
	wire := sim.WireConfig{Seed: 11, Lines: lines, NoDoubleLoss: true,
		Merged: files[0], PerLine: []sim.Sink{files[1], files[2]}}
	if _, err := sim.Generate(x, wire, files[3], nil); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		f.close()
	}
	return files[0].path, files[1].path, files[2].path, files[3].path
}

func TestSameFilesSameBytes(t *testing.T) {
	merged, a, b, clean := simDay(t, sim.ITCH50)
	_, first := run(t, "nasdaq.itch50", nil, "", merged)
	_, again := run(t, "nasdaq.itch50", nil, "", merged)
	sameFull(t, "the same file again", again, first)
	_, apart := run(t, "nasdaq.itch50", nil, "", a, b)
	sameFull(t, "line A and line B in files of their own", apart, first)
	_, whole := run(t, "nasdaq.itch50", nil, "", clean)
	sameContent(t, "the lossy lines", first, whole)
	paced, err := Run(context.Background(), Options{Files: []string{merged}, Profile: "nasdaq.itch50", Speed: 4})
	if err != nil {
		t.Fatal(err)
	}
	sameFull(t, "replayed at a pace", paced, first)
}

// TestDiscoveryTellsChannelsApart: three feeds' captures at once, of which one profile finds its own two lines.
func TestDiscoveryTellsChannelsApart(t *testing.T) {
	itch, _, _, _ := simDay(t, sim.ITCH50)
	mdp, _, _, _ := simDay(t, sim.MDP3)
	_, s := run(t, "cme.mdp3", nil, "", itch, mdp)
	for _, l := range s.Lines {
		if l.Channel == s.Lines[0].Channel && len(s.Lines) == 2 {
			continue
		}
		t.Fatalf("lines %+v, want the two of one channel", s.Lines)
	}
	_, err := Run(context.Background(), Options{Files: []string{itch}, Profile: "iex.deep10"})
	if err == nil || !strings.Contains(err.Error(), "does not carry") {
		t.Fatalf("a capture of another protocol: %v", err)
	}
}

// TestReplayIntoSharedMemory reads back from the rings what the replay says it published.
func TestReplayIntoSharedMemory(t *testing.T) {
	merged, _, _, _ := simDay(t, sim.MDP3)
	root := t.TempDir()
	o := Options{Files: []string{merged}, Profile: "cme.mdp3", Instance: "test"}
	o.Shm.Root = root
	s, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for schema := shm.Schema(0); schema < shm.SchemaCount; schema++ {
		r, err := segment.OpenReader(segment.ReaderOptions{Root: root, Name: "test", Schema: schema, From: segment.FromOldest})
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, r.PayloadSize())
		var records, own uint64
		for {
			res := r.Next(buf)
			if res == shm.Stopped || res == shm.Empty {
				break
			}
			if res == shm.Record && buf[1] == shm.RTypeAppliance {
				own++ // which no venue made, and no digest counts
			} else if res == shm.Record {
				records++
			}
		}
		if ch, _ := r.Control().Channel(0); own != 0 != (schema == shm.SchemaAdmin) || schema == shm.SchemaAdmin && own != ch.Appliance {
			t.Errorf("%s: %d records of the appliance's own, the control file says %d", schema, own, ch.Appliance)
		}
		if want := s.Records[schema.String()]; records != want || want == 0 {
			t.Errorf("%s: %d records in the ring, %d published", schema, records, want)
		}
		if schema == shm.SchemaMBO {
			view := r.Control()
			if ch, ok := view.Channel(0); !ok || ch.Messages != s.Messages || ch.Digests[0].Records != records {
				t.Errorf("control file says %+v", ch)
			}
		}
		r.Close()
	}
}
