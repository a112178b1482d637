package feedhandler_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/cme"
	"wirebook/ptp"
	"wirebook/shm"
)

// placed is a record with its natural position.
type placed struct {
	schema     shm.Schema
	at         shm.Position
	instrument uint32
	hash       uint64
}

func sum(list []placed) (s shm.Set) {
	for i := range list {
		s.Add(&list[i].at, list[i].hash)
	}
	return s
}

// surveyor is a tap that finds the records' positions by itself: the unit by the low half that they tell, in the admin ring by
// its slots, and k by counting.
type surveyor struct {
	t       *testing.T
	c       *feedhandler.Channel
	admin   *shm.Reader
	payload []byte
	streams [shm.SchemaCount]shm.Stream
	seen    [shm.SchemaCount]bool
	units   [shm.SchemaCount]uint64
	next    [shm.SchemaCount]uint64 // k, if the unit is the same
	tallies [shm.SchemaCount]shm.Tally
	list    []placed
}

func (v *surveyor) Record(s shm.Schema, body []byte, _ uint64) {
	var unit uint64
	if s == shm.SchemaAdmin {
		for {
			if res := v.admin.Next(v.payload); res != shm.Record {
				v.t.Fatalf("the admin ring: %s", res)
			}
			if v.payload[1] != shm.RTypeAppliance {
				break
			}
			if r := shm.View[shm.Appliance](v.payload); r.Unit != v.admin.Unit(v.payload) {
				v.t.Fatalf("a record of the appliance behind unit %d is in a slot of unit %d", r.Unit, v.admin.Unit(v.payload))
			}
		}
		if string(v.admin.Body(v.payload)) != string(body) {
			v.t.Fatal("the admin ring has another record")
		}
		unit = v.admin.Unit(v.payload)
	} else {
		f := fieldsOf(s, body)
		unit = v.units[s]&^0xFFFF_FFFF | uint64(f.seq)
		if v.seen[s] && v.streams[s] == v.c.Stream() && unit < v.units[s] {
			unit += 1 << 32
		} else if !v.seen[s] || v.streams[s] != v.c.Stream() {
			unit = uint64(f.seq)
		}
		v.tallies[s].Add(shm.ContentHash(body), f.tsRecv, f.delta, uint64(f.flags&shm.FlagBadTsRecv/shm.FlagBadTsRecv))
	}
	if v.streams[s] != v.c.Stream() || unit != v.units[s] || !v.seen[s] {
		v.next[s] = 0
	}
	v.streams[s], v.units[s], v.seen[s] = v.c.Stream(), unit, true
	v.list = append(v.list, placed{s, shm.Position{Key: v.streams[s].Key(s), Unit: unit, K: v.next[s]},
		binary.LittleEndian.Uint32(body[4:]), shm.ContentHash(body)})
	v.next[s]++
}

// check holds what was found against what the channel says.
func (v *surveyor) check(what string) {
	v.t.Helper()
	var found [shm.SchemaCount]shm.Set
	places := map[shm.Position]bool{}
	for i := range v.list {
		r := &v.list[i]
		found[r.schema].Add(&r.at, r.hash)
		if places[r.at] {
			v.t.Fatalf("%s: %s: two records at %d of unit %d", what, r.schema, r.at.K, r.at.Unit)
		}
		places[r.at] = true
	}
	for s := range found {
		d, tally := v.c.Digest(shm.Schema(s)), v.tallies[s]
		if d.Set != found[s] {
			v.t.Errorf("%s: the set digest of %s is %s, its records make %s", what, shm.Schema(s), d.Set, found[s])
		}
		if shm.Schema(s) != shm.SchemaAdmin && (d.Content != tally.Content || d.Full != tally.Full || d.Records != tally.Records) {
			v.t.Errorf("%s: the digests of %s are %+v, its records make %+v", what, shm.Schema(s), d, tally)
		}
	}
}

func surveyed(t *testing.T, encoding sim.Encoding, lines int, only ...book.Symbol) (*feedhandler.Pipeline, *surveyor) {
	t.Helper()
	return surveyedBy(t, encoding, lines, func(v *surveyor) feedhandler.Tap { return v }, only...)
}

func surveyedBy(t *testing.T, encoding sim.Encoding, lines int, tap func(*surveyor) feedhandler.Tap, only ...book.Symbol) (*feedhandler.Pipeline, *surveyor) {
	t.Helper()
	cfg := shm.RingConfig{Schema: shm.SchemaAdmin, Slots: 1 << 12, Epoch: 1}
	mem := asBytes(make([]uint64, shm.RingBytes(cfg)/8))
	ring, err := shm.NewWriter(mem, cfg)
	if err != nil {
		t.Fatal(err)
	}
	v := &surveyor{t: t}
	if v.admin, err = shm.NewReader(mem); err != nil {
		t.Fatal(err)
	}
	v.payload = make([]byte, v.admin.PayloadSize())
	out := feedhandler.Output{Tap: tap(v), TapSchemas: feedhandler.AllSchemas, Only: only}
	out.Rings[shm.SchemaAdmin] = ring
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
		Name: string(encoding), ID: 3, PublisherID: 9, Feed: venue.Find(feedOf[encoding]), Lines: simLines[:lines],
		Options: venue.Options{MaxInstruments: 64}, Books: book.Config{MaxOrders: 1 << 14, MaxLevels: 1 << 12, InitialOrders: 1 << 10}, Output: out,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	v.c = p.Channels()[0]
	return p, v
}

// framesOf are a day's frames as two lines bring them.
func framesOf(t *testing.T, encoding sim.Encoding, seed uint64, wire sim.WireConfig) (frames []timedFrame) {
	t.Helper()
	wire.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
		frames = append(frames, timedFrame{ts, append([]byte(nil), frame...)})
		return nil
	})
	day(t, encoding, seed, wire, nil)
	return frames
}

func (f *timedFrame) into(p *feedhandler.Pipeline, flush bool) {
	p.OnFrame(f.frame, ptp.Stamp{NS: f.ts, Source: ptp.SourceCapture})
	if flush {
		p.Flush()
	}
	p.OnTick(f.ts)
}

// TestSetDigestIsTheSumOfAnyCut: the set digest of a day is what its records and their positions make, and the sum of what any
// cut of them makes: by units, by instruments, by partitions, in any order. A record missing, twice, or at another's place is
// noticed.
func TestSetDigestIsTheSumOfAnyCut(t *testing.T) {
	for _, encoding := range sim.Encodings {
		for seed := uint64(1); seed <= 6; seed++ {
			p, v := surveyed(t, encoding, 2)
			rnd := rand.New(rand.NewPCG(seed, 7))
			frames := framesOf(t, encoding, seed, impaired(seed))
			burst := 1 + rnd.IntN(40)
			for i := range frames {
				frames[i].into(p, i%burst == 0)
			}
			p.End()
			v.check(string(encoding))
			if len(v.list) < 600 {
				t.Fatalf("%s: %d records", encoding, len(v.list))
			}
			whole := sum(v.list)
			last := v.list[len(v.list)-1].at.Unit + 1
			cuts := map[string]func(*placed) uint64{
				"units":       func(r *placed) uint64 { return r.at.Unit * 9 / last },
				"instruments": func(r *placed) uint64 { return uint64(r.instrument) },
				"schemas":     func(r *placed) uint64 { return uint64(r.schema) },
				"partitions":  func(r *placed) uint64 { return r.hash % 5 },
			}
			for name, of := range cuts {
				rnd.Shuffle(len(v.list), func(i, j int) { v.list[i], v.list[j] = v.list[j], v.list[i] })
				parts := map[uint64]shm.Set{}
				for i := range v.list {
					part := parts[of(&v.list[i])]
					part.Add(&v.list[i].at, v.list[i].hash)
					parts[of(&v.list[i])] = part
				}
				var all shm.Set
				for _, part := range parts { // in Go's order: none
					all.Merge(part)
				}
				if all != whole || len(parts) < 2 {
					t.Errorf("%s: %d parts by %s make %s, the whole is %s", encoding, len(parts), name, all, whole)
				}
			}
			swapped := append([]placed(nil), v.list...)
			swapped[0].hash, swapped[1].hash = swapped[1].hash, swapped[0].hash
			if v.list[0].hash != v.list[1].hash && sum(swapped) == whole || sum(v.list[1:]) == whole || sum(append(swapped, v.list[0])) == whole {
				t.Errorf("%s: damage is not noticed", encoding)
			}
		}
	}
}

// addUp holds that who publishes the first half of frames and who publishes the second have together what one has who publishes all,
// wherever they are cut.
func addUp(t *testing.T, encoding sim.Encoding, frames []timedFrame, step int) {
	t.Helper()
	run := func(from, to int) (sets [shm.SchemaCount]shm.Set) {
		p, v := surveyed(t, encoding, 2)
		p.Silence(from > 0)
		for i := range frames {
			if i == from {
				p.Silence(false)
			}
			if i == to {
				p.Silence(true)
			}
			frames[i].into(p, i%7 == 0)
		}
		p.End()
		if from == 0 && to > len(frames) {
			v.check(string(encoding))
		}
		for s := range sets {
			sets[s] = p.Channels()[0].Digest(shm.Schema(s)).Set
		}
		return sets
	}
	whole := run(0, len(frames)+1)
	for at := 1; at < len(frames); at += step {
		first, second := run(0, at), run(at, len(frames)+1)
		for s := range whole {
			if first[s].Merge(second[s]); first[s] != whole[s] {
				t.Fatalf("%s: cut at frame %d, %s adds up to %s; whole %s", encoding, at, shm.Schema(s), first[s], whole[s])
			}
		}
	}
}

// TestHalvesOfADayAddUp: gaps, reordering and all.
func TestHalvesOfADayAddUp(t *testing.T) {
	for _, encoding := range sim.Encodings {
		for seed := uint64(1); seed <= 3; seed++ {
			frames := framesOf(t, encoding, seed, impaired(seed))
			addUp(t, encoding, frames, max(1, len(frames)/12))
		}
	}
}

// TestHalvesOfSessionsAddUp: what empties the books when a session begins stands behind records of the one before that were
// perhaps not published.
func TestHalvesOfSessionsAddUp(t *testing.T) {
	yesterday, today := sessionsOf(t)
	frames := append(yesterday[:60:60], today[:20]...) // yesterday broke off behind a change of a book
	addUp(t, sim.ITCH50, frames, 1)
}

// sessionsOf are two days of one line.
func sessionsOf(t *testing.T) (yesterday, today []timedFrame) {
	t.Helper()
	one := sim.WireConfig{Lines: make([]sim.LineConfig, 1)}
	yesterday, today = framesOf(t, sim.ITCH50, 6, one), framesOf(t, sim.ITCH50, 6, one)
	for i := range today {
		payload := today[i].frame[frameHead:]
		payload[9]++
		today[i] = timedFrame{today[i].ts + 86_400_000_000_000, withPayload(today[i].frame, payload)}
	}
	return yesterday, today
}

// TestHalvesOfAnEventAddUp: a record that closes an event of several packets is made though what it closes was not published.
func TestHalvesOfAnEventAddUp(t *testing.T) {
	const at = 1_748_871_000_000_000_000
	volume := make([]cme.VolumeEntry, 1)
	volume[0].MdEntrySizeShort.Put(12)
	volume[0].SecurityID.Put(cmeSecurity)
	head := framesOf(t, sim.MDP3, 1, sim.WireConfig{Lines: make([]sim.LineConfig, 1)})[0].frame
	var frames []timedFrame
	for i, message := range [][]byte{
		cme.AppendBook(nil, at+1, cme.EndOfEvent, cmeBid(1, 0), cmeOrder(1, 0)),
		cme.AppendBook(nil, at+2, cme.LastQuote, cmeBid(1, 1), cmeOrder(1, 1)),
		cme.AppendVolume(nil, at+3, cme.EndOfEvent, volume),
	} {
		frames = append(frames, timedFrame{at + uint64(i), withPayload(head, append(cme.AppendPacketHeader(nil, uint32(i+1), at), message...))})
	}
	addUp(t, sim.MDP3, frames, 1)
}

// TestInstrumentsAddUp: those who publish one instrument each have together what one has who publishes all.
func TestInstrumentsAddUp(t *testing.T) {
	for _, encoding := range sim.Encodings {
		frames := framesOf(t, encoding, 2, impaired(2))
		run := func(only ...book.Symbol) *feedhandler.Channel {
			p, _ := surveyed(t, encoding, 2, only...)
			for i := range frames {
				frames[i].into(p, i%5 == 0)
			}
			p.End()
			return p.Channels()[0]
		}
		all, none := run(), run(book.MakeSymbol([]byte("NOBODY"))) // what is of no instrument, everybody publishes
		var sets [shm.SchemaCount]shm.Set
		var records uint64
		instruments := all.Directory().Len() - 1
		for i := range instruments {
			one := run(all.Directory().At(uint32(i + 1)).Symbol)
			for s := range sets {
				d := one.Digest(shm.Schema(s))
				sets[s].Merge(d.Set)
				records += d.Records
			}
		}
		for s := range sets {
			want := all.Digest(shm.Schema(s)).Set
			for range instruments - 1 {
				want.Merge(none.Digest(shm.Schema(s)).Set)
			}
			if want != sets[s] || records == 0 {
				t.Errorf("%s %s: the instruments add up to %s, want %s", encoding, shm.Schema(s), sets[s], want)
			}
		}
	}
}

// TestSessionsAndResetsShareNoPosition: unit 1 of a session is another position than unit 1 of the next, whether that has a name of
// its own or the venue only began its numbers again. What empties the books in between stands behind the last unit of before.
func TestSessionsAndResetsShareNoPosition(t *testing.T) {
	const hour = 3_600_000_000_000
	send := map[sim.Encoding]int{sim.MDP3: 4, sim.Deep: 32, sim.DeepPlus: 32} // where the send time is
	for _, c := range []struct {
		encoding sim.Encoding
		named    bool
		want     [3]shm.Stream
	}{
		{sim.ITCH50, true, [3]shm.Stream{{Session: "SIM0000001"}, {Session: "SIM0000002"}, {Session: "SIM0000003"}}},
		{sim.DeepPlus, false, [3]shm.Stream{{Session: "1000000000"}, {Session: "1000000000", Resets: 1}, {Session: "1000000000", Resets: 2}}},
		{sim.MDP3, false, [3]shm.Stream{{}, {Resets: 1}, {Resets: 2}}},
	} {
		p, v := surveyed(t, c.encoding, 2)
		for again := range uint64(3) {
			frames := framesOf(t, c.encoding, 4, sim.WireConfig{Lines: make([]sim.LineConfig, 2)})
			for i := range frames {
				f := &frames[i]
				payload := f.frame[frameHead:]
				if c.named {
					payload[9] += byte(again)
				} else {
					sent := payload[send[c.encoding]:]
					binary.LittleEndian.PutUint64(sent, binary.LittleEndian.Uint64(sent)+again*hour)
				}
				f.frame, f.ts = withPayload(f.frame, payload), f.ts+again*hour
				f.into(p, i%3 == 0)
			}
			p.Flush()
			want := c.want[again]
			want.PublisherID, want.ChannelID = 9, 3
			if got := p.Channels()[0].Stream(); got != want {
				t.Errorf("%s: day %d is %+v, want %+v", c.encoding, again, got, want)
			}
		}
		p.End()
		v.check(string(c.encoding))
		if n := len(v.list); n < 1500 {
			t.Errorf("%s: %d records of three days", c.encoding, n)
		}
	}
}

// TestUnitsGoOnBeyond32Bits: a record tells the low half of its unit; the unit is the whole.
func TestUnitsGoOnBeyond32Bits(t *testing.T) {
	p, v := surveyed(t, sim.ITCH50, 1)
	frames := framesOf(t, sim.ITCH50, 5, sim.WireConfig{Lines: make([]sim.LineConfig, 1)})
	const from = 1<<32 - 300
	for i := range frames {
		payload := frames[i].frame[frameHead:]
		seq := payload[10:18]
		binary.BigEndian.PutUint64(seq, binary.BigEndian.Uint64(seq)+from)
		frames[i].frame = withPayload(frames[i].frame, payload)
		frames[i].into(p, i%3 == 0)
	}
	p.End()
	v.check("itch50")
	beyond := [shm.SchemaCount]int{}
	for _, r := range v.list {
		if r.at.Unit < from || r.at.Unit > from+2000 {
			t.Fatalf("%s: unit %d", r.schema, r.at.Unit)
		}
		if r.at.Unit >= 1<<32 {
			beyond[r.schema]++
		}
	}
	for s, n := range beyond {
		if n == 0 {
			t.Errorf("%s: no record of a unit beyond 32 bits", shm.Schema(s))
		}
	}
}
