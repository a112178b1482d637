package shm

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"wirebook/shm/internal/selfcheck"
)

func allSchemas(t *testing.T, f func(t *testing.T, s Schema)) {
	for s := Schema(0); s < SchemaCount; s++ {
		t.Run(s.String(), func(t *testing.T) { f(t, s) })
	}
}

func TestRingCarriesEverySchema(t *testing.T) {
	allSchemas(t, func(t *testing.T, s Schema) {
		_, w, r := newRing(t, s, 8)
		dst := memory(r.PayloadSize())
		if res := r.Next(dst); res != Empty {
			t.Fatalf("new ring: %v, want empty", res)
		}
		for i := uint64(0); i < 50; i++ {
			publishChecked(w, 1)
			if res := r.Next(dst); res != Record {
				t.Fatalf("record %d: %v", i, res)
			}
			if body := r.Body(dst); !selfcheck.Check(body, i) || len(body) != s.BodySize() {
				t.Fatalf("record %d: wrong bytes %x", i, body)
			}
			if want := i; s != SchemaMBO && r.Extra(dst) != want {
				t.Fatalf("record %d: extra %d, want %d", i, r.Extra(dst), want)
			}
			if res := r.Next(dst); res != Empty {
				t.Fatalf("after record %d: %v, want empty", i, res)
			}
		}
		w.Close()
		if res := r.Next(dst); res != Stopped {
			t.Fatalf("after Close: %v, want stopped", res)
		}
	})
}

func TestTypedPublishEqualsPublish(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	fill := func(b []byte) {
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		b[0] = byte(len(b) / 4)
	}
	compare := func(t *testing.T, s Schema, typed func(w *Writer) []byte) {
		_, a, ra := newRing(t, s, 4)
		_, b, rb := newRing(t, s, 4)
		a.SetChannel(77)
		b.SetChannel(77)
		da, db := memory(ra.PayloadSize()), memory(rb.PayloadSize())
		for i := range 9 {
			body := typed(a)
			if p := b.Publish(body, 42); p != uint64(i) || a.Position() != b.Position() {
				t.Fatalf("positions %d and %d, want %d", a.Position(), b.Position(), i+1)
			}
			if ra.Next(da) != Record || rb.Next(db) != Record || string(da) != string(db) {
				t.Fatalf("payloads differ:\n%x\n%x", da, db)
			}
		}
	}
	t.Run("mbo", func(t *testing.T) {
		compare(t, SchemaMBO, func(w *Writer) []byte { var v MBO; fill(Bytes(&v)); w.PublishMBO(&v); return Bytes(&v) })
	})
	t.Run("trades", func(t *testing.T) {
		compare(t, SchemaTrades, func(w *Writer) []byte { var v Trade; fill(Bytes(&v)); w.PublishTrade(&v, 42); return Bytes(&v) })
	})
	t.Run("mbp-1", func(t *testing.T) {
		compare(t, SchemaMBP1, func(w *Writer) []byte { var v MBP1; fill(Bytes(&v)); w.PublishMBP1(&v, 42); return Bytes(&v) })
	})
	t.Run("mbp-10", func(t *testing.T) {
		compare(t, SchemaMBP10, func(w *Writer) []byte { var v MBP10; fill(Bytes(&v)); w.PublishMBP10(&v, 42); return Bytes(&v) })
	})
}

// A record built in its slot leaves the bytes that Publish leaves, and so does one that is built aside.
func TestClaimedEqualsPublished(t *testing.T) {
	allSchemas(t, func(t *testing.T, s Schema) {
		if s == SchemaAdmin {
			return // published by copy only
		}
		mem, w, _ := newRing(t, s, 2)
		memPublish, publish, _ := newRing(t, s, 2)
		memAside, aside, _ := newRing(t, s, 2)
		for _, w := range []*Writer{w, publish, aside} {
			w.SetChannel(9)
		}
		body := memory(s.BodySize())
		for range 5 {
			p := w.Position()
			selfcheck.Fill(body, p)
			publish.Publish(body, 31)
			claimAndFill(w, body, 31)
			copyWords(aside.asideSlot(), mem[HeaderBytes+int(p&1)*s.SlotSize():], s.SlotSize()/8)
			aside.commitAside()
			if string(mem) != string(memPublish) {
				t.Fatalf("claimed and published differ at position %d", p)
			}
			if string(memAside) != string(memPublish) {
				t.Fatalf("aside and published differ at position %d", p)
			}
		}
	})
}

// claimAndFill publishes body the way the core does.
func claimAndFill(w *Writer, body []byte, extra uint64) {
	switch w.Schema() {
	case SchemaMBO:
		s := MBOOf(w).Claim()
		copy(Bytes(&s.Body), body)
		MBOOf(w).Commit(s)
	case SchemaTrades:
		s := TradeOf(w).Claim()
		copy(Bytes(&s.Body), body)
		s.TradeID = extra
		TradeOf(w).Commit(s)
	case SchemaMBP1:
		s := MBP1Of(w).Claim()
		copy(Bytes(&s.Body), body)
		s.TradeID = extra
		MBP1Of(w).Commit(s)
	case SchemaMBP10:
		s := MBP10Of(w).Claim()
		copy(Bytes(&s.Body), body)
		s.TradeID = extra
		MBP10Of(w).Commit(s)
	}
}

// No reader takes a slot between Claim and Commit, neither as the new record nor as the old one it was.
func TestClaimedSlotIsNoRecord(t *testing.T) {
	_, w, r := newRing(t, SchemaMBO, 4)
	ring := MBOOf(w)
	dst := memory(r.PayloadSize())
	slot := ring.Claim()
	slot.Body = MBO{RecordHeader: RecordHeader{Length: SizeMBO / 4}, OrderID: 1}
	if res := r.Next(dst); res != Empty {
		t.Fatalf("claimed: %v, want empty", res)
	}
	ring.Commit(slot)
	if res := r.Next(dst); res != Record || View[MBO](r.Body(dst)).OrderID != 1 {
		t.Fatalf("committed: %v, order %d", res, View[MBO](r.Body(dst)).OrderID)
	}
	r.Seek(0)
	for range 3 {
		ring.Commit(ring.Claim())
	}
	slot = ring.Claim() // the slot of position 0
	want := Lapped
	if raceEnabled || portable {
		want = Record // built aside: the old record is whole until the new one is copied over it
	}
	if res := r.Next(dst); res != want {
		t.Fatalf("a reader of position 0 got %v, want %v", res, want)
	}
	ring.Commit(slot)
	if w.Position() != 5 {
		t.Fatalf("position %d", w.Position())
	}
}

func TestRingsOfAnotherSchema(t *testing.T) {
	allSchemas(t, func(t *testing.T, s Schema) {
		_, w, _ := newRing(t, s, 2)
		for _, is := range []struct {
			schema Schema
			ring   bool
		}{{SchemaMBO, MBOOf(w) != nil}, {SchemaTrades, TradeOf(w) != nil}, {SchemaMBP1, MBP1Of(w) != nil}, {SchemaMBP10, MBP10Of(w) != nil}} {
			if is.ring != (s == is.schema) {
				t.Errorf("a ring of %v taken as one of %v: %v", s, is.schema, is.ring)
			}
		}
	})
	if MBOOf(nil) != nil {
		t.Error("no writer, but a ring")
	}
}

// The assembly leaves the same slot bytes as the portable stores.
func TestAssemblyEqualsAtomicStores(t *testing.T) {
	allSchemas(t, func(t *testing.T, s Schema) {
		mem, w, _ := newRing(t, s, 2)
		other, wo, _ := newRing(t, s, 2)
		w.SetChannel(9)
		wo.SetChannel(9)
		body := memory(s.BodySize())
		for range 5 {
			selfcheck.Fill(body, w.Position())
			w.Publish(body, 31)
			wo.publishPortable(body, 31)
			if string(mem) != string(other) {
				t.Fatalf("memory differs after position %d", w.Position()-1)
			}
		}
	})
}

func TestAdminBodiesOfEveryLength(t *testing.T) {
	_, w, r := newRing(t, SchemaAdmin, 4)
	dst := memory(r.PayloadSize())
	w.SetChannel(3)
	for i, n := range []int{SizeStatus, SizeDefinition, SizeImbalance, SizeStatistics, SizeStatus} {
		body := memory(n)
		selfcheck.Fill(body, uint64(i))
		if p := w.Publish(body, 5); p != uint64(i) {
			t.Fatalf("position %d, want %d", p, i)
		}
		if res := r.Next(dst); res != Record || !selfcheck.Check(r.Body(dst), uint64(i)) || len(r.Body(dst)) != n || r.Extra(dst) != 5 {
			t.Fatalf("length %d: %v, body %d bytes, extra %d", n, res, len(r.Body(dst)), r.Extra(dst))
		}
	}
}

func TestWrongRecordsAreRefused(t *testing.T) {
	_, w, r := newRing(t, SchemaMBO, 4)
	var m1 MBP1
	var m10 MBP10
	var tr Trade
	bad := memory(56)
	bad[0] = 13 // 52 bytes
	if w.PublishMBP1(&m1, 0) != NoPosition || w.PublishMBP10(&m10, 0) != NoPosition || w.PublishTrade(&tr, 0) != NoPosition ||
		w.Publish(nil, 0) != NoPosition || w.Publish(bad, 0) != NoPosition || w.Publish(memory(48), 0) != NoPosition {
		t.Fatal("a record of another schema was published")
	}
	if w.Refused() != 6 || w.Position() != 0 {
		t.Fatalf("refused %d, position %d", w.Refused(), w.Position())
	}
	if res := r.Next(memory(56)); res != Empty {
		t.Fatalf("ring holds %v", res)
	}
	if res := r.Next(memory(40)); res != ShortBuffer {
		t.Fatalf("short buffer: %v", res)
	}
}

func TestLappedCountIsExact(t *testing.T) {
	const slots = 16
	for burst := 1; burst < 100; burst++ {
		_, w, r := newRing(t, SchemaMBO, slots)
		dst := memory(r.PayloadSize())
		read, lost := uint64(0), uint64(0)
		for range 20 {
			publishChecked(w, burst)
			if burst%2 == 0 {
				w.Flush() // the hint may lag or not: the count is exact either way
			}
			for done := false; !done; {
				switch res := r.Next(dst); res {
				case Record:
					if !selfcheck.Check(r.Body(dst), r.Position()-1) {
						t.Fatal("wrong record")
					}
					read++
				case Lapped:
					if burst <= slots {
						t.Fatalf("burst %d: lapped though the ring holds it", burst)
					}
					lost += r.Lost()
				case Empty:
					done = true
				default:
					t.Fatal(res)
				}
			}
		}
		if read+lost != w.Position() || lost != r.LostTotal() || (burst > slots) != (lost > 0) {
			t.Fatalf("burst %d: read %d + lost %d, published %d", burst, read, lost, w.Position())
		}
	}
}

func TestNextBatch(t *testing.T) {
	_, w, r := newRing(t, SchemaTrades, 64)
	buf := memory(r.PayloadSize() * 10)
	if n, res := r.NextBatch(buf[:8]); n != 0 || res != ShortBuffer {
		t.Fatal(n, res)
	}
	if n, res := r.NextBatch(buf); n != 0 || res != Empty {
		t.Fatal(n, res)
	}
	publishChecked(w, 25)
	next := uint64(0)
	for _, want := range []int{10, 10, 5} {
		n, res := r.NextBatch(buf)
		if n != want || res != Record {
			t.Fatalf("batch of %d (%v), want %d", n, res, want)
		}
		for i := range n {
			if !selfcheck.Check(r.Body(buf[i*r.PayloadSize():(i+1)*r.PayloadSize()]), next) {
				t.Fatalf("record %d wrong", next)
			}
			next++
		}
	}
	publishChecked(w, 100)
	if n, res := r.NextBatch(buf); n != 0 || res != Lapped || r.Lost() != r.Position()-25 {
		t.Fatalf("%d %v lost %d", n, res, r.Lost())
	}
}

// TestOldestIsThisRuns: records of an earlier run of the writer are not this run's, nor are its instrument ids.
func TestOldestIsThisRuns(t *testing.T) {
	mem, w, _ := newRing(t, SchemaMBO, 64)
	publishChecked(w, 5)
	w.Close()
	again, err := NewWriter(mem, RingConfig{Schema: SchemaMBO, Slots: 64, Epoch: w.header.Epoch + 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(mem)
	if err != nil {
		t.Fatal(err)
	}
	if p := r.SeekOldest(); p != 5 {
		t.Fatalf("oldest %d before the new run published, want 5", p)
	}
	publishChecked(again, 3)
	if p := r.SeekOldest(); p != 5 {
		t.Fatalf("oldest %d, want 5", p)
	}
	publishChecked(again, 100)
	if p := r.SeekOldest(); p != 44 {
		t.Fatalf("oldest %d once the ring went round, want 44", p)
	}
}

func TestSeek(t *testing.T) {
	_, w, r := newRing(t, SchemaMBO, 8)
	publishChecked(w, 3)
	if p := r.SeekEdge(); p != 3 { // no Flush yet: found by slots
		t.Fatalf("edge %d, want 3", p)
	}
	publishChecked(w, 10)
	w.Flush()
	publishChecked(w, 2)
	if p := r.SeekEdge(); p != 15 {
		t.Fatalf("edge %d, want 15", p)
	}
	if p := r.SeekOldest(); p != 7 {
		t.Fatalf("oldest %d, want 7", p)
	}
	dst := memory(r.PayloadSize())
	if res := r.Next(dst); res != Record || !selfcheck.Check(r.Body(dst), 7) {
		t.Fatal(res)
	}
	r.Seek(2)
	if res := r.Next(dst); res != Lapped || r.Position() != 11 || r.Lost() != 9 {
		t.Fatalf("%v, position %d, lost %d", res, r.Position(), r.Lost())
	}
	r.Seek(20)
	if res := r.Next(dst); res != Empty {
		t.Fatal(res)
	}
}

// A writer that dies between mark and commit, at any slot, is followed by one that goes on where readers wait.
func TestTakeOverAfterDeath(t *testing.T) {
	for before := 0; before < 20; before++ {
		cfg := RingConfig{Schema: SchemaMBO, Slots: 4, Epoch: 1}
		mem, w, r := newRing(t, cfg.Schema, cfg.Slots)
		publishChecked(w, before)
		r.SeekEdge()
		// Dead in the middle of position `before`: marked, half filled.
		p := uint64(before)
		atomic.StoreUint64(w.slots.word(p&w.mask, 0), committed(p)|1)
		atomic.StoreUint64(w.slots.word(p&w.mask, 8), 0xDEAD)
		dst := memory(r.PayloadSize())
		if res := r.Next(dst); res != Empty {
			t.Fatalf("half-written record: %v", res)
		}
		if _, err := NewWriter(mem, cfg); err == nil {
			t.Fatal("the same epoch was taken twice")
		}
		cfg.Epoch = 2
		w2, err := NewWriter(mem, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if w2.Position() != p {
			t.Fatalf("goes on at %d, want %d", w2.Position(), p)
		}
		publishChecked(w2, 2)
		if res := r.Next(dst); res != NewEpoch || r.Epoch() != 2 {
			t.Fatalf("%v, epoch %d", res, r.Epoch())
		}
		for i := range uint64(2) {
			if res := r.Next(dst); res != Record || !selfcheck.Check(r.Body(dst), p+i) {
				t.Fatalf("record %d of the new epoch: %v", i, res)
			}
		}
	}
}

// A reader that is behind gets the old run's records first, then NewEpoch, then the new run's.
func TestNewEpochStandsBetweenRuns(t *testing.T) {
	cfg := RingConfig{Schema: SchemaMBO, Slots: 16, Epoch: 1}
	mem, w, r := newRing(t, cfg.Schema, cfg.Slots)
	publishChecked(w, 5)
	cfg.Epoch = 7
	w2, err := NewWriter(mem, cfg)
	if err != nil {
		t.Fatal(err)
	}
	publishChecked(w2, 4)
	var got []string
	dst := memory(r.PayloadSize() * 3)
	for {
		n, res := r.NextBatch(dst)
		if res == Empty {
			break
		}
		got = append(got, fmt.Sprint(res, " ", n))
		if len(got) > 20 {
			t.Fatal("endless")
		}
	}
	// The batch reader takes old records one by one once it knows of the new epoch.
	want := "[record 1 record 1 record 1 record 1 record 1 new_epoch 0 record 3 record 1]"
	if fmt.Sprint(got) != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestRecoverEmptiesDamagedSlots(t *testing.T) {
	cfg := RingConfig{Schema: SchemaMBO, Slots: 8, Epoch: 1}
	mem, w, _ := newRing(t, cfg.Schema, cfg.Slots)
	publishChecked(w, 6)
	atomic.StoreUint64(w.slots.word(7, 0), committed(1<<63)) // wild
	atomic.StoreUint64(w.slots.word(6, 0), committed(13))    // a position that belongs elsewhere
	cfg.Epoch = 2
	w2, err := NewWriter(mem, cfg)
	if err != nil || w2.Position() != 6 {
		t.Fatalf("position %d, %v", w2.Position(), err)
	}
}

func TestForeignRings(t *testing.T) {
	cfg := RingConfig{Schema: SchemaMBP1, Slots: 8, Epoch: 1}
	cases := []struct {
		name, want string
		damage     func(h *RingHeader)
		cut        int
	}{
		{"empty", "not laid out yet", func(h *RingHeader) { h.Magic = 0 }, 0},
		{"foreign", "foreign file", func(h *RingHeader) { h.Magic = MagicControl }, 0},
		{"newer", "ABI version 9, this reader knows version 2", func(h *RingHeader) { h.ABI = 9 }, 0},
		{"schema", "schema 99 does not exist", func(h *RingHeader) { h.Schema = 99 }, 0},
		{"slot size", "slots of 64 bytes", func(h *RingHeader) { h.SlotSize = 64 }, 0},
		{"not a power of two", "slot count 7", func(h *RingHeader) { h.SlotCount = 7 }, 0},
		{"huge", "slot count 4294967295", func(h *RingHeader) { h.SlotCount = 1<<32 - 1 }, 0},
		{"more than there is", "truncated", func(h *RingHeader) { h.SlotCount = 16 }, 0},
		{"cut slot", "truncated", func(h *RingHeader) {}, 1},
		{"cut header", "shorter than its header", func(h *RingHeader) {}, 8 * 128},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			mem, _, _ := newRing(t, cfg.Schema, cfg.Slots)
			c.damage(ringHeader(mem))
			if c.cut > 1 {
				c.cut++
			}
			_, err := NewReader(mem[:len(mem)-c.cut])
			var e *Error
			if !errors.As(err, &e) || !contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %q", err, c.want)
			}
		})
	}
}

func contains(s, sub string) bool {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i:i+len(sub)] == sub {
			return true
		}
	}
	return false
}

func TestBadRingConfigs(t *testing.T) {
	for _, cfg := range []RingConfig{
		{Schema: SchemaPackets, Slots: 8, Epoch: 1}, {Schema: 200, Slots: 8, Epoch: 1}, {Slots: 0, Epoch: 1}, {Slots: 1, Epoch: 1}, {Slots: 12, Epoch: 1},
		{Slots: MaxSlots * 2, Epoch: 1}, {Slots: 8}, {Slots: 1 << 20, Epoch: 1},
	} {
		if _, err := NewWriter(memory(1<<16), cfg); err == nil {
			t.Errorf("%+v accepted", cfg)
		}
	}
	if _, err := NewWriter(memory(1 << 16)[1:], RingConfig{Slots: 8, Epoch: 1}); err == nil {
		t.Error("unaligned memory accepted")
	}
}

func TestNoAllocations(t *testing.T) {
	_, w, r := newRing(t, SchemaMBO, 64)
	var m MBO
	dst := memory(r.PayloadSize())
	lmem := memory(LatestBytes(4))
	l, err := NewLatestWriter(lmem, 4, SchemaMBP10, 1)
	if err != nil {
		t.Fatal(err)
	}
	lr, err := NewLatestReader(lmem)
	if err != nil {
		t.Fatal(err)
	}
	var book MBP10
	if n := testing.AllocsPerRun(1000, func() {
		slot := MBOOf(w).Claim()
		slot.Body = m
		MBOOf(w).Commit(slot)
		w.PublishMBO(&m)
		w.Publish(Bytes(&m), 0)
		w.Flush()
		r.Next(dst)
		r.NextBatch(dst)
		l.Update(1, &book, 1)
		lr.Read(1, &book)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
