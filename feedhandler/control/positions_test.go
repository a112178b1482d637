package control_test

import (
	"errors"
	"testing"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/feedhandler/sim"
	"wirebook/ptp"
	"wirebook/shm"
	"wirebook/shm/segment"
)

const positionsConfig = `instance: test
rings: {mbo: 65536, mbp-1: 65536, mbp-10: 4096, trades: 4096, admin: 1024}
channels:
  - {name: east, profile: nasdaq.itch50, publisher_id: 7, lines: [{name: A, group: 239.10.1.1, port: 26477}]}
`

// writeDay has a run of the writer publish a simulated day, and ends it.
func writeDay(t *testing.T, root, text, session string, seed, startNS uint64) {
	t.Helper()
	c, err := config.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	ch, err := c.Channels[0].Build()
	if err != nil {
		t.Fatal(err)
	}
	channels := []feedhandler.ChannelConfig{ch}
	i, err := control.Create(c, channels, control.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := feedhandler.New(feedhandler.Config{Channels: channels})
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Attach(pipe, channels); err != nil {
		t.Fatal(err)
	}
	x, err := sim.New(sim.Config{Seed: seed, Symbols: 4, Messages: 3000, Session: session, StartNS: startNS})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	_, err = sim.Generate(x, sim.WireConfig{Lines: make([]sim.LineConfig, 1), Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
		pipe.OnFrame(frame, ptp.Stamp{NS: ts, Source: ptp.SourceNIC})
		if n++; n%9 == 0 {
			pipe.Flush()
		}
		return nil
	})}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	pipe.End()
	if err := i.Close(uint64(time.Now().UnixNano())); err != nil {
		t.Fatal(err)
	}
}

// TestAReaderGetsPositions: through files, a run of the writer after the other: names, units and k of every record, and back.
func TestAReaderGetsPositions(t *testing.T) {
	root := t.TempDir()
	const start = 1_748_871_000_000_000_000
	writeDay(t, root, positionsConfig, "MONDAY", 1, start)
	r, err := segment.OpenReader(segment.ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Worker: -1, From: segment.FromOldest})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	q, err := r.Positions()
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()

	payload := make([]byte, r.PayloadSize())
	type at struct {
		session string
		unit, k uint64
	}
	seen := map[at]uint64{}
	read := func() (n int, last segment.Position) {
		for {
			switch res := r.Next(payload); res {
			case shm.Record:
				p := q.At(r.Position()-1, payload)
				if p.Place != shm.Placed || p.ChannelName != "east" || p.Publisher != 7 || p.Resets != 0 {
					t.Fatalf("position %d: %+v", r.Position()-1, p)
				}
				if p.Times.RecvNS == 0 || p.Times.TakenNS != 0 {
					t.Fatalf("position %d: times %+v, and a replay has no clock", r.Position()-1, p.Times)
				}
				if seq := shm.View[shm.MBO](append([]byte(nil), payload...)).Sequence; uint32(p.Unit) != seq {
					t.Fatalf("position %d: unit %d of a record of %d", r.Position()-1, p.Unit, seq)
				}
				key := at{p.SessionName, p.Unit, p.K}
				if before, twice := seen[key]; twice && before != r.Position()-1 {
					t.Fatalf("position %d: %+v was position %d's", r.Position()-1, key, before)
				}
				seen[key] = r.Position() - 1
				n, last = n+1, p
			case shm.NewEpoch:
			default:
				return n, last
			}
		}
	}
	n, last := read()
	if n < 2000 || last.SessionName != "MONDAY" {
		t.Fatalf("%d records, the last %+v", n, last)
	}
	writeDay(t, root, positionsConfig, "TUESDAY", 2, start+24*3600e9)
	n, last = 0, segment.Position{}
	for end := time.Now().Add(10 * time.Second); last.SessionName != "TUESDAY" && time.Now().Before(end); time.Sleep(time.Millisecond) {
		if m, l := read(); m > 0 {
			n, last = n+m, l
		}
	}
	if n < 2000 || last.SessionName != "TUESDAY" {
		t.Fatalf("after the restart %d records, the last %+v", n, last)
	}
	found := 0
	for key, p := range seen {
		if key.k != 0 || key.unit%7 != 0 {
			continue
		}
		found++
		if s, err := q.Find("east", key.session, 0, key.unit); err != nil || s.Place != shm.Placed || s.Position != p {
			t.Fatalf("%+v: found %+v, %v; it is at %d", key, s, err, p)
		}
	}
	if s, err := q.Find("east", "TUESDAY", 0, last.Unit+1000); found < 100 || err != nil || s.Place != shm.Unmarked {
		t.Fatalf("%d found; what is to come: %+v, %v", found, s, err)
	}
	if _, err := q.Find("east", "SUNDAY", 0, 1); !errors.Is(err, segment.ErrNotFound) {
		t.Fatalf("a session that never was: %v", err)
	}
}

// TestTheSameSessionAgain: a run that goes on with a session keeps its count of resets; so does one that replays it.
func TestTheSameSessionAgain(t *testing.T) {
	root := t.TempDir()
	const start = 1_748_871_000_000_000_000
	for range 2 {
		writeDay(t, root, positionsConfig, "MONDAY", 1, start)
	}
	v, err := segment.Open(root, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for n := uint32(1); n <= 2; n++ {
		e, ok := v.Control.Session(n)
		if !ok || shm.Text(e.Name[:]) != "MONDAY" || e.Resets != 0 || e.First != 1 || e.Epoch != uint64(n) || e.Mark == 0 {
			t.Errorf("session %d: %v %+v", n, ok, e)
		}
	}
	if c, ok := v.Control.Channel(0); !ok || c.Session != 2 || shm.Text(c.SessionName[:]) != "MONDAY" {
		t.Errorf("channel: session %d %q", c.Session, shm.Text(c.SessionName[:]))
	}
}

// TestNoMarksNoPositions: marks may be turned off, and a reader that wants positions is told so.
func TestNoMarksNoPositions(t *testing.T) {
	root := t.TempDir()
	writeDay(t, root, "instance: test\nrings: {marks: 0, mbo: 65536, mbp-1: 1024, mbp-10: 1024, trades: 1024, admin: 1024}\n"+
		"channels:\n  - {name: east, profile: nasdaq.itch50, lines: [{name: A, group: 239.10.1.1, port: 26477}]}\n", "MONDAY", 1, 1_748_871_000_000_000_000)
	r, err := segment.OpenReader(segment.ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Worker: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Positions(); !errors.Is(err, segment.ErrNotFound) {
		t.Fatalf("positions without marks: %v", err)
	}
}
