package cme

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// largeMessages gives the packets of line A of the large capture, each as its messages.
func largeMessages(t testing.TB) (packets [][][]byte) {
	t.Helper()
	path := filepath.Join(feedtest.Captures(t), "cme-mdp3", "large", "Cme.Mdp3.Sbe.v6.1.pcap")
	seen := map[uint64]bool{}
	feedtest.Payloads(t, path, func(_ int, _ int64, payload []byte) {
		h, messages := cutPacket(t, append([]byte(nil), payload...), false)
		if !seen[h.Seq] { // both lines carry the same packets
			seen[h.Seq] = true
			packets = append(packets, messages)
		}
	})
	if len(packets) != 5000 {
		t.Fatalf("%d packets", len(packets))
	}
	return packets
}

// slot is one position of a price book; nil was never seen.
type slot [3]int64 // price 1e-9, size, orders

// positional is the naive positional book of one instrument, side and kind ("0", "1", "E", "F").
type positional []*slot

func (p positional) apply(t *testing.T, e *book.Event) {
	i := int(e.Level) - 1
	s := &slot{e.Price, int64(e.Qty), int64(e.Count)}
	switch e.Kind {
	case book.KindLevelNew:
		copy(p[i+1:], p[i:len(p)-1])
		p[i] = s
	case book.KindLevelChange, book.KindLevelOverlay:
		p[i] = s
	case book.KindLevelDelete:
		copy(p[i:], p[i+1:])
		p[len(p)-1] = nil
	default:
		t.Fatalf("unexpected kind %d", e.Kind)
	}
}

// The events of the large capture, applied to a naive positional book, end in the published state; no RptSeq breaks;
// and every instrument an event touches gets its FlagLast when the event ends, not before.
func TestLargeCaptureBooks(t *testing.T) {
	packets := largeMessages(t)
	d, b := NewMDP3(200), book.NewBatch(64)
	books := map[string]map[string]positional{}
	pending := map[uint32]bool{}
	kinds := map[book.Kind]int{}
	for n, messages := range packets {
		for _, msg := range messages {
			b.Reset()
			b.BeginPacket(book.Packet{})
			if fault := d.Decode(b, msg); fault != book.FaultNone {
				t.Fatalf("packet %d: %v", n, fault)
			}
			for i := range b.Events {
				e := &b.Events[i]
				kinds[e.Kind]++
				pending[e.Instrument] = true
				if e.Flags&book.FlagLast != 0 {
					delete(pending, e.Instrument)
				}
				if e.Flags&book.FlagMBP == 0 {
					continue
				}
				key := "340:" + strconv.Itoa(int(d.Directory().At(e.Instrument).ID))
				side, depth := "0", usualDepth
				if e.Side == book.Ask {
					side = "1"
				}
				if e.Attr&book.AttrImplied != 0 {
					side, depth = map[string]string{"0": "E", "1": "F"}[side], impliedDepth
				}
				if books[key] == nil {
					books[key] = map[string]positional{}
				}
				if books[key][side] == nil {
					books[key][side] = make(positional, depth)
				}
				books[key][side].apply(t, e)
			}
			if root := layout.View[incremental](msg[messageHeaderSize:]); root != nil && root.MatchEventIndicator.Get()&EndOfEvent != 0 && len(pending) != 0 {
				t.Fatalf("packet %d: the event ended and %d instruments did not", n, len(pending))
			} else if root != nil && root.MatchEventIndicator.Get()&EndOfEvent == 0 && len(b.Events) > 0 && len(pending) == 0 {
				t.Fatalf("packet %d: FlagLast before the end of the event", n)
			}
		}
	}
	if kinds[book.KindStale] != 0 || kinds[book.KindRebuilt] != 0 {
		t.Errorf("%d stale, %d rebuilt in a capture without breaks", kinds[book.KindStale], kinds[book.KindRebuilt])
	}
	if kinds[book.KindTrade] != 355 || kinds[book.KindStatistic] != 396+406 || kinds[book.KindLevelNew] != 5086 ||
		kinds[book.KindLevelChange] != 6979 || kinds[book.KindLevelDelete] != 2509 {
		t.Errorf("kinds %v", kinds)
	}
	compareLarge(t, d, books)
}

func compareLarge(t *testing.T, d *MDP3, books map[string]map[string]positional) {
	f := feedtest.Open(t, filepath.Join(feedtest.Captures(t), "cme-mdp3", "large", "Cme.Mdp3.Sbe.v6.1.book.json"))
	defer f.Close()
	var state struct {
		Last map[string]uint32                 `json:"last_rptseq"`
		Book map[string]map[string][]*[3]int64 `json:"book"`
	}
	if err := json.NewDecoder(f).Decode(&state); err != nil {
		t.Fatal(err)
	}
	for key, sides := range state.Book {
		for side, levels := range sides {
			want := make(positional, len(levels))
			for i, l := range levels {
				if l == nil {
					continue
				}
				want[i] = &slot{l[0] * 100, l[1], l[2]}
				if l[2] == 1<<31-1 { // implied levels tell no number of orders
					want[i][2] = 0
				}
			}
			got := books[key][side]
			if got == nil {
				got = make(positional, len(levels))
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s %s differs", key, side)
			}
		}
		if len(books[key]) > len(sides) {
			t.Errorf("%s: more sides than %d", key, len(sides))
		}
	}
	if len(books) != len(state.Book) {
		t.Errorf("%d books, want %d", len(books), len(state.Book))
	}
	for key, want := range state.Last {
		id, _ := strconv.Atoi(strings.TrimPrefix(key, "340:"))
		if got := d.state[d.dir.Lookup(uint64(id))].rptSeq; got != want {
			t.Errorf("%s: RptSeq %d, want %d", key, got, want)
		}
	}
}

// A heartbeat packet takes a sequence number of its own, as the capture has it.
func TestLargeCaptureSequence(t *testing.T) {
	path := filepath.Join(feedtest.Captures(t), "cme-mdp3", "large", "Cme.Mdp3.Sbe.v6.1.pcap")
	next, heartbeats := map[uint64]int{}, 0
	feedtest.Payloads(t, path, func(_ int, _ int64, payload []byte) {
		h, messages := cutPacket(t, payload, false)
		if h.Kind != framing.Data || h.Count != 1 {
			t.Fatalf("packet %d: kind %d count %d", h.Seq, h.Kind, h.Count)
		}
		next[h.Seq]++
		if len(messages) == 1 && len(messages[0]) == messageHeaderSize {
			heartbeats++
		}
	})
	for seq := uint64(5615); seq <= 10614; seq++ {
		if next[seq] != 2 {
			t.Fatalf("sequence %d on %d lines", seq, next[seq])
		}
	}
	if len(next) != 5000 || heartbeats != 18 {
		t.Errorf("%d sequence numbers, %d heartbeats", len(next), heartbeats)
	}
}

func BenchmarkDecode(b *testing.B) {
	var messages [][]byte
	bytes := 0
	for _, packet := range largeMessages(b) {
		for _, msg := range packet {
			messages = append(messages, msg)
			bytes += len(msg)
		}
	}
	d, batch := NewMDP3(200), book.NewBatch(4096)
	b.SetBytes(int64(bytes / len(messages)))
	b.ReportAllocs()
	b.ResetTimer()
	events := 0
	for i := 0; i < b.N; i++ {
		n := i % len(messages)
		if n&63 == 0 {
			if n == 0 {
				d.Reset()
			}
			batch.Reset()
			batch.BeginPacket(book.Packet{})
		}
		before := len(batch.Events)
		if fault := d.Decode(batch, messages[n]); fault != book.FaultNone {
			b.Fatal(fault)
		}
		events += len(batch.Events) - before
	}
	b.ReportMetric(float64(events)/float64(b.N), "events/op")
}
