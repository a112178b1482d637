package bench

import (
	"io"
	"path/filepath"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/nasdaq"
)

// testDay makes a small ITCH day and reads it.
func testDay(t *testing.T, messages uint64) *Input {
	t.Helper()
	return openDay(t, itchDay(messages))
}

func openDay(t *testing.T, d Day) *Input {
	t.Helper()
	path, err := d.generate(t.TempDir(), func(string, int64, int64) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	in, err := openInput("day", d.Profile, path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.close)
	return in
}

// TestFloorsSeeEveryMessage holds the hand-written floors against the real framing and decoder: a floor that does less
// work than it says would flatter nobody but the machine.
func TestFloorsSeeEveryMessage(t *testing.T) {
	in := testDay(t, 20_000)
	if in.Messages < 20_000 || in.Packets == 0 || in.Frames < in.Packets {
		t.Fatalf("input has %d messages in %d packets, %d frames", in.Messages, in.Packets, in.Frames)
	}
	var p packet
	walked, decoded, orders := uint64(0), uint64(0), 0
	decoder := nasdaq.NewITCH50(1<<16, 0)
	batch := book.NewBatch(64)
	var h framing.Header
	for at := 0; at < in.arena.used; {
		at = in.arena.next(at, &p)
		n, _ := walkMold(p.payload)
		var e book.Event
		walked += uint64(n)
		decoded += uint64(decodeMold(&e, p.payload))
		if (&framing.MoldUDP64{}).Header(p.payload, &h) != framing.FaultNone || h.Count != 1 {
			continue
		}
		batch.Reset()
		batch.BeginPacket(book.Packet{TsRecv: p.ns})
		batch.Seq = h.Seq
		if decoder.Decode(batch, p.payload[22:]) != book.FaultNone || len(batch.Events) != 1 {
			continue
		}
		want := batch.Events[0]
		switch want.Kind {
		case book.KindAdd, book.KindExecute, book.KindExecuteAt, book.KindReduce, book.KindDelete, book.KindReplace:
			orders++
			if e.Kind != want.Kind || e.OrderID != want.OrderID || e.Qty != want.Qty || e.Seq != want.Seq || want.Side == book.Bid && e.Side != 'B' ||
				want.Kind != book.KindExecuteAt && (e.Ref != want.Ref || e.Price*100_000 != want.Price) {
				t.Fatalf("by hand %+v\ndecoder %+v", e, want)
			}
		}
	}
	if walked < in.Messages || decoded != in.Messages {
		t.Errorf("walked %d and decoded %d of %d messages", walked, decoded, in.Messages)
	}
	if orders < 100 {
		t.Errorf("only %d order messages compared", orders)
	}
}

// TestDayIsMadeOnce: the cache is used again, and a day of another size is another file.
func TestDayIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	d := itchDay(12_000)
	path, err := d.generate(dir, func(string, int64, int64) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	called := false
	again, err := d.generate(dir, func(string, int64, int64) error { called = true; return nil })
	if err != nil || again != path || called {
		t.Errorf("made again: %v, %s then %s, %v", called, path, again, err)
	}
	other := itchDay(16_000)
	if name, err := other.file(); err != nil || name == filepath.Base(path) {
		t.Errorf("another day is called %s too: %v", name, err)
	}
}

// TestArenaTakesEveryPacket: an arena that was guessed too small grows, and what it cannot hold is an error.
func TestArenaTakesEveryPacket(t *testing.T) {
	const frames = 5000
	frame := make([]byte, 900)
	left, longest := frames, 0
	src := sourceFunc(func(p *capture.Packet) error {
		if left == 0 {
			return io.EOF
		}
		left--
		p.Data = frame[:60+left%800]
		if left == longest {
			p.Data = make([]byte, largestFrame+1)
		}
		return nil
	})
	nowhere := func(*feedhandler.Datagram) (uint8, uint8) { return noChannel, 0 }
	longest = -1
	a, err := load(src, 1<<16, nowhere, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.unmap()
	var p packet
	n := 0
	for at := 0; at < a.used; n++ {
		at = a.next(at, &p)
		if want := 60 + (frames-1-n)%800; len(p.frame) != want {
			t.Fatalf("packet %d has %d bytes, want %d", n, len(p.frame), want)
		}
	}
	if n != frames {
		t.Errorf("%d packets of %d", n, frames)
	}
	left, longest = frames, frames/2
	if _, err := load(src, 1<<16, nowhere, nil, 0); err == nil {
		t.Error("a frame that the arena cannot hold was left out in silence")
	}
}

// sourceFunc is a capture made by a function.
type sourceFunc func(*capture.Packet) error

func (f sourceFunc) Next(p *capture.Packet) error { return f(p) }
func (sourceFunc) Progress() (read, total int64)  { return 0, 0 }
func (sourceFunc) Files() []capture.FileInfo      { return nil }
func (sourceFunc) Close() error                   { return nil }

// TestSparseDay: the second day is what it says, few messages a packet and order ids with holes, and as long as the first.
func TestSparseDay(t *testing.T) {
	dense, sparse := testDay(t, 50_000), openDay(t, sparseDay(50_000))
	if d := float64(dense.Messages) / float64(dense.Packets); d < 3 {
		t.Errorf("dense: %.2f messages a packet", d)
	}
	if s := float64(sparse.Messages) / float64(sparse.Packets); s < 1.2 || s > 1.7 {
		t.Errorf("sparse: %.2f messages a packet, want about 1.5", s)
	}
	if sparse.Messages < 50_000 {
		t.Errorf("sparse: %d messages", sparse.Messages)
	}
}

// TestCaptures reads what the bench takes from the customer's captures: every message of a first line decodes.
func TestCaptures(t *testing.T) {
	dir := feedtest.Captures(t)
	for _, s := range samples {
		in, err := openInput(s.name, s.profile, filepath.Join(dir, s.path), 0)
		if err != nil {
			t.Errorf("%s: %v", s.path, err)
			continue
		}
		list, err := newDecodings(in, true)
		if err != nil {
			t.Fatal(err)
		}
		m := newMeter(&clock{}, nil)
		total := 0
		eachPacket(in, m, func(p *packet) int {
			d := &list[p.channel]
			n := d.decode(p)
			total += n
			d.apply(new([2]book.Change))
			return n
		})
		faults := uint64(0)
		for i := range list {
			for _, n := range list[i].faults {
				faults += n
			}
		}
		if uint64(total) != in.Messages || total == 0 || faults > 0 {
			t.Errorf("%s: %d of %d messages, %d not decoded", s.path, total, in.Messages, faults)
		}
		in.close()
	}
}

// TestHandWalkReadsOnlyWhatItKnows: a file in the other byte order, or cut short, must not lead it out of the file.
func TestHandWalkReadsOnlyWhatItKnows(t *testing.T) {
	little := []byte{0xD4, 0xC3, 0xB2, 0xA1}
	big := []byte{0xA1, 0xB2, 0xC3, 0xD4}
	file := func(magic []byte, kept byte, have int) []byte {
		mem := append(append([]byte{}, magic...), make([]byte, pcapHead-4+pcapRecord+have)...)
		mem[pcapHead+8] = kept
		return mem
	}
	if !walkable(file(little, 60, 60)) || walkable(file(big, 60, 60)) || walkable(little) {
		t.Error("walkable takes the wrong files")
	}
	if n, _ := walkPcap(file(little, 60, 60), func(int) {}); n != 1 {
		t.Errorf("%d packets, want 1", n)
	}
	if n, _ := walkPcap(file(little, 60, 59), func(int) {}); n != 0 {
		t.Errorf("%d packets of a file cut short, want 0", n)
	}
}
