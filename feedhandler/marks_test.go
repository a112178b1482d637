package feedhandler_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
	"wirebook/ptp"
	"wirebook/shm"
)

// markSeeds is how many days TestPositionsAreTheVenues tries for each encoding; WIREBOOK_MARK_SEEDS says how many for once.
func markSeeds(t *testing.T) uint64 {
	if n, err := strconv.ParseUint(os.Getenv("WIREBOOK_MARK_SEEDS"), 10, 64); err == nil {
		return n
	}
	if testing.Short() {
		return 15
	}
	return 75
}

// natural is a record's natural position as the truth has it.
type natural struct{ unit, k uint64 }

// truth is what one session of one channel makes in one run, by a pipeline of its own that gets it unit by unit.
type truth struct {
	list [shm.SchemaCount][]natural
	at   [shm.SchemaCount]map[natural]int
	hash [shm.SchemaCount][]uint64
	// From there on they are what empties the books when the session ends: one for each book, in an order that depends on which
	// instruments the channel met in earlier sessions.
	clears [shm.SchemaCount]int
}

// arrival is one datagram of a channel as it came.
type arrival struct {
	ts      uint64
	channel int
	line    int
	day     int
	payload []byte
}

// stream is one channel of the test: its encoding and its days.
type stream struct {
	encoding sim.Encoding
	days     []string // session names
}

// session is what the session table would have been told.
type session struct {
	run, channel int
	start        feedhandler.SessionStart
}

// seenRecord is one record as a reader got it.
type seenRecord struct {
	schema      shm.Schema
	p           uint64
	n           shm.Natural
	place       shm.Place
	hash        uint64
	steady      bool
	interrupted bool // not the next one of its channel's
}

var bodySeed = maphash.MakeSeed()

// contentHash is the hash of a body without what depends on the receiver and without what a gap says.
func contentHash(s shm.Schema, body []byte) uint64 {
	b := append([]byte(nil), body...)
	zero := func(from, to int) { clear(b[from:to]) }
	switch s {
	case shm.SchemaMBO:
		r := shm.View[shm.MBO](b)
		r.TsRecv, r.TsInDelta, r.Flags = 0, 0, r.Flags&^(shm.FlagBadTsRecv|shm.FlagMaybeBadBook)
	case shm.SchemaTrades:
		r := shm.View[shm.Trade](b)
		r.TsRecv, r.TsInDelta, r.Flags = 0, 0, r.Flags&^(shm.FlagBadTsRecv|shm.FlagMaybeBadBook)
	case shm.SchemaMBP1:
		r := shm.View[shm.MBP1](b)
		r.TsRecv, r.TsInDelta, r.Flags = 0, 0, r.Flags&^(shm.FlagBadTsRecv|shm.FlagMaybeBadBook)
	case shm.SchemaMBP10:
		r := shm.View[shm.MBP10](b)
		r.TsRecv, r.TsInDelta, r.Flags = 0, 0, r.Flags&^(shm.FlagBadTsRecv|shm.FlagMaybeBadBook)
	default:
		zero(16, 24) // ts_recv
		if b[1] == shm.RTypeStatistics {
			shm.View[shm.Statistics](b).TsInDelta = 0
		}
	}
	return maphash.Bytes(bodySeed, b)
}

// sequenceOf is the number in a record; ok is false in those that have none.
func sequenceOf(s shm.Schema, body []byte) (uint32, bool) {
	if s == shm.SchemaAdmin {
		return 0, false
	}
	return fieldsOf(s, body).seq, true
}

// single puts one unit of a payload into a datagram of its own.
func single(t *testing.T, encoding sim.Encoding, payload []byte, h *framing.Header, span framing.Span) []byte {
	switch encoding {
	case sim.ITCH50:
		b := append([]byte(nil), payload[:20]...)
		binary.BigEndian.PutUint64(b[10:], h.Seq+uint64(span.Unit))
		binary.BigEndian.PutUint16(b[18:], 1)
		b = binary.BigEndian.AppendUint16(b, span.Len)
		return append(b, payload[span.Off:span.Off+span.Len]...)
	case sim.DeepPlus, sim.Deep:
		b := append([]byte(nil), payload[:40]...)
		binary.LittleEndian.PutUint16(b[12:], span.Len+2)
		binary.LittleEndian.PutUint16(b[14:], 1)
		binary.LittleEndian.PutUint64(b[24:], h.Seq+uint64(span.Unit))
		b = binary.LittleEndian.AppendUint16(b, span.Len)
		return append(b, payload[span.Off:span.Off+span.Len]...)
	}
	return append([]byte(nil), payload...)
}

// markDay is one seed: streams, what came of them, what was fed in each run, what readers saw.
type markDay struct {
	t        *testing.T
	seed     uint64
	rng      *rand.Rand
	streams  []stream
	arrivals []arrival

	epoch    uint64
	mem      [shm.SchemaCount + 1][]byte
	slots    [shm.SchemaCount + 1]uint32
	readers  [shm.SchemaCount]*shm.Reader
	locators [shm.SchemaCount]*shm.Locator
	broken   [shm.SchemaCount]map[uint16]bool // channels whose next record need not follow on the last
	rings    [shm.SchemaCount]*shm.Writer
	marks    *shm.Marks
	pipes    []*feedhandler.Pipeline

	run      int
	sessions []session // by number - 1
	fed      [][]arrival
	seen     []seenRecord
	orphans  [shm.SchemaCount][][2]uint64
	gaps     map[[2]int]map[uint64]int // by run and channel: how often a unit was given up
	killAt   int                       // records until the writer dies; -1: it does not
	unmarked int
}

type killed struct{}

// Session is feedhandler.SessionSink's.
func (d *markDay) Session(channel uint32, s *feedhandler.SessionStart) uint32 {
	d.sessions = append(d.sessions, session{d.run, int(channel), *s})
	return uint32(len(d.sessions))
}

// Record is feedhandler.Tap's: a record was just committed.
func (d *markDay) Record(s shm.Schema, _ []byte, _ uint64) {
	if d.killAt == 0 {
		panic(killed{})
	}
	d.killAt--
	if d.rng.IntN(400) == 0 {
		d.read(s, true)
	}
}

func (d *markDay) generate(encoding sim.Encoding) {
	const start = 1_748_871_000_000_000_000
	for c := range 1 + d.rng.IntN(3) {
		s := stream{encoding: encoding}
		if c > 0 && d.rng.IntN(2) == 0 {
			s.encoding = sim.Encodings[d.rng.IntN(len(sim.Encodings))]
		}
		at := uint64(start + d.rng.IntN(1_000_000))
		for day := range 1 + d.rng.IntN(3) {
			id := day
			if s.encoding != sim.ITCH50 && d.rng.IntN(2) == 0 {
				id = max(0, day-1) // the numbering begins again under the same name
			}
			x, err := sim.New(sim.Config{Seed: d.rng.Uint64(), Encoding: s.encoding, Symbols: 3, Messages: uint64(60 + d.rng.IntN(240)),
				LiveOrders: 40, Rate: 200_000, StartNS: at, Session: fmt.Sprintf("DAY%07d", id), SessionID: uint32(1_000_000 + id)})
			if err != nil {
				d.t.Fatal(err)
			}
			w := impaired(d.rng.Uint64())
			w.NoDoubleLoss = d.rng.IntN(3) > 0
			w.Seed = d.rng.Uint64()
			w.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
				var g feedhandler.Datagram
				if feedhandler.ParseFrame(frame, false, &g) != feedhandler.WireOK {
					d.t.Fatal("the simulator's frame is not readable")
				}
				line := 0
				if g.Dst != simLines[0].Group {
					line = 1
				}
				d.arrivals = append(d.arrivals, arrival{ts, c, line, day, append([]byte(nil), g.Payload...)})
				return nil
			})
			o, err := sim.Generate(x, w, nil, nil)
			if err != nil {
				d.t.Fatal(err)
			}
			at = o.LastNS + 10_000_000_000
			s.days = append(s.days, "")
		}
		d.streams = append(d.streams, s)
	}
	slices.SortStableFunc(d.arrivals, func(a, b arrival) int { return cmp.Compare(a.ts, b.ts) })
}

func group(channel, line int) uint32 { return 0xEF000000 + uint32(channel)<<4 + uint32(line) }

func (d *markDay) config(c int, arb arbitration.Config) feedhandler.ChannelConfig {
	return feedhandler.ChannelConfig{
		Name: fmt.Sprint(c), PublisherID: uint16(c), Feed: venue.Find(feedOf[d.streams[c].encoding]),
		Lines:   []feedhandler.LineConfig{{Name: "A", Group: group(c, 0), Port: 1}, {Name: "B", Group: group(c, 1), Port: 1}},
		Options: venue.Options{MaxInstruments: 64}, Arbitration: arb,
		Books: book.Config{MaxOrders: 1 << 14, MaxLevels: 1 << 12, InitialOrders: 1 << 10},
	}
}

// start begins a run of the writer over the rings as they are.
func (d *markDay) start() {
	d.epoch++
	var err error
	for s := range d.rings {
		d.rings[s], err = shm.NewWriter(d.mem[s], shm.RingConfig{Schema: shm.Schema(s), Slots: d.slots[s], Epoch: d.epoch})
		if err != nil {
			d.t.Fatal(err)
		}
	}
	marks, err := shm.NewWriter(d.mem[shm.SchemaMarks], shm.RingConfig{Schema: shm.SchemaMarks, Slots: d.slots[shm.SchemaMarks], Epoch: d.epoch})
	if err != nil {
		d.t.Fatal(err)
	}
	d.marks = shm.NewMarks(marks, d.rings)
	if d.rng.IntN(2) == 0 {
		now := uint64(1_900_000_000_000_000_000)
		d.marks.SetClock(func() uint64 { now += 100; return now })
	}
	apart := d.rng.IntN(2) == 0
	var configs []feedhandler.ChannelConfig
	d.pipes = nil
	build := func() {
		p, err := feedhandler.New(feedhandler.Config{Channels: configs})
		if err != nil {
			d.t.Fatal(err)
		}
		for _, ch := range p.Channels() {
			n, _ := strconv.Atoi(ch.Name())
			ch.Number(uint32(n))
		}
		d.pipes, configs = append(d.pipes, p), nil
	}
	for c := range d.streams {
		cfg := d.config(c, arbitration.Config{WindowPackets: 512, WindowBytes: 1 << 19})
		cfg.Output = feedhandler.Output{Rings: d.rings, Marks: d.marks, Sessions: d, Tap: d, TapSchemas: feedhandler.AllSchemas}
		if configs = append(configs, cfg); apart {
			build()
		}
	}
	if len(configs) > 0 {
		build()
	}
	d.fed = append(d.fed, nil)
}

// feed runs the writer over arrivals from i on until it dies or they end, and returns where it stopped.
func (d *markDay) feed(i int) (next int) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			next = i
			d.bury()
		}
	}()
	var tick uint64
	burst := d.rng.IntN(12)
	for ; i < len(d.arrivals); i++ {
		a := &d.arrivals[i]
		if a.ts >= tick+1_000_000 {
			tick = a.ts
			for _, p := range d.pipes {
				p.OnTick(a.ts)
			}
		}
		d.fed[d.run] = append(d.fed[d.run], *a)
		dg := feedhandler.Datagram{Dst: group(a.channel, a.line), DstPort: 1, Payload: a.payload}
		for _, p := range d.pipes {
			if _, ok := p.Route(&dg); ok {
				p.OnDatagram(&dg, ptp.Stamp{NS: a.ts, Source: ptp.SourceNIC})
			}
		}
		if burst--; burst < 0 {
			burst = d.rng.IntN(40)
			d.flush()
		}
	}
	for _, p := range d.pipes {
		p.End()
	}
	d.takeGaps()
	d.readAll()
	return i
}

func (d *markDay) takeGaps() {
	for _, p := range d.pipes {
		list, _ := p.TakeGaps(nil)
		for _, g := range list {
			c, _ := strconv.Atoi(p.Channels()[g.Channel].Name())
			key := [2]int{d.run, c}
			if d.gaps[key] == nil {
				d.gaps[key] = map[uint64]int{}
			}
			for u := g.First; !g.Healed && u < g.First+g.Count; u++ {
				d.gaps[key][u]++
			}
		}
	}
}

// gaveUp says whether the arbiter lost units of a channel that a line had brought.
func (d *markDay) gaveUp(run, channel int) bool {
	gaps := d.gaps[[2]int{run, channel}]
	if len(gaps) == 0 {
		return false
	}
	frames := venue.Find(feedOf[d.streams[channel].encoding]).NewFraming()
	fed, last := map[int]map[uint64]bool{}, map[int]uint64{}
	var h framing.Header
	for i := range d.fed[run] {
		a := &d.fed[run][i]
		if a.channel != channel || frames.Header(a.payload, &h) != framing.FaultNone {
			continue
		}
		if fed[a.day] == nil {
			fed[a.day] = map[uint64]bool{}
		}
		for u := h.Seq; u < h.Seq+uint64(h.Count) && h.Kind == framing.Data; u++ {
			fed[a.day][u] = true
		}
		last[a.day] = max(last[a.day], h.Seq+uint64(h.Count))
	}
	for u, n := range gaps {
		missing := 0
		for day := range fed {
			if u < last[day] && !fed[day][u] {
				missing++
			}
		}
		if n > missing {
			return true
		}
	}
	return false
}

func (d *markDay) flush() {
	for _, p := range d.pipes {
		p.Flush()
	}
	d.takeGaps()
	if d.rng.IntN(3) == 0 {
		d.readAll()
	}
	if d.rng.IntN(6) == 0 {
		d.jump(shm.Schema(d.rng.IntN(int(shm.SchemaCount))))
	}
}

// bury looks at what a dead writer left, and leaves slots half written.
func (d *markDay) bury() {
	r, err := shm.NewReader(d.mem[shm.SchemaMarks])
	if err != nil {
		d.t.Fatal(err)
	}
	edge := r.SeekEdge()
	r.Seek(edge - 1)
	var payload [shm.SizeMark / 8]uint64
	b := asBytes(payload[:])
	if res := r.Next(b); res != shm.Record {
		d.t.Fatalf("newest mark: %s", res)
	}
	m := shm.View[shm.Mark](b)
	for s, w := range d.rings {
		head := w.Position() - uint64(uint32(w.Position())-m.Heads[s])
		d.orphans[s] = append(d.orphans[s], [2]uint64{head, w.Position()})
	}
	d.readAll() // what is not marked is not told
	if d.rng.IntN(2) == 0 {
		shm.MBOOf(d.rings[shm.SchemaMBO]).Claim()
	}
}

func (d *markDay) readAll() {
	for s := range d.readers {
		d.read(shm.Schema(s), false)
	}
}

// read takes what is new in a ring. inside: the writer is in the middle of a batch.
func (d *markDay) read(s shm.Schema, inside bool) {
	r := d.readers[s]
	payload := asBytes(make([]uint64, r.PayloadSize()/8))
	for {
		switch res := r.Next(payload); res {
		case shm.Record:
		case shm.Empty:
			return
		case shm.Lapped:
			d.broken[s] = nil
			continue
		case shm.NewEpoch:
			continue
		default:
			d.t.Fatalf("seed %d, %s: %s", d.seed, s, res)
		}
		p := r.Position() - 1
		n, place := d.locators[s].Locate(p, payload)
		if place == shm.Unmarked {
			d.unmarked++
			r.Seek(p)
			return
		}
		known := d.broken[s][n.Channel]
		d.note(s, p, payload, n, place, !known)
		switch place {
		case shm.Placed:
			if d.broken[s] == nil {
				d.broken[s] = map[uint16]bool{}
			}
			d.broken[s][n.Channel] = true
		case shm.Inside, shm.MarkGone, shm.Orphan, shm.ApplianceMade:
			if place != shm.ApplianceMade {
				d.broken[s] = nil
			}
		default:
			d.t.Fatalf("seed %d, %s position %d: %s", d.seed, s, p, place)
		}
	}
}

// jump reads a few records from anywhere with a reader that knows nothing.
func (d *markDay) jump(s shm.Schema) {
	r, err := shm.NewReader(d.mem[s])
	if err != nil {
		d.t.Fatal(err)
	}
	edge := r.SeekEdge()
	held := min(edge, uint64(d.slots[s]))
	if held == 0 {
		return
	}
	r.Seek(edge - 1 - d.rng.Uint64N(held))
	l := shm.NewLocator(r, d.markReader())
	payload := asBytes(make([]uint64, r.PayloadSize()/8))
	for range 1 + d.rng.IntN(40) {
		switch r.Next(payload) {
		case shm.Record:
			p := r.Position() - 1
			n, place := l.Locate(p, payload)
			d.note(s, p, payload, n, place, true)
			if d.seen[len(d.seen)-1].steady = false; place == shm.Damaged {
				d.t.Fatalf("seed %d, %s position %d: %s", d.seed, s, p, place)
			}
		case shm.NewEpoch:
		default:
			return
		}
	}
}

func (d *markDay) note(s shm.Schema, p uint64, payload []byte, n shm.Natural, place shm.Place, interrupted bool) {
	d.seen = append(d.seen, seenRecord{s, p, n, place, contentHash(s, d.readers[s].Body(payload)), true, interrupted})
}

func (d *markDay) markReader() *shm.Reader {
	r, err := shm.NewReader(d.mem[shm.SchemaMarks])
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// truthOf makes the truth of a session: each unit that was fed, once, alone, in order.
func (d *markDay) truthOf(number int) *truth {
	se := &d.sessions[number]
	day := -1
	type unit struct {
		ts      uint64
		payload []byte
	}
	list := map[uint64]unit{}
	encoding := d.streams[se.channel].encoding
	frames := venue.Find(feedOf[encoding]).NewFraming()
	for i := range d.fed[se.run] { // the day is the one at work when the session began
		if a := &d.fed[se.run][i]; a.channel == se.channel && a.ts == se.start.RecvNS {
			day = a.day
		}
	}
	var h framing.Header
	for i := range d.fed[se.run] {
		a := &d.fed[se.run][i]
		if a.channel != se.channel || a.day != day || frames.Header(a.payload, &h) != framing.FaultNone || h.Kind != framing.Data {
			continue
		}
		spans, _ := frames.Split(nil, a.payload, &h)
		for _, span := range spans {
			u := h.Seq + uint64(span.Unit)
			if _, ok := list[u]; !ok && u >= se.start.First {
				list[u] = unit{a.ts, single(d.t, encoding, a.payload, &h, span)}
			}
		}
	}
	order := make([]uint64, 0, len(list))
	for u := range list {
		order = append(order, u)
	}
	slices.Sort(order)
	var rec recorder
	cfg := d.config(se.channel, arbitration.Config{ReorderPackets: 1, ReorderNS: 1, GapTimeoutNS: 1, WindowPackets: 64, WindowBytes: 1 << 18})
	cfg.Output = feedhandler.Output{Tap: &rec, TapSchemas: feedhandler.AllSchemas}
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{cfg}})
	if err != nil {
		d.t.Fatal(err)
	}
	tr := &truth{}
	for s := range tr.at {
		tr.at[s] = map[natural]int{}
	}
	take := func(u uint64) {
		for s := range rec {
			for _, r := range rec[s] {
				low, told := sequenceOf(shm.Schema(s), r.body)
				at := u
				if u == 0 {
					at = uint64(low) // what empties the books is of the last event's unit
				} else if told && low != uint32(u) {
					d.t.Fatalf("seed %d: unit %d alone made a record of %d", d.seed, u, low)
				}
				n := natural{unit: at}
				if l := len(tr.list[s]); l > 0 && tr.list[s][l-1].unit == at {
					n.k = tr.list[s][l-1].k + 1
				}
				tr.at[s][n] = len(tr.list[s])
				tr.list[s] = append(tr.list[s], n)
				tr.hash[s] = append(tr.hash[s], contentHash(shm.Schema(s), r.body))
			}
			rec[s] = nil
		}
	}
	now := uint64(0)
	for _, u := range order {
		now = max(now+1, list[u].ts)
		p.OnDatagram(&feedhandler.Datagram{Dst: group(se.channel, 0), DstPort: 1, Payload: list[u].payload}, ptp.Stamp{NS: now, Source: ptp.SourceNIC})
		now += 10_000
		p.OnTick(now)
		p.Flush()
		take(u)
	}
	for s := range tr.list {
		tr.clears[s] = len(tr.list[s])
	}
	p.Abandon()
	take(0)
	return tr
}

// check holds what readers saw against the truth.
func (d *markDay) check(tally map[string]int) {
	truths := map[uint32]*truth{}
	last := [shm.SchemaCount]map[uint32]int{}
	for n, s := range d.sessions {
		if d.gaveUp(s.run, s.channel) {
			d.t.Fatalf("seed %d, session %d: units that a line had brought were given up", d.seed, n+1)
		}
	}
	for i := range d.seen {
		o := &d.seen[i]
		tally[o.place.String()]++
		orphan := slices.ContainsFunc(d.orphans[o.schema], func(x [2]uint64) bool { return o.p >= x[0] && o.p < x[1] })
		if orphan && (o.place == shm.Placed || o.place == shm.Inside) || !orphan && o.place == shm.Orphan {
			d.t.Fatalf("seed %d, %s position %d: %s, marked %v", d.seed, o.schema, o.p, o.place, !orphan)
		}
		if o.place != shm.Placed && o.place != shm.Inside {
			continue
		}
		n := o.n.Session
		tr := truths[n]
		if tr == nil {
			tr = d.truthOf(int(n) - 1)
			truths[n] = tr
		}
		if int(o.n.Channel) != d.sessions[n-1].channel {
			d.t.Fatalf("seed %d, %s position %d: channel %d of a session of channel %d", d.seed, o.schema, o.p, o.n.Channel, d.sessions[n-1].channel)
		}
		if o.place == shm.Inside {
			continue
		}
		at, ok := tr.at[o.schema][natural{o.n.Unit, o.n.K}]
		if !ok {
			d.t.Fatalf("seed %d, %s position %d: session %d unit %d k %d is no record's", d.seed, o.schema, o.p, n, o.n.Unit, o.n.K)
		}
		if clears := tr.clears[o.schema]; tr.hash[o.schema][at] != o.hash && !(at >= clears && slices.Contains(tr.hash[o.schema][clears:], o.hash)) {
			d.t.Fatalf("seed %d, %s position %d: session %d unit %d k %d is another record's", d.seed, o.schema, o.p, n, o.n.Unit, o.n.K)
		}
		if !o.steady {
			continue
		}
		if last[o.schema] == nil {
			last[o.schema] = map[uint32]int{}
		}
		if before, known := last[o.schema][n]; known && !o.interrupted && at != before+1 {
			d.t.Fatalf("seed %d, %s position %d: session %d unit %d k %d is record %d, behind record %d", d.seed, o.schema, o.p, n, o.n.Unit, o.n.K, at, before)
		}
		last[o.schema][n] = at
	}
	for range 40 {
		d.find(truths, tally)
	}
}

// find asks for a unit of a session and looks whether that is where its records begin.
func (d *markDay) find(truths map[uint32]*truth, tally map[string]int) {
	if len(d.sessions) == 0 {
		return
	}
	n := uint32(1 + d.rng.IntN(len(d.sessions)))
	s := shm.Schema(d.rng.IntN(int(shm.SchemaCount)))
	tr := truths[n]
	if tr == nil {
		return
	}
	se := &d.sessions[n-1]
	unit := se.start.First + d.rng.Uint64N(320)
	r, err := shm.NewReader(d.mem[s])
	if err != nil {
		d.t.Fatal(err)
	}
	l := shm.NewLocator(r, d.markReader())
	p, place := l.Find(uint16(se.channel), n, unit)
	tally["find_"+place.String()]++
	payload := asBytes(make([]uint64, r.PayloadSize()/8))
	fail := func(why string) {
		d.t.Fatalf("seed %d, %s session %d unit %d: found at %d, %s: %s", d.seed, s, n, unit, p, place, why)
	}
	// What is in the ring from p on, and just before.
	var first *shm.Natural
	at := func(p uint64) *shm.Natural {
		r.Seek(p)
		for {
			switch r.Next(payload) {
			case shm.NewEpoch:
				continue
			case shm.Record:
				if r.Position() != p+1 {
					return nil
				}
				if n, place := l.Locate(p, payload); place == shm.Placed || place == shm.Inside {
					return &n
				}
			}
			return nil
		}
	}
	edge := r.SeekEdge()
	for q := p; q < edge && first == nil; q++ {
		if m := at(q); m != nil && m.Session == n {
			first = m
		}
	}
	switch place {
	case shm.Placed:
		want, ok := natural{}, false
		for _, x := range tr.list[s] {
			if x.unit >= unit {
				want, ok = x, true
				break
			}
		}
		switch {
		case first == nil:
			// the first behind it is of a later session
		case !ok || first.Unit != want.unit:
			fail(fmt.Sprintf("unit %d is there, the first is %d (%v)", first.Unit, want.unit, ok))
		}
	case shm.Unmarked:
		if first != nil && first.Unit >= unit {
			fail(fmt.Sprintf("unit %d is there", first.Unit))
		}
	}
	for q := max(p, 30) - 30; q < p; q++ {
		if m := at(q); place == shm.Placed && m != nil && m.Session == n && m.Unit >= unit {
			fail(fmt.Sprintf("unit %d is at %d", m.Unit, q))
		}
	}
}

// TestPositionsAreTheVenues: from any position of any ring, read steadily or joined anywhere, after any lap, kill or restart and
// through sessions and resets, the session, unit and k that a reader derives are those of the record, or it says by name why not.
func TestPositionsAreTheVenues(t *testing.T) {
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			t.Parallel()
			tally := map[string]int{}
			for seed := uint64(1); seed <= markSeeds(t); seed++ {
				d := &markDay{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 15)), killAt: -1, gaps: map[[2]int]map[uint64]int{}}
				d.generate(encoding)
				for s := range d.mem {
					d.slots[s] = 1 << (6 + d.rng.IntN(6))
					if s == int(shm.SchemaMarks) {
						d.slots[s] = 1 << (2 + d.rng.IntN(8))
					}
					d.mem[s] = asBytes(make([]uint64, shm.RingBytes(shm.RingConfig{Schema: shm.Schema(s), Slots: d.slots[s]})/8))
				}
				for at, run := 0, 0; at < len(d.arrivals); run++ {
					d.run = run
					d.start()
					for s := range d.readers {
						if run > 0 {
							break
						}
						r, err := shm.NewReader(d.mem[s])
						if err != nil {
							t.Fatal(err)
						}
						d.readers[s], d.locators[s] = r, shm.NewLocator(r, d.markReader())
					}
					if d.killAt = -1; run < 3 && d.rng.IntN(2) == 0 {
						d.killAt = d.rng.IntN(3000)
					}
					at = d.feed(at) + 1
				}
				d.check(tally)
				tally["sessions"] += len(d.sessions)
				tally["unmarked"] += d.unmarked
				for _, s := range d.sessions {
					if s.start.Reset {
						tally["resets"]++
					}
				}
			}
			t.Log(tally)
			for _, name := range []string{"placed", "inside_unit", "mark_gone", "orphan", "unmarked", "find_placed", "find_unmarked", "find_mark_gone", "sessions"} {
				if tally[name] == 0 {
					t.Errorf("%s never happened: the test proves less than it says", name)
				}
			}
		})
	}
}
