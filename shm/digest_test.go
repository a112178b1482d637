package shm

import (
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// The arithmetic once more, as ADR 6 words it, with numbers of any size.
var (
	word64  = new(big.Int).Lsh(big.NewInt(1), 64)
	word128 = new(big.Int).Lsh(big.NewInt(1), 128)
)

func number(v uint64) *big.Int { return new(big.Int).SetUint64(v) }

func bigProduct(a, b uint64) (hi, lo uint64) {
	h, l := new(big.Int).QuoRem(new(big.Int).Mul(number(a), number(b)), word64, new(big.Int))
	return h.Uint64(), l.Uint64()
}

func bigFold(a, b uint64) uint64 {
	hi, lo := bigProduct(a, b)
	return hi ^ lo
}

func bigRecordHash(body []byte) uint64 {
	var words []uint64
	for i := 0; i < len(body); i += 8 {
		words = append(words, binary.LittleEndian.Uint64(body[i:]))
	}
	h, seed := uint64(len(body)), uint64(0xE7037ED1A0B428DB)
	for len(words) >= 2 {
		h ^= bigFold(words[0]^seed, words[1]^0xA0761D6478BD642F)
		seed += 0x8EBC6AF09C88C6E3
		words = words[2:]
	}
	if len(words) == 1 {
		h ^= bigFold(words[0]^seed, 0x8EBC6AF09C88C6E3)
	}
	return h
}

// reference is a set digest kept by the words of the ADR.
type reference struct{ sum *big.Int }

func (r *reference) add(s Stream, schema Schema, unit, k, h uint64) {
	var name [40]byte
	binary.LittleEndian.PutUint16(name[0:], s.PublisherID)
	name[2], name[3] = s.ChannelID, uint8(schema)
	binary.LittleEndian.PutUint32(name[4:], s.Resets)
	copy(name[8:], s.Session)
	a := bigRecordHash(name[:])
	b := bigFold(a^0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3)
	x := bigFold(unit^a, k^b)
	hi, lo := bigProduct(x, h^0x8EBC6AF09C88C6E3)
	one := new(big.Int).Add(new(big.Int).Lsh(number(hi^h), 64), number(lo^x))
	if r.sum == nil {
		r.sum = new(big.Int)
	}
	r.sum.Mod(r.sum.Add(r.sum, one), word128)
}

func (r *reference) String() string {
	text := r.sum.Text(16)
	for len(text) < 32 {
		text = "0" + text
	}
	return text
}

// TestSetDigestIsAsTheADRSaysIt: whoever follows the words gets the same sum, and the arithmetic does not move.
func TestSetDigestIsAsTheADRSaysIt(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, stream := range []Stream{{}, {PublisherID: 2, ChannelID: 9, Session: "ITCH230116", Resets: 1}, {Session: "a name of more than thirty-two bytes is cut there"}} {
		for schema := range SchemaCount {
			var s Set
			var r reference
			var at Position
			at.Begin(stream.Key(schema))
			unit, k := uint64(0), uint64(0)
			for range 200 {
				if rnd.IntN(3) == 0 {
					unit, k = unit+rnd.Uint64N(1<<40), 0
				}
				h := rnd.Uint64()
				at.Next(unit)
				if at.Unit != unit || at.K != k {
					t.Fatalf("record %d of unit %d is at %d of %d", k, unit, at.K, at.Unit)
				}
				s.Add(&at, h)
				r.add(stream, schema, unit, k, h)
				k++
			}
			if s.String() != r.String() {
				t.Fatalf("%+v %s: the set digest is %s, by the words %s", stream, schema, s, &r)
			}
		}
	}
	var s Set
	one := Stream{PublisherID: 1, Session: "S"}
	s.Add(&Position{Key: one.Key(SchemaMBO), Unit: 7, K: 1}, RecordHash(make([]byte, SizeMBO)))
	if got, want := s.String(), "8b3ceab4b9a7157c1ee277e4b49f5a80"; got != want {
		t.Errorf("the set digest of one empty record is %s, was %s", got, want)
	}
}

// TestSetDigestsAddUp: the parts of a set, whatever they are cut by and in whatever order, have its sum; a record missing, told
// twice or at another's place has not.
func TestSetDigestsAddUp(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	type record struct {
		at Position
		h  uint64
	}
	var records []record
	var whole Set
	for s := range 3 {
		var at Position
		key := Stream{PublisherID: 1, Session: "S", Resets: uint32(s)}
		at.Begin(key.Key(SchemaMBO))
		for unit := range uint64(300) {
			for range rnd.IntN(4) {
				at.Next(unit)
				r := record{at, rnd.Uint64N(50)} // few contents: records alike at many positions
				records = append(records, r)
				whole.Add(&r.at, r.h)
			}
		}
	}
	sum := func(list []record) (s Set) {
		for _, r := range list {
			s.Add(&r.at, r.h)
		}
		return s
	}
	for range 50 {
		rnd.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		var parts [7]Set
		for _, r := range records {
			parts[rnd.IntN(len(parts))].Add(&r.at, r.h)
		}
		var merged Set
		for _, i := range rnd.Perm(len(parts)) {
			merged.Merge(parts[i])
		}
		if merged != whole {
			t.Fatalf("the parts are %s, the whole %s", merged, whole)
		}
		i, j := rnd.IntN(len(records)), rnd.IntN(len(records))
		if records[i].h != records[j].h {
			records[i].h, records[j].h = records[j].h, records[i].h
			if sum(records) == whole {
				t.Fatalf("records that changed places are not noticed: %+v, %+v", records[i], records[j])
			}
			records[i].h, records[j].h = records[j].h, records[i].h
		}
		if sum(records[1:]) == whole || sum(append(records[:len(records):len(records)], records[i])) == whole {
			t.Fatal("a record that is missing, or there twice, is not noticed")
		}
	}
}

// TestStreamsShareNoPosition: whatever tells two streams or schemas apart, the same units of theirs are at other positions.
func TestStreamsShareNoPosition(t *testing.T) {
	seen := map[Key]Stream{}
	streams := []Stream{{}, {PublisherID: 1}, {PublisherID: 256}, {ChannelID: 1}, {Resets: 1}, {Resets: 1 << 24}, {Session: "1"}, {Session: "2"},
		{Session: "\x01"}, {Session: "1", Resets: 1}, {PublisherID: 1, Session: "1"}}
	for _, stream := range streams {
		for s := range SchemaCount {
			k := stream.Key(s)
			if other, ok := seen[k]; ok {
				t.Errorf("%+v %s has the key of %+v", stream, s, other)
			}
			seen[k] = stream
		}
	}
}

// TestContentHashLeavesOutTheReceiver: a record hashes alike however and whenever it was received, and not when anything else of it
// differs.
func TestContentHashLeavesOutTheReceiver(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	kinds := []struct {
		rtype     uint8
		size      int
		left      int // bytes that do not count
		receivers func(body []byte)
	}{
		{RTypeMBO, SizeMBO, 12, func(b []byte) { r := View[MBO](b); r.TsRecv, r.TsInDelta, r.Flags = 1, 2, r.Flags^FlagBadTsRecv }},
		{RTypeTrade, SizeTrade, 12, func(b []byte) { r := View[Trade](b); r.TsRecv, r.TsInDelta, r.Flags = 1, 2, r.Flags^FlagBadTsRecv }},
		{RTypeMBP1, SizeMBP1, 12, func(b []byte) { r := View[MBP1](b); r.TsRecv, r.TsInDelta, r.Flags = 1, 2, r.Flags^FlagBadTsRecv }},
		{RTypeMBP10, SizeMBP10, 12, func(b []byte) { r := View[MBP10](b); r.TsRecv, r.TsInDelta, r.Flags = 1, 2, r.Flags^FlagBadTsRecv }},
		{RTypeStatus, SizeStatus, 8, func(b []byte) { View[Status](b).TsRecv = 1 }},
		{RTypeImbalance, SizeImbalance, 8, func(b []byte) { View[Imbalance](b).TsRecv = 1 }},
		{RTypeStatistics, SizeStatistics, 12, func(b []byte) { r := View[Statistics](b); r.TsRecv, r.TsInDelta = 1, 2 }},
		{RTypeDefinition, SizeDefinition, 8, func(b []byte) { View[Definition](b).TsRecv = 1 }},
	}
	for _, kind := range kinds {
		body := memory(kind.size)
		for i := range body {
			body[i] = uint8(rnd.Uint32())
		}
		body[0], body[1] = uint8(kind.size/4), kind.rtype
		before := ContentHash(body)
		kept := string(body)
		kind.receivers(body)
		if string(body) == kept || ContentHash(body) != before {
			t.Errorf("rtype %#x: received otherwise, %d bytes hash to %#x, before %#x", kind.rtype, kind.size, ContentHash(body), before)
		}
		left := 0
		for i := range body {
			body[i] ^= 0x10 // no bit of BAD_TS_RECV
			if i > 1 && ContentHash(body) == before {
				left++
			}
			body[i] ^= 0x10
		}
		if left != kind.left {
			t.Errorf("rtype %#x: %d bytes do not count, want %d", kind.rtype, left, kind.left)
		}
		if n := testing.AllocsPerRun(10, func() { before ^= ContentHash(body) }); n != 0 {
			t.Errorf("rtype %#x: %v allocations", kind.rtype, n)
		}
	}
	for n := range SizeDefinition + 9 { // short, of no type, and long
		for _, rtype := range []uint8{RTypeMBO, RTypeTrade, RTypeStatistics, RTypeStatus, 0xEE} {
			body := make([]byte, n)
			if n > 1 {
				body[1] = rtype
			}
			ContentHash(body)
		}
	}
}

// BenchmarkDigests is what a record costs to prove: its hash and the running digests, and what the set digest adds. The two are
// measured in turns of a few microseconds, and the shortest turns count: other work of the machine makes them longer only.
func BenchmarkDigests(b *testing.B) {
	const turn = 500
	for _, size := range []int{SizeMBO, SizeMBP1, SizeMBP10} {
		b.Run(utoa(uint64(size))+"-bytes", func(b *testing.B) {
			body := memory(size)
			var t Tally
			var at Position
			at.Begin(Key{1, 2})
			n := uint64(0)
			shortest := [2]time.Duration{time.Hour, time.Hour}
			for range b.N {
				from := time.Now()
				for range turn {
					n++
					binary.LittleEndian.PutUint64(body[16:], n)
					t.Add(RecordHash(body), n, 3, 0)
				}
				middle := time.Now()
				for range turn {
					n++
					binary.LittleEndian.PutUint64(body[16:], n)
					h := RecordHash(body)
					at.Next(n / 2)
					t.Set.Add(&at, h)
					t.Add(h, n, 3, 0)
				}
				shortest[0], shortest[1] = min(shortest[0], middle.Sub(from)), min(shortest[1], time.Since(middle))
			}
			if t.Content == 0 {
				b.Fatal("no digest")
			}
			running, both := float64(shortest[0])/turn, float64(shortest[1])/turn
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(running, "running-ns/record")
			b.ReportMetric(both-running, "set-ns/record")
		})
	}
}
