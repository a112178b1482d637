package control

import (
	"fmt"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/sim"
	"wirebook/ptp"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// TestStatesInTheControlFile: after a day with losses the control file says how the channel and each of its instruments stand, as
// the records of the admin ring do; a channel that a reload makes anew goes on counting, and what it tells goes on from what
// the one before had told.
func TestStatesInTheControlFile(t *testing.T) {
	profiles := map[sim.Encoding]string{sim.ITCH50: "nasdaq.itch50", sim.DeepPlus: "iex.deepplus10", sim.Deep: "iex.deep10", sim.MDP3: "cme.mdp3"}
	for encoding, profile := range profiles {
		c, err := config.Parse("test.yaml", []byte("instance: test\nchannels:\n- {name: a, profile: "+profile+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		ch, err := c.Channels[0].Build()
		if err != nil {
			t.Fatal(err)
		}
		channels := []feedhandler.ChannelConfig{ch}
		root := t.TempDir()
		i, err := Create(c, channels, Options{Root: root})
		if err != nil {
			t.Fatal(err)
		}
		epochs := 0
		var last *Part
		for life := range 3 {
			i.Equip(&c.Channels[0], &channels[0])
			pipe, err := feedhandler.New(feedhandler.Config{Channels: channels})
			if err != nil {
				t.Fatal(err)
			}
			part, err := i.Register(0, pipe, channels)
			if err != nil {
				t.Fatal(err)
			}
			if last != nil {
				last.pipe.Abandon()
				i.Worker(0).Remove(last)
			}
			last = part
			i.Worker(0).Add(part)
			x, err := sim.New(sim.Config{Seed: 4, Encoding: encoding, Symbols: 3, Messages: 3000, LiveOrders: 200, Rate: 2000})
			if err != nil {
				t.Fatal(err)
			}
			line, n := channels[0].Lines[0], 0
			for g := (sim.Datagram{}); x.Next(&g); n++ {
				if life == 0 && n%200 == 100 || life == 1 && n < 100 {
					continue // lost
				}
				pipe.OnTick(g.TimeNS)
				pipe.OnDatagram(&feedhandler.Datagram{Dst: line.Group, DstPort: line.Port, Src: line.Source, Payload: g.Payload},
					ptp.Stamp{NS: g.TimeNS, Source: ptp.SourceCapture})
			}
			pipe.End()
			i.Worker(0).Publish()
			name := fmt.Sprintf("%s, life %d", encoding, life)
			epochs += agree(t, name, root, life == 2)
		}
		if epochs != 3 { // the same one, read three times
			t.Errorf("%s: %d records of epochs", encoding, epochs)
		}
		if err := i.Close(1); err != nil {
			t.Fatal(err)
		}
	}
}

// agree folds the admin ring and compares with the control file; it returns how many epochs the ring tells of.
func agree(t *testing.T, name, root string, whole bool) (epochs int) {
	t.Helper()
	r, err := segment.OpenReader(segment.ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaAdmin, From: segment.FromOldest})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	v := r.Control()
	rest, own, counter := uint32(0), map[uint32]uint32{}, uint64(0)
	buf := make([]byte, r.PayloadSize())
	for r.Next(buf) == shm.Record {
		if buf[1] != shm.RTypeAppliance {
			continue
		}
		m := shm.View[shm.Appliance](r.Body(buf))
		if m.Counter != counter+1 {
			t.Fatalf("%s: record %d after %d", name, m.Counter, counter)
		}
		counter = m.Counter
		turn := func(b uint32) uint32 { return b | uint32(m.First) }
		switch m.Kind {
		case shm.ApplianceEpoch:
			if epochs++; m.First != v.Epoch() || counter != 1 {
				t.Errorf("%s: record %d says epoch %d, the control file %d", name, counter, m.First, v.Epoch())
			}
			continue
		case shm.ApplianceSuspect:
		case shm.ApplianceWhole:
			turn = func(b uint32) uint32 { return b &^ uint32(m.First) }
		default:
			continue
		}
		if m.InstrumentID != 0 {
			if _, ok := own[m.InstrumentID]; !ok {
				own[m.InstrumentID] = rest
			}
			own[m.InstrumentID] = turn(own[m.InstrumentID])
			continue
		}
		rest = turn(rest)
		for id := range own {
			own[id] = turn(own[id])
		}
	}
	e, _ := v.Channel(0)
	if e.Appliance != counter {
		t.Errorf("%s: the control file says %d records, the ring has %d", name, e.Appliance, counter)
	}
	gapped := rest&shm.BookLevels != 0
	for k := range v.Instruments() {
		ins, _ := v.Instrument(k)
		if ins.Next != 0 {
			continue
		}
		books, ok := own[ins.ID]
		if !ok {
			books = rest
		}
		st, _ := v.InstrumentState(k)
		want := shm.InstrumentLive
		if books&shm.BookLevels != 0 {
			want, gapped = shm.InstrumentGapped, true
		}
		if st.State != want || st.Suspect != books {
			t.Errorf("%s: %s stands as %v, the ring says %s suspect", name, shm.Text(ins.Symbol[:]), st, shm.BooksName(books))
		}
	}
	st, ok := v.ChannelState(0)
	if want := map[bool]uint32{false: shm.ChannelLive, true: shm.ChannelGapped}[gapped]; !ok || st.State != want || gapped == whole || (st.Reason != 0) != gapped {
		t.Errorf("%s: the channel stands as %v, the ring says gapped %v", name, st, gapped)
	}
	return epochs
}
