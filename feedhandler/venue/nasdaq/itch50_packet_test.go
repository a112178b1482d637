package nasdaq

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
)

// twins are two decoders of one feed, of which one is given packets and the other their messages.
type twins struct {
	whole, single             *ITCH50
	wholeBatch, singleBatch   *book.Batch
	wholeFaults, singleFaults [book.FaultCount]uint64
	messages                  int
}

func newTwins(instruments int) *twins {
	w := &twins{whole: NewITCH50(instruments, 0), single: NewITCH50(instruments, 0), wholeBatch: book.NewBatch(16), singleBatch: book.NewBatch(4)}
	w.whole.dir.Follow(w.wholeBatch)
	w.single.dir.Follow(w.singleBatch)
	events := w.wholeBatch.Room()
	for i := range events { // what a batch held before must not show
		events[i] = book.Event{Count: 9, Aux: 9, Kind: 9, Side: 9, Flags: 9, Attr: 9, Level: 9, Packet: 9}
	}
	return w
}

// decode gives a payload to both and tells what differs.
func (w *twins) decode(t *testing.T, payload []byte) {
	t.Helper()
	var m framing.MoldUDP64
	var h framing.Header
	if m.Header(payload, &h) != framing.FaultNone {
		return
	}
	spans, _ := m.Split(nil, payload, &h)
	w.messages += len(spans)
	before := bytes.Clone(payload)
	w.wholeBatch.BeginPacket(book.Packet{TsRecv: receivedAt, Seq: h.Seq})
	w.singleBatch.BeginPacket(book.Packet{TsRecv: receivedAt, Seq: h.Seq})
	w.whole.DecodePacket(w.wholeBatch, payload, spans, h.Seq, &w.wholeFaults)
	for _, s := range spans {
		w.singleBatch.Seq = h.Seq + uint64(s.Unit)
		msg := payload[s.Off:][:s.Len]
		if fault := w.single.Decode(w.singleBatch, msg); fault != book.FaultNone {
			w.singleFaults[fault]++
			if instrument, lost := w.single.Concerns(msg, fault); lost {
				w.singleBatch.Lost(instrument)
			}
		}
	}
	a, b := w.wholeBatch, w.singleBatch
	for i := range min(len(a.Events), len(b.Events)) {
		if a.Events[i] != b.Events[i] {
			t.Fatalf("%x: event %d is %+v, message by message %+v", payload, i, a.Events[i], b.Events[i])
		}
	}
	if len(a.Events) != len(b.Events) || w.wholeFaults != w.singleFaults {
		t.Fatalf("%x: %d events, message by message %d; faults %d, %d", payload, len(a.Events), len(b.Events), w.wholeFaults, w.singleFaults)
	}
	if !slices.Equal(a.Statuses, b.Statuses) || !slices.Equal(a.Imbalances, b.Imbalances) || !slices.Equal(a.Statistics, b.Statistics) ||
		!slices.Equal(a.Definitions, b.Definitions) {
		t.Fatalf("%x: side tables differ", payload)
	}
	if !slices.Equal(a.Changes, b.Changes) || w.whole.midnight != w.single.midnight {
		t.Fatalf("%x: decoders differ", payload)
	}
	if !bytes.Equal(before, payload) {
		t.Fatalf("%x: the payload was written to", before)
	}
	if len(a.Events) > 100 {
		a.Reset()
		b.Reset()
	}
}

// TestPacketsDecodeAsTheirMessagesDo runs over all captures, as they are and broken.
func TestPacketsDecodeAsTheirMessagesDo(t *testing.T) {
	files := 0
	root := filepath.Join(feedtest.Captures(t), "nasdaq-itch50")
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(path, ".pcap") {
			return err
		}
		files++
		r := rand.New(rand.NewPCG(uint64(files), 1))
		whole, broken, full := newTwins(10_000), newTwins(10_000), newTwins(3)
		packets := 0
		feedtest.Payloads(t, path, func(_ int, _ int64, payload []byte) {
			if packets++; packets > 2000 {
				return
			}
			whole.decode(t, payload)
			full.decode(t, payload)
			for range 3 {
				b := bytes.Clone(payload)
				for range r.IntN(4) {
					b[r.IntN(len(b))] = byte(r.Uint32())
				}
				broken.decode(t, b[:len(b)-r.IntN(2)*r.IntN(len(b))])
			}
			if r.IntN(100) == 0 {
				for _, w := range []*twins{whole, broken, full} {
					w.whole.Reset()
					w.single.Reset()
				}
			}
		})
		if whole.messages == 0 {
			t.Errorf("%s: no messages", path)
		}
		for _, w := range []*twins{whole, broken, full} {
			if w.whole.index != w.single.index {
				t.Errorf("%s: locate codes differ", path)
			}
		}
		return nil
	})
	if err != nil || files < 30 {
		t.Fatalf("%d files, %v", files, err)
	}
}

// TestSpansOutsideThePayload: a framing that broke its word ends in a panic of the slice, not in memory of others,
// whichever of its spans it is; a span of no bytes is a message cut short.
func TestSpansOutsideThePayload(t *testing.T) {
	payload := framing.AppendMoldUDP64Message(make([]byte, 20), examples(&itchTables)['A'])
	whole := framing.Span{Off: 22, Len: 36}
	for name, c := range map[string]struct {
		bytes  int
		spans  []framing.Span
		panics bool
	}{
		"the only one":  {57, []framing.Span{whole}, true},
		"not the last":  {57, []framing.Span{whole, {Off: 20, Len: 2}}, true},
		"empty, at end": {58, []framing.Span{whole, {Off: 58}}, false},
	} {
		w := newTwins(10)
		w.wholeBatch.BeginPacket(book.Packet{TsRecv: receivedAt})
		w.whole.DecodePacket(w.wholeBatch, payload, []framing.Span{whole}, 1, &w.wholeFaults) // names the stock
		if len(w.wholeBatch.Events) != 1 {
			t.Fatalf("%d events of a whole message", len(w.wholeBatch.Events))
		}
		func() {
			defer func() {
				if panicked := recover() != nil; panicked != c.panics {
					t.Errorf("%s: panicked %v", name, panicked)
				}
			}()
			w.whole.DecodePacket(w.wholeBatch, payload[:c.bytes:c.bytes], c.spans, 2, &w.wholeFaults)
			if w.wholeFaults[book.FaultTruncated] != 1 {
				t.Errorf("%s: faults %v", name, w.wholeFaults)
			}
		}()
	}
}

func TestDecodePacketDoesNotAllocate(t *testing.T) {
	payload := make([]byte, 20)
	all := examples(&itchTables)
	for _, code := range "ADECXU" {
		payload = framing.AppendMoldUDP64Message(payload, all[byte(code)])
	}
	framing.SetMoldUDP64Count(payload, 6)
	var m framing.MoldUDP64
	var h framing.Header
	m.Header(payload, &h)
	spans, _ := m.Split(nil, payload, &h)
	w := newTwins(10)
	if n := testing.AllocsPerRun(100, func() {
		w.wholeBatch.Reset()
		w.wholeBatch.BeginPacket(book.Packet{TsRecv: receivedAt})
		w.whole.DecodePacket(w.wholeBatch, payload, spans, 1, &w.wholeFaults)
	}); n != 0 || len(w.wholeBatch.Events) != 6 {
		t.Fatalf("%v allocations, %d events", n, len(w.wholeBatch.Events))
	}
}

func FuzzITCH50Packet(f *testing.F) {
	payload := make([]byte, 20)
	for _, msg := range examples(&itchTables) {
		payload = framing.AppendMoldUDP64Message(payload, msg)
	}
	framing.SetMoldUDP64Count(payload, uint16(len(examples(&itchTables))))
	f.Add(payload)
	f.Add(payload[:len(payload)-1])
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > 0xFFFF {
			return
		}
		w := newTwins(4)
		w.decode(t, payload)
		w.decode(t, payload)
	})
}
