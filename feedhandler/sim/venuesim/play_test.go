package venuesim

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/sim"
)

// impaired are two lines with everything that can happen on them.
func impaired() sim.WireConfig {
	line := sim.LineConfig{LossPPM: 50_000, ReorderPPM: 20_000, DuplicatePPM: 20_000, JitterNS: 5000}
	return sim.WireConfig{Seed: 9, Lines: []sim.LineConfig{line, line}}
}

// generate makes a day by the simulator alone: what its lines bring, and captures of it.
func generate(t *testing.T, cfg sim.Config, dir string) (payloads [][]byte, day, clean string) {
	t.Helper()
	x, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	sink := func(name string, also func(frame []byte)) (sim.Sink, string, func()) {
		path := filepath.Join(dir, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := capture.NewWriter(f, true)
		if err != nil {
			t.Fatal(err)
		}
		return sim.SinkFunc(func(ts uint64, frame []byte) error {
				also(frame)
				return w.Write(ts, frame)
			}), path, func() {
				if w.Flush() != nil || f.Close() != nil {
					t.Fatal("the capture cannot be written")
				}
			}
	}
	lines := impaired()
	merged, day, done := sink("day.pcap", func(frame []byte) { payloads = append(payloads, bytes.Clone(frame[42:])) })
	whole, clean, done2 := sink("clean.pcap", func([]byte) {})
	lines.Merged = merged
	if _, err := sim.Generate(x, lines, whole, nil); err != nil {
		t.Fatal(err)
	}
	done()
	done2()
	return payloads, day, clean
}

// inOrder keeps everything that was sent, in order.
type inOrder struct{ list [][]byte }

func (o *inOrder) Send(_ uint32, _ uint16, payload []byte, _ *uint64) error {
	o.list = append(o.list, bytes.Clone(payload))
	return nil
}

func (o *inOrder) Flush() error { return nil }

// A played day is the simulator's, packet by packet, with the same losses; a played capture too, and both serve what was lost.
func TestPlayIsTheSimulatorsDay(t *testing.T) {
	for _, e := range sim.Encodings {
		cfg := sim.Config{Seed: 91, Encoding: e, Messages: 2500, Session: "0000000001"}
		want, day, clean := generate(t, cfg, t.TempDir())
		x, err := sim.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		services := quick()
		services.Market = x.Config()
		services.Services = []Service{}
		s, err := Start(services)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var out inOrder
		played, err := Play(context.Background(), x, impaired(), s, PlayConfig{Out: &out})
		if err != nil || !equal(out.list, want) || played.Packets != uint64(len(want)) || len(played.Gaps) == 0 {
			t.Errorf("%s: %v: %d packets, want %d, %d gaps", e, err, len(out.list), len(want), len(played.Gaps))
		}

		if _, err := Record(e, []string{day}, nil, capture.Options{}); err == nil || !strings.Contains(err.Error(), "clean capture") {
			t.Errorf("%s: a capture with holes: %v", e, err)
		}
		r, err := Record(e, []string{day}, []string{clean}, capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := r.Market
		if e == sim.ITCH50 && m.Session != "0000000001" || (e == sim.Deep || e == sim.DeepPlus) && (m.SessionID != 1_000_000_000 || m.Channel != 1) || e == sim.MDP3 && m.Channel != 1 {
			t.Errorf("%s: %+v", e, m)
		}
		services.Market = r.Market
		again, err := Start(services)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		var second inOrder
		if _, err := r.Play(context.Background(), again, PlayConfig{Out: &second}); err != nil || !equal(second.list, want) {
			t.Errorf("%s: %v: %d packets of the capture, want %d", e, err, len(second.list), len(want))
		}
		a, _, ended := s.today().from(1, all)
		b, _, endedToo := again.today().from(1, all)
		if len(a) < 600 || len(a) != len(b) || !ended || !endedToo {
			t.Fatalf("%s: %d units and %d", e, len(a), len(b))
		}
		for i := range a {
			if !bytes.Equal(a[i].bytes, b[i].bytes) || a[i].offset != b[i].offset {
				t.Fatalf("%s: unit %d is not the same in a capture", e, i+1)
			}
		}
	}
}

// Nothing is on a line before the services have it.
func TestServicesAreNeverBehindTheLines(t *testing.T) {
	x, err := sim.New(sim.Config{Seed: 92, Messages: 2000})
	if err != nil {
		t.Fatal(err)
	}
	cfg := quick()
	cfg.Market = x.Config()
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out := transmitterFunc(func(payload []byte) {
		if g := readMold(payload); g.count != 0xFFFF && g.first+uint64(g.count) > s.Newest()+1 {
			t.Errorf("%d is sent, and the services have %d", g.first, s.Newest())
		}
	})
	if _, err := Play(context.Background(), x, impaired(), s, PlayConfig{Out: out}); err != nil {
		t.Fatal(err)
	}
}

type transmitterFunc func(payload []byte)

func (f transmitterFunc) Send(_ uint32, _ uint16, payload []byte, _ *uint64) error {
	f(payload)
	return nil
}

func (f transmitterFunc) Flush() error { return nil }
