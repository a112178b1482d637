package feedhandler_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

// kindsOf spells what the appliance made, one word a record: its kind, the instrument where it is about one, and the reason.
func (w *witness) kindsOf(from int) (words []string) {
	for i := range w.made[from:] {
		m := &w.made[from+i]
		word := shm.ApplianceKindName(m.Kind)
		if m.InstrumentID != 0 {
			word += fmt.Sprintf(" %d", m.InstrumentID)
		}
		if m.Reason != 0 && m.Kind != shm.ApplianceGap {
			word += " " + shm.ReasonName(uint32(m.Reason))
		}
		words = append(words, word)
	}
	return words
}

// TestStatesOverSessions: days one after the other through one channel, of one the first packets are lost. Each session begins with a record
// of its own that has its number, after the books of the day before were emptied, and the ring tells on.
func TestStatesOverSessions(t *testing.T) {
	for _, encoding := range sim.Encodings {
		p, w := watched(t, encoding, book.Config{})
		for n, drop := range [][]sim.Range{{{First: 200, Count: 3}}, {{First: 1, Count: 60}}, nil} {
			x, err := sim.New(sim.Config{
				Seed: uint64(n + 1), Encoding: encoding, Symbols: 3, Messages: 2000, LiveOrders: 60, Rate: 2000,
				Session: fmt.Sprintf("DAY%07d", n), SessionID: uint32(n + 1), StartNS: 1_748_871_000_000_000_000 + uint64(n)*86_400_000_000_000,
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := sim.Generate(x, sim.WireConfig{Lines: []sim.LineConfig{{Drop: drop}}, Merged: into(p)}, nil, nil); err != nil {
				t.Fatal(err)
			}
			p.Flush()
			w.name = fmt.Sprintf("%s day %d", encoding, n)
			w.end(p.Channels()[0])
			last := p.Channels()[0].State()
			want := [...]uint32{shm.ReasonGap, shm.ReasonGap, shm.ReasonNone}[n]
			if n == 2 && last.State != shm.ChannelLive || n < 2 && w.bad == 0 || last.Reason != want && last.State != shm.ChannelLive {
				t.Errorf("%s: %v", w.name, last)
			}
		}
		var sessions []uint32
		for i := range w.made {
			m := &w.made[i]
			if m.Kind == shm.ApplianceSession {
				if next := w.kindsOf(i)[:3]; m.Session == 2 && (!slices.Equal(next, []string{"session", "gap", "suspect gap"}) || w.made[i+1].First != 1 || w.made[i+1].Unit != 0) {
					t.Errorf("%s: the second day begins with %q: %+v", encoding, next, w.made[i+1])
				}
				sessions = append(sessions, m.Session)
				if m.Unit > 100 {
					t.Errorf("%s: session %d begins after unit %d", encoding, m.Session, m.Unit)
				}
			} else if len(sessions) > 0 && m.Session != sessions[len(sessions)-1] {
				t.Errorf("%s: %s of session %d after %v began", encoding, shm.ApplianceKindName(m.Kind), m.Session, sessions)
			}
		}
		if !slices.Equal(sessions, []uint32{1, 2, 3}) {
			t.Errorf("%s: sessions %v", encoding, sessions)
		}
	}
}

// cmeWatched is a CME channel, alone or of a set, with a witness.
func cmeWatched(t testing.TB, name string, port uint16, set *feedhandler.Set, instruments int, latest *shm.LatestWriter) (*feedhandler.Pipeline, *witness) {
	t.Helper()
	cfg := feedhandler.ChannelConfig{
		Name: name, PublisherID: 1, Feed: venue.Find("cme.mdp3"), Lines: []feedhandler.LineConfig{{Name: "A", Group: 1, Port: port}},
		Options: venue.Options{MaxInstruments: instruments}, Books: book.Config{MaxOrders: 1 << 10, MaxLevels: 1 << 16},
	}
	if set != nil {
		cfg.Set, cfg.Shared = "s", set
	}
	w := newWitness(t, name, &cfg.Output, 1<<10)
	cfg.Output.Latest = latest
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{cfg}})
	if err != nil {
		t.Fatal(err)
	}
	p.Enter(nil)
	return p, w
}

const secondNS = uint64(1_000_000_000)

// TestAGapOfManyIsOneRecord: ten thousand instruments turn suspect with one record, and each turns whole with one, and the channel
// with one more when all have.
func TestAGapOfManyIsOneRecord(t *testing.T) {
	const all = 10_000
	p, w := cmeWatched(t, "many", 1, nil, all+1, nil)
	seq := uint32(0)
	each := func(rptSeq uint32, define bool) {
		for id := int32(1); id <= all; id++ {
			seq++
			var messages [][]byte
			if define {
				messages = append(messages, future(id, fmt.Sprintf("F%d", id)))
			}
			cmePacket(p, 1, seq, secondNS+uint64(seq), append(messages, bid(id, rptSeq, 1))...)
			p.Flush()
			w.drain()
		}
	}
	each(1, true)
	if s := p.Channels()[0].State(); s.State != shm.ChannelLive {
		t.Fatalf("before the gap: %v", s)
	}
	before := len(w.made)
	gap := seq
	seq += 7
	cmePacket(p, 1, seq+1, secondNS+uint64(seq), bid(1, 2, 1))
	p.OnTick(2 * secondNS) // the gap is declared
	p.Flush()
	w.drain()
	seq++
	if got, want := w.kindsOf(before)[:2], []string{"gap", "suspect gap"}; !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	g, s := w.made[before], w.made[before+1]
	if g.First != uint64(gap)+1 || g.Count != 7 || g.Unit != uint64(gap) || s.Count != all || s.Unit != uint64(gap) || s.InstrumentID != 0 {
		t.Errorf("gap %+v\nsuspect %+v", g, s)
	}
	if st := p.Channels()[0].State(); st != (shm.ChannelState{State: shm.ChannelGapped, Reason: shm.ReasonGap, Unit: uint64(gap), NS: st.NS}) {
		t.Errorf("after the gap: %v %+v", st, st)
	}
	for id := int32(2); id <= all; id++ {
		seq++
		cmePacket(p, 1, seq, 2*secondNS+uint64(seq), bid(id, 2, 1))
		p.Flush()
		w.drain()
	}
	kinds := map[string]int{}
	for _, m := range w.made[before:] {
		kinds[fmt.Sprint(shm.ApplianceKindName(m.Kind), m.InstrumentID != 0)]++
	}
	if kinds["gapfalse"] != 1 || kinds["suspectfalse"] != 1 || kinds["suspecttrue"] != 0 || kinds["wholetrue"] != all || kinds["wholefalse"] != 1 {
		t.Errorf("%v", kinds)
	}
	if m := w.made[len(w.made)-1]; m.Kind != shm.ApplianceWhole || m.InstrumentID != 0 || m.First != uint64(shm.BookLevels) || m.Unit != uint64(seq) {
		t.Errorf("last of all %+v", m)
	}
	// Levels are whole again, of orders nobody knows: the instruments are live, and say so.
	if st := w.states[1]; st != (shm.InstrumentState{State: shm.InstrumentLive, Reason: shm.ReasonGap, Suspect: shm.BookOrders}) {
		t.Errorf("an instrument stands as %v", st)
	}
	w.end(p.Channels()[0])

	// Who is first seen now may have been there before the gap, with levels that nobody told since.
	before = len(w.made)
	cmePacket(p, 1, seq+1, 3*secondNS, future(all+1, "LATE"), bid(all+1, 5, 1))
	p.Flush()
	w.drain()
	if got, want := w.kindsOf(before), []string{fmt.Sprintf("suspect %d gap", all+1)}; !slices.Equal(got, want) {
		t.Errorf("of an instrument first seen after the gap: %q, want %q", got, want)
	}
	if st := p.Channels()[0].State(); st.State != shm.ChannelGapped {
		t.Errorf("and the channel is %v", st)
	}
	w.end(p.Channels()[0])
}

// TestSilenceAndRecoveryAreStates: lines that are silent make a channel stale, whatever its books are, and one packet brings it back;
// what was asked for makes it recovering until it is live.
func TestSilenceAndRecoveryAreStates(t *testing.T) {
	p, w := cmeWatched(t, "quiet", 1, nil, 10, nil)
	c := p.Channels()[0]
	stands := func(when string, want shm.ChannelState) {
		t.Helper()
		w.drain()
		if got := c.State(); got != want || w.state != want && want.State != shm.ChannelWaiting {
			t.Fatalf("%s: %v %+v, told %+v, want %+v", when, got, got, w.state, want)
		}
	}
	stands("at first", shm.ChannelState{})
	p.OnTick(secondNS)
	stands("unheard", shm.ChannelState{})
	cmePacket(p, 1, 1, 2*secondNS, future(1, "A"), bid(1, 1, 1))
	p.Flush()
	stands("heard", shm.ChannelState{State: shm.ChannelLive, Unit: 0, NS: 2 * secondNS})
	cmePacket(p, 1, 4, 2*secondNS+1, bid(1, 2, 1))
	p.OnTick(2*secondNS + 900_000_000)
	p.Flush()
	// The level was proved whole by its number; a message that does not fit makes it suspect again.
	at := uint64(2*secondNS + 900_000_000)
	stands("a gap that took nothing", shm.ChannelState{State: shm.ChannelLive, Unit: 4, NS: 2*secondNS + 1})
	cmePacket(p, 1, 5, at+1, bid(1, 9, 1))
	p.Flush()
	stands("a hole in the instrument's numbers", shm.ChannelState{State: shm.ChannelGapped, Reason: shm.ReasonGap, Unit: 5, NS: at + 1})
	c.Recovering(true)
	stands("asked for", shm.ChannelState{State: shm.ChannelRecovering, Reason: shm.ReasonGap, Unit: 5, NS: at + 1})
	for ns := at; ns < 9*secondNS; ns += 100_000_000 {
		p.OnTick(ns)
	}
	if got := c.State(); got.State != shm.ChannelStale || got.Reason != shm.ReasonSilent || got.Unit != 5 || got.NS < 5*secondNS || got.NS > 7*secondNS {
		t.Fatalf("unheard for seconds: %v %+v", got, got)
	}
	w.drain()
	if last := w.made[len(w.made)-1]; last.Kind != shm.ApplianceHeartbeat || last.Reason != uint8(shm.ReasonSilent) || last.Unit != 5 {
		t.Errorf("the last heartbeat %+v", last)
	}
	cmePacket(p, 1, 6, 9*secondNS, bid(1, 10, 1))
	p.Flush()
	stands("heard again", shm.ChannelState{State: shm.ChannelRecovering, Reason: shm.ReasonGap, Unit: 6, NS: 9 * secondNS})
	c.Recovering(false)
	stands("given up", shm.ChannelState{State: shm.ChannelGapped, Reason: shm.ReasonGap, Unit: 6, NS: 9 * secondNS})
	beats := 0
	for i := range w.made {
		if w.made[i].Kind == shm.ApplianceHeartbeat {
			beats++
		}
	}
	if beats != 7 { // 2.9 s, then 3 to 8
		t.Errorf("%d heartbeats: %q", beats, w.kindsOf(0))
	}
}

// TestStatesOfASet: a gap of the definitions' channel concerns no book that another channel shows: it is gapped until a second ends,
// and the instruments stay as their own channel has them.
func TestStatesOfASet(t *testing.T) {
	set := feedhandler.NewSet(10)
	writer, _ := latestTable(t)
	d, dw := cmeWatched(t, "defs", 1, set, 10, writer)
	i, iw := cmeWatched(t, "inc", 2, set, 10, writer)
	at := secondNS
	d.OnTick(at)
	cmePacket(d, 1, 1, at, future(7001, "A"), future(5001, "B"))
	cmePacket(i, 2, 1, at+1, bid(7001, 1, 1), bid(5001, 1, 1))
	d.Flush()
	i.Flush()
	cmePacket(d, 1, 9, at+2, future(7001, "A"))
	d.OnTick(at + 900_000_000)
	d.Flush()
	if s := d.Channels()[0].State(); s.State != shm.ChannelGapped || s.Reason != shm.ReasonGap {
		t.Errorf("the definitions' channel: %v", s)
	}
	d.OnTick(2 * secondNS)
	if s := d.Channels()[0].State(); s.State != shm.ChannelLive {
		t.Errorf("the definitions' channel a second later: %v", s)
	}
	for _, w := range []*witness{dw, iw} {
		for idx, s := range w.states {
			if s.State != shm.InstrumentLive || s.Suspect != 0 {
				t.Errorf("%s: instrument %d is %v", w.name, idx, s)
			}
		}
	}
	// And a gap of their own channel does.
	cmePacket(i, 2, 4, 2*secondNS, bid(7001, 3, 1))
	i.OnTick(3 * secondNS)
	i.Flush()
	iw.drain()
	if s := i.Channels()[0].State(); s.State != shm.ChannelGapped || iw.states[1].State != shm.InstrumentGapped || iw.states[2].State != shm.InstrumentGapped {
		t.Errorf("%v, %v", s, iw.states)
	}
	dw.drain()
	if got := dw.kindsOf(0); !slices.Contains(got, "gap") || !slices.Contains(got, "suspect gap") {
		t.Errorf("the definitions' channel told %q", got)
	}
}

// shownStates is a StateSink and an InstrumentSink that keeps the newest.
type shownStates map[uint32]shm.InstrumentState

func (w shownStates) ChannelState(shm.ChannelState)                     {}
func (w shownStates) InstrumentState(idx uint32, s shm.InstrumentState) { w[idx] = s }
func (w shownStates) Instrument(_ int, idx uint32, _ *book.Instrument) (uint32, bool) {
	return idx, true
}

// cmeShown is a CME channel of a set with nothing but a latest table and states.
func cmeShown(t *testing.T, set *feedhandler.Set, latest *shm.LatestWriter) (*feedhandler.Pipeline, shownStates) {
	t.Helper()
	states := shownStates{}
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{{
		Name: "two", PublisherID: 1, Feed: venue.Find("cme.mdp3"), Lines: []feedhandler.LineConfig{{Name: "A", Group: 1, Port: 2}},
		Options: venue.Options{MaxInstruments: 10}, Books: book.Config{MaxOrders: 1 << 10, MaxLevels: 1 << 16}, Set: "s", Shared: set,
		Output: feedhandler.Output{Latest: latest, States: states, Instruments: states},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	p.Enter(nil)
	return p, states
}

// TestWhoShowsASuspectBookIsGapped: a channel whose suspect book another one showed is gapped again when it shows that book itself.
func TestWhoShowsASuspectBookIsGapped(t *testing.T) {
	set := feedhandler.NewSet(10)
	writer, _ := latestTable(t)
	one, _ := cmeWatched(t, "one", 1, set, 10, writer)
	two, tw := cmeShown(t, set, writer)
	at := secondNS
	cmePacket(two, 2, 1, at, future(5001, "B"))
	cmePacket(one, 1, 1, at+1, future(5001, "B"), bid(5001, 1, 1))
	one.Flush()
	cmePacket(two, 2, 9, at+2, future(5001, "B")) // a gap
	two.OnTick(at + 900_000_000)
	two.OnTick(2 * secondNS)
	if s := two.Channels()[0].State(); s.State != shm.ChannelLive {
		t.Errorf("another channel shows the book: %v", s)
	}
	cmePacket(two, 2, 10, 2*secondNS+1, bid(5001, 7, 1))
	two.Flush()
	if s := two.Channels()[0].State(); s.State != shm.ChannelGapped || s.Reason != shm.ReasonGap || tw[1].State != shm.InstrumentGapped {
		t.Errorf("it shows a suspect book: %v, %v", s, tw)
	}
	two.OnTick(3 * secondNS)
	if s := two.Channels()[0].State(); s.State != shm.ChannelGapped {
		t.Errorf("a second later: %v", s)
	}
}

// TestADisputeAndAFaultOfOurOwnAreToldAsSuch.
func TestADisputeAndAFaultOfOurOwnAreToldAsSuch(t *testing.T) {
	p, w := watched(t, sim.ITCH50, book.Config{})
	feedContradiction(t, p)
	w.drain()
	if s := p.Channels()[0].State(); s.State != shm.ChannelGapped || s.Reason != shm.ReasonDisputed {
		t.Errorf("%v", s)
	}
	p.Abandon()
	w.end(p.Channels()[0])
	if s := p.Channels()[0].State(); s.State != shm.ChannelGapped || s.Reason != shm.ReasonAbandoned {
		t.Errorf("%v", s)
	}
	var told []string
	for _, word := range w.kindsOf(0) {
		if word != "heartbeat" && word != "heartbeat disputed" {
			told = append(told, word)
		}
	}
	if want := []string{"session", "suspect disputed", "whole", "suspect abandoned"}; !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
}

// TestWhatWasSilentTellsHowItStands: a channel that published nothing so far tells first how everything stands.
func TestWhatWasSilentTellsHowItStands(t *testing.T) {
	for _, encoding := range sim.Encodings {
		p, w := watched(t, encoding, book.Config{})
		p.Silence(true)
		n := 0
		sink := into(p)
		x, err := sim.New(sim.Config{Seed: 4, Encoding: encoding, Symbols: 3, Messages: 3000, LiveOrders: 200, Rate: 200_000})
		if err != nil {
			t.Fatal(err)
		}
		wire := sim.WireConfig{Lines: []sim.LineConfig{{Drop: []sim.Range{{First: 300, Count: 1}}}}, Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
			if n++; n == 400 {
				if p.Silence(false); p.Channels()[0].ApplianceRecords() == 0 {
					t.Errorf("%s: nothing was told", encoding)
				}
			} else if n < 400 && p.Channels()[0].ApplianceRecords() != 0 {
				t.Fatalf("%s: told while silent", encoding)
			}
			return sink.WriteFrame(ts, frame)
		})}
		if _, err := sim.Generate(x, wire, nil, nil); err != nil {
			t.Fatal(err)
		}
		p.Flush()
		w.name = string(encoding)
		w.end(p.Channels()[0])
		if w.bad == 0 || encoding == sim.MDP3 && w.bad == len(w.venue) { // where what was not affected flows on
			t.Errorf("%s: %d of %d flagged", encoding, w.bad, len(w.venue))
		}
	}
}

// TestTellingStatesDoesNotAllocate: losses, and books that turn suspect and whole, make no garbage.
func TestTellingStatesDoesNotAllocate(t *testing.T) {
	for _, encoding := range sim.Encodings {
		var frames [][]byte
		var stamps []uint64
		w := sim.WireConfig{Seed: 9, Lines: []sim.LineConfig{{LossPPM: 200_000}, {LossPPM: 200_000}}}
		w.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
			frames, stamps = append(frames, append([]byte(nil), frame...)), append(stamps, ts)
			return nil
		})
		x, err := sim.New(sim.Config{Seed: 3, Encoding: encoding, Symbols: 8, Messages: 20_000, LiveOrders: 400, Rate: 5_000})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sim.Generate(x, w, nil, nil); err != nil {
			t.Fatal(err)
		}
		p := ringPipeline(t, encoding)
		i := 0
		gaps := make([]feedhandler.GapEvent, 0, 4096)
		feed := func(n int) {
			for end := i + n; i < end; i++ {
				p.OnFrame(frames[i], ptp.Stamp{NS: stamps[i], Source: ptp.SourceNIC})
				if i%16 == 0 {
					p.Flush()
					p.OnTick(stamps[i])
					gaps, _ = p.TakeGaps(gaps[:0])
				}
			}
		}
		feed(len(frames) / 2)
		before := p.Channels()[0].ApplianceRecords()
		const runs = 20
		chunk := len(frames) / 2 / (runs + 1)
		if allocs := testing.AllocsPerRun(runs, func() { feed(chunk) }); allocs != 0 {
			t.Errorf("%s: %.1f allocations per %d packets", encoding, allocs, chunk)
		}
		if n := p.Channels()[0].ApplianceRecords() - before; n < 20 {
			t.Errorf("%s: only %d records of the appliance's own", encoding, n)
		}
	}
}

// TestTheAdminRingTellsOfRealFeeds: the same of real captures, joined in the middle and with losses: quotes that make a book whole
// at once, twelve runs under one session's name, a price book of levels and orders.
func TestTheAdminRingTellsOfRealFeeds(t *testing.T) {
	for _, c := range []struct{ feed, family, file string }{
		{"iex.tops16", "iex-tops", "TOPS16.part1.pcap.gz"}, {"iex.deep10", "iex-deep10", "DEEP10.part1.pcap.gz"}, {"cme.mdp3", "cme-mdp3", "Cme.Mdp3.Sbe.v6.1.pcap"},
	} {
		cfg := feedhandler.ChannelConfig{
			Name: c.feed, PublisherID: 1, Feed: venue.Find(c.feed), Lines: simLines[:1], Options: venue.Options{MaxInstruments: 1 << 14},
		}
		w := newWitness(t, c.feed, &cfg.Output, 1<<12)
		p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{cfg}})
		if err != nil {
			t.Fatal(err)
		}
		n, last := 0, uint64(0)
		feedtest.Payloads(t, filepath.Join(feedtest.Captures(t), c.family, "large", c.file), func(_ int, ns int64, payload []byte) {
			if n++; n < 20 || n%400 < 6 {
				return
			}
			now := max(uint64(ns), last)
			if last = now; n%3 == 0 {
				p.Flush()
				p.OnTick(now)
			}
			p.OnDatagram(&feedhandler.Datagram{Dst: simLines[0].Group, DstPort: simLines[0].Port, Src: 1, Payload: payload}, ptp.Stamp{NS: now, Source: ptp.SourceCapture})
		})
		p.End()
		w.end(p.Channels()[0])
		for i := range w.made {
			if m := &w.made[i]; m.Kind == shm.ApplianceGap {
				break
			} else if m.Kind == shm.ApplianceWhole && m.InstrumentID == 0 && (w.made[i+1].Kind != shm.ApplianceHeartbeat || w.made[i+1].TsRecv != m.TsRecv) {
				t.Errorf("%s: joined late, and whole as a channel in the middle of a second: %+v", c.feed, m)
			}
		}
		t.Logf("%s: %d of %d records flagged; gap, epoch, session, suspect, whole, heartbeat: %v; %v", c.feed, w.bad, len(w.venue), w.fold.kinds[1:], w.state)
		if w.bad == 0 || w.bad == len(w.venue) && c.feed != "cme.mdp3" { // whose snapshots come on another channel
			t.Errorf("%s proves nothing", c.feed)
		}
	}
}

// TestWhatTheApplianceSaysIsPlayedBack: the packets ring has what is needed for the appliance's own records too, heartbeats
// included: a tick at which one is told is in it.
func TestWhatTheApplianceSaysIsPlayedBack(t *testing.T) {
	for _, encoding := range sim.Encodings {
		for seed := uint64(1); seed <= 6; seed++ {
			ring, mem := packetsRing(t, 1<<22)
			packets := feedhandler.NewPackets(ring)
			build := func(packets *feedhandler.Packets) (*feedhandler.Pipeline, func() []shm.Appliance) {
				cfg := feedhandler.ChannelConfig{Name: "x", Feed: venue.Find(feedOf[encoding]), Lines: simLines, Options: venue.Options{MaxInstruments: 64}}
				rc := shm.RingConfig{Schema: shm.SchemaAdmin, Slots: 1 << 12, Epoch: 1}
				admin := asBytes(make([]uint64, shm.RingBytes(rc)/8))
				var err error
				if cfg.Output.Rings[shm.SchemaAdmin], err = shm.NewWriter(admin, rc); err != nil {
					t.Fatal(err)
				}
				p, err := feedhandler.New(feedhandler.Config{Packets: packets, Channels: []feedhandler.ChannelConfig{cfg}})
				if err != nil {
					t.Fatal(err)
				}
				return p, func() (made []shm.Appliance) {
					r, err := shm.NewReader(admin)
					if err != nil {
						t.Fatal(err)
					}
					for _, got := range readAll(t, r) {
						if got.body[1] == shm.RTypeAppliance {
							made = append(made, *shm.View[shm.Appliance](got.body))
						}
					}
					return made
				}
			}
			live, told := build(packets)
			live.Enter([]byte("origin"))
			e := &edge{p: live, r: rand.New(rand.NewPCG(seed, 15)), faults: seed%3 == 0}
			x, err := sim.New(sim.Config{Seed: seed, Encoding: encoding, Symbols: 3, Messages: 1500, LiveOrders: 60, Rate: 500})
			if err != nil {
				t.Fatal(err)
			}
			w := impaired(seed)
			w.Merged = sim.SinkFunc(e.Frame)
			if _, err := sim.Generate(x, w, nil, nil); err != nil {
				t.Fatal(err)
			}
			live.Silence(false) // which some edges begin early and never end
			live.End()
			again, toldAgain := build(nil)
			playBack(t, mem, func([]byte) (*feedhandler.Pipeline, []uint16, error) { return again, []uint16{0}, nil }, nil)
			was, is := told(), toldAgain()
			if !slices.Equal(was, is) {
				for k := range was {
					if k >= len(is) || was[k] != is[k] {
						t.Fatalf("%s seed %d: record %d of %d was\n%+v\nand is, of %d,\n%+v", encoding, seed, k, len(was), was[k], len(is), is[min(k, len(is)-1)])
					}
				}
				t.Fatalf("%s seed %d: %d records, and were %d", encoding, seed, len(is), len(was))
			}
			if len(was) < 3 {
				t.Errorf("%s seed %d: only %d records", encoding, seed, len(was))
			}
		}
	}
}
