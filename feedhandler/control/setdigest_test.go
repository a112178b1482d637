package control

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/sim"
	"wirebook/ptp"
	"wirebook/shm"
	"wirebook/shm/segment"
)

const setDigestConfig = `
instance: test
rings: {mbo: 65536, mbp-1: 65536, mbp-10: 65536, trades: 65536, admin: 65536}
channels:
- {name: a, profile: nasdaq.itch50, publisher_id: 10, channel_id: 1, lines: [{name: A, group: 239.1.1.1, port: 1}, {name: B, group: 239.1.1.2, port: 1}]}
- {name: b, profile: iex.deepplus10, publisher_id: 10, channel_id: 2, lines: [{name: A, group: 239.1.2.1, port: 1}, {name: B, group: 239.1.2.2, port: 1}]}
- {name: c, profile: cme.mdp3, publisher_id: 11, channel_id: 1, lines: [{name: A, group: 239.1.3.1, port: 1}, {name: B, group: 239.1.3.2, port: 1}]}
`

// sent is a datagram of a line of a channel.
type sent struct {
	ns            uint64
	channel, line int
	payload       []byte
}

// threeDays is what the channels' lines bring in three days from the first on, losses on both included: ITCH's sessions have names of their own, the others
// begin their numbers again.
func threeDays(t *testing.T, first uint64) (list []sent) {
	const day = 86_400_000_000_000
	rnd := rand.New(rand.NewPCG(first, 1))
	for again := first; again < first+3; again++ {
		var days [3][]sent
		for c, encoding := range []sim.Encoding{sim.ITCH50, sim.DeepPlus, sim.MDP3} {
			x, err := sim.New(sim.Config{Seed: 5 + again, Encoding: encoding, Symbols: 4, Messages: 1500, LiveOrders: 60, Rate: 100_000})
			if err != nil {
				t.Fatal(err)
			}
			w := sim.WireConfig{Seed: 5, Lines: []sim.LineConfig{{LossPPM: 100_000, ReorderPPM: 20_000, ReorderDepth: 3}, {LossPPM: 100_000, DelayNS: 20_000}}}
			w.Merged = sim.SinkFunc(func(ts uint64, frame []byte) error {
				s := sent{ns: ts + again*day, channel: c, payload: append([]byte(nil), frame[42:]...)}
				if frame[32] != 1 {
					s.line = 1
				}
				switch encoding {
				case sim.ITCH50:
					s.payload[9] += byte(again)
				case sim.DeepPlus:
					binary.LittleEndian.PutUint64(s.payload[32:], binary.LittleEndian.Uint64(s.payload[32:])+again*day)
				case sim.MDP3:
					binary.LittleEndian.PutUint64(s.payload[4:], binary.LittleEndian.Uint64(s.payload[4:])+again*day)
				}
				days[c] = append(days[c], s)
				return nil
			})
			if _, err := sim.Generate(x, w, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		for len(days[0])+len(days[1])+len(days[2]) > 0 { // one worker's bursts, now of this channel and now of that
			c := rnd.IntN(3)
			n := min(len(days[c]), 1+rnd.IntN(9))
			list, days[c] = append(list, days[c][:n]...), days[c][n:]
		}
	}
	return list
}

// TestSetDigestsAreWhatTheRingsHold: a reader that has the rings, their marks and the table of sessions computes the set digests of the
// control file, for each channel and schema, through losses, sessions and resets, and those of the newest run where there was
// another before.
func TestSetDigestsAreWhatTheRingsHold(t *testing.T) {
	root := t.TempDir()
	for run := range uint64(2) {
		c, err := config.Parse("test.yaml", []byte(setDigestConfig))
		if err != nil {
			t.Fatal(err)
		}
		var channels []feedhandler.ChannelConfig
		for k := range c.Channels {
			ch, err := c.Channels[k].Build()
			if err != nil {
				t.Fatal(err)
			}
			channels = append(channels, ch)
		}
		i, err := Create(c, channels, Options{Root: root})
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
		list := threeDays(t, 2*run) // the second run goes on in the third day
		burst := 1 + 5*run
		for n := range list {
			s := &list[n]
			line := channels[s.channel].Lines[s.line]
			pipe.OnDatagram(&feedhandler.Datagram{Dst: line.Group, DstPort: line.Port, Payload: s.payload}, ptp.Stamp{NS: s.ns, Source: ptp.SourceCapture})
			if uint64(n)%burst == 0 {
				pipe.Flush()
				pipe.OnTick(s.ns)
			}
		}
		pipe.End()
		i.Publish(1)
		for k, ch := range pipe.Channels() {
			if a := ch.Arbitration(); a.Sessions+a.Resets != 3 || a.DeclaredUnits == 0 {
				t.Errorf("channel %d: %d sessions, %d resets, %d units lost: the test proves little", k, a.Sessions, a.Resets, a.DeclaredUnits)
			}
		}
		compareSets(t, root, i.Epoch())
		i.Close(1)
	}
}

// compareSets reads every ring of an instance from the oldest record on and holds what it finds against the control file.
func compareSets(t *testing.T, root string, epoch uint64) {
	t.Helper()
	view, err := segment.Open(root, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	readers := map[shm.Schema]*shm.Reader{}
	for _, e := range view.Control.Rings() {
		if readers[shm.Schema(e.Schema)], err = view.Ring(e); err != nil {
			t.Fatal(err)
		}
	}
	type key struct {
		channel uint16
		schema  shm.Schema
	}
	found, records := map[key]shm.Set{}, map[key]uint64{}
	for schema := range shm.SchemaCount {
		r := readers[schema]
		r.SeekOldest()
		locator := shm.NewLocator(r, readers[shm.SchemaMarks])
		payload := make([]byte, r.PayloadSize())
		for {
			p := r.Position()
			if r.Next(payload) == shm.Empty {
				break
			}
			n, place := locator.Locate(p, payload)
			if place == shm.ApplianceMade {
				continue
			}
			if place != shm.Placed {
				t.Fatalf("%s: position %d is %s", schema, p, place)
			}
			session, ok := view.Control.Session(n.Session)
			if !ok {
				t.Fatalf("%s: position %d is of session %d, of which nobody knows", schema, p, n.Session)
			}
			if session.Epoch != epoch {
				continue
			}
			stream, k := session.Stream(), key{n.Channel, schema}
			set := found[k]
			set.Add(&shm.Position{Key: stream.Key(schema), Unit: n.Unit, K: n.K}, shm.ContentHash(r.Body(payload)))
			found[k] = set
			records[k]++
		}
	}
	compared := 0
	for c := range view.Control.Channels() {
		e, _ := view.Control.Channel(c)
		for schema := range shm.SchemaCount {
			d, k := e.Digests[schema], key{uint16(c), schema}
			if want := (shm.Set{Lo: d.SetLo, Hi: d.SetHi}); d.Records != records[k] || want != found[k] {
				t.Errorf("channel %d, %s: %d records in the rings make %s, the control file says %d, %s", c, schema, records[k], found[k], d.Records, want)
			}
			if d.Records > 20 {
				compared++
			}
		}
	}
	if compared < 14 {
		t.Errorf("only %d channels and schemas have records", compared)
	}
}
