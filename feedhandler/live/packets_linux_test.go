package live

import (
	"context"
	"fmt"
	"testing"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/playback"
	"wirebook/feedhandler/replay"
	"wirebook/feedhandler/sim"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// played are the channels of a run that was played back, by their places: the newest life of each.
type played struct {
	channels map[uint32]*feedhandler.Channel
	counts   playback.Counts
	configs  int
	queues   map[uint16]int
	verdicts map[uint8]int
}

// playBack gives what the rings of a run hold to new pipelines.
func playBack(t testing.TB, v *segment.View) *played {
	t.Helper()
	p := &played{channels: map[uint32]*feedhandler.Channel{}, queues: map[uint16]int{}, verdicts: map[uint8]int{}}
	collect := func(pipe *feedhandler.Pipeline) {
		for _, c := range pipe.Channels() {
			p.channels[c.Place()] = c
		}
	}
	for _, e := range v.Control.Rings() {
		if e.Schema != uint32(shm.SchemaPackets) {
			continue
		}
		r, err := v.Packets(e)
		if err != nil {
			t.Fatal(err)
		}
		player := playback.New(playback.NewBuilder().Build)
		player.Removed = collect
		player.Config = func(text []byte) {
			p.configs++
			if _, err := config.Parse("recorded", text); err != nil {
				t.Errorf("the configuration that was recorded cannot be read: %v\n%s", err, text)
			}
		}
		for {
			res := r.Next()
			if res == shm.Stopped {
				break
			}
			if res != shm.Record {
				t.Fatalf("ring of worker %d: %v", e.Worker, res)
			}
			if h := r.Header(); h.Kind == shm.PacketFrame {
				p.queues[h.Queue]++
				p.verdicts[h.Verdict]++
			}
			if err := player.Take(r.Header(), r.Payload()); err != nil {
				t.Fatalf("ring of worker %d, record at %d: %v", e.Worker, r.At(), err)
			}
		}
		player.Finish()
		for _, pipe := range player.Pipelines() {
			collect(pipe)
		}
		p.counts.Records += player.Counts.Records
		p.counts.Frames += player.Counts.Frames
		p.counts.Ticks += player.Counts.Ticks
		p.counts.Panics += player.Counts.Panics
		p.counts.PanicsGone += player.Counts.PanicsGone
		p.counts.PanicsNew += player.Counts.PanicsNew
	}
	return p
}

// sameRun holds what was played back against the control file of the run: the full digests of every channel that it ever had.
func sameRun(t testing.TB, h *Handler, v *segment.View) *played {
	t.Helper()
	p := playBack(t, v)
	records := uint64(0)
	for i := range v.Control.Channels() {
		e, _ := v.Control.Channel(i)
		name, c := shm.Text(e.Name[:]), p.channels[uint32(i)]
		if c == nil {
			t.Errorf("channel %d, %s, was not played back", i, name)
			continue
		}
		for s := range e.Digests {
			got, want := c.Digest(shm.Schema(s)), e.Digests[s]
			if got.Full != want.Full || got.Content != want.Content || got.Records != want.Records {
				t.Errorf("%s %s: played back %d records, full %016x, content %016x; the run had %d, %016x, %016x",
					name, shm.Schema(s), got.Records, got.Full, got.Content, want.Records, want.Full, want.Content)
			}
			records += want.Records
		}
		if n := uint64(c.Directory().Len() - 1); n != e.Instruments {
			t.Errorf("%s: played back it knows %d instruments, the run knew %d", name, n, e.Instruments)
		}
		if a := c.Arbitration(); a.Declared != e.Gaps || a.Next != e.NextSequence || c.Messages != e.Messages {
			t.Errorf("%s: played back %d gaps, next %d, %d messages; the run had %d, %d, %d", name, a.Declared, a.Next, c.Messages, e.Gaps, e.NextSequence, e.Messages)
		}
	}
	if records == 0 {
		t.Error("the run published nothing: the check says nothing")
	}
	s, err := replay.RunPackets(context.Background(), replay.PacketsOptions{Root: h.opts.Shm.Root, Instance: h.config.Instance, Worker: -1})
	if err != nil {
		t.Fatal(err)
	}
	for name, digests := range s.Digests {
		for schema, d := range digests {
			found := false
			for i := range v.Control.Channels() {
				e, _ := v.Control.Channel(i)
				which, _ := shm.ParseSchema(schema)
				found = found || shm.Text(e.Name[:]) == name && fmt.Sprintf("%016x", e.Digests[which].Full) == d.Full && e.Digests[which].Records == d.Records
			}
			if !found {
				t.Errorf("replay --packets says %s %s %+v, which the control file does not", name, schema, d)
			}
		}
	}
	return p
}

// recording is a configuration whose run records its inputs.
func recording(c *config.Config) *config.Config {
	c.Rings.Packets = 32 << 20
	return c
}

// holdBack sends a day but for one packet, which comes on both lines after the channel has waited for it in vain, while nothing
// else came: only the time that the core was told says that it is too late.
func holdBack(t testing.TB, v *segment.View, out venue, channel string, list []packet) {
	t.Helper()
	at := len(list) / 2
	withheld := string(list[at].payload)
	var late []packet
	send := func(list []packet) {
		t.Helper()
		var others []packet
		for _, p := range list {
			if string(p.payload) == withheld {
				late = append(late, p)
			} else {
				others = append(others, p)
			}
		}
		sendAll(t, out, others)
	}
	gaps := channelOf(t, v, channel).Gaps
	send(list[:at+6])
	eventually(t, "the gap is declared", func() bool { return channelOf(t, v, channel).Gaps == gaps+1 })
	sendAll(t, out, late)
	late = nil
	send(list[at+6:])
	sendAll(t, out, late)
}

// TestPlayingBackARunGivesItsDigests: kernel sockets, losses on both lines, disorder, a worker that stands still while packets
// gather, reloads that add, change and remove a channel, and a mended panic. What the packets ring holds gives the full digests.
func TestPlayingBackARunGivesItsDigests(t *testing.T) {
	wiretest.New(t)
	both := recording(configuration(t, "one1", "two2", "three3"))
	for i := range both.Channels {
		both.Channels[i].GapTimeout, both.Channels[i].ReorderTime = config.Duration(2*time.Millisecond), config.Duration(200*time.Microsecond)
	}
	bad := sim.LineConfig{LossPPM: 60_000, ReorderPPM: 40_000, DuplicatePPM: 20_000}
	wire := sim.WireConfig{Seed: 51, Lines: []sim.LineConfig{bad, bad}}
	list, _, _ := day(t, 51, 12_000, 1, wire, built(t, &both.Channels[0]))
	second, _, _ := day(t, 52, 3_000, 2, wire, built(t, &both.Channels[1]))
	third, _, _ := day(t, 55, 300, 3, sim.WireConfig{Seed: 55}, built(t, &both.Channels[2]))
	three := *both
	three.Channels = both.Channels[2:]
	both.Channels = both.Channels[:2:2]
	one := *both
	one.Channels = both.Channels[:1:1]
	h, _ := start(t, &one, nil)
	v, out := h.view(t), sender(t)
	misfit := &faulty{feed: h.feeds[0]}
	if err := h.workers[0].Do(func() { h.workers[0].Receivers = append(h.workers[0].Receivers, misfit) }); err != nil {
		t.Fatal(err)
	}
	sent := 0
	send := func(list []packet) {
		t.Helper()
		sendAll(t, out, list)
		sent += len(list)
	}
	reload := func(c *config.Config) { // when nothing is on its way to a socket that it closes
		t.Helper()
		eventually(t, "everything is received", func() bool { return counter(v, "wire_ok", "") == uint64(sent) })
		if _, err := h.Reload(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	part := func(list []packet, k, n int) []packet { return list[len(list)*k/n : len(list)*(k+1)/n] }
	send(part(list, 0, 6))
	reload(both)
	send(interleave(part(list, 1, 6), part(second, 0, 3)))
	if err := h.workers[0].Do(func() { // as SIGSTOP does
		send(interleave(part(list, 2, 6), part(second, 1, 3)))
		time.Sleep(20 * time.Millisecond)
	}); err != nil {
		t.Fatal(err)
	}
	changed := *both
	changed.Channels = append([]config.Channel{}, both.Channels...)
	changed.Channels[1].MaxOrders = 1 << 15
	reload(&changed)
	send(interleave(part(list, 3, 6), part(second, 2, 3)))
	misfit.what.Store(1)
	eventually(t, "the panic is counted", func() bool { return counter(v, "worker_restarts", "") == 1 })
	send(part(list, 4, 6))
	changed.Channels = append([]config.Channel{}, changed.Channels...)
	changed.Channels[1].Lines = append([]config.Line{}, changed.Channels[1].Lines...)
	changed.Channels[1].Lines[0].Name = "X" // another place in the control file
	reload(&changed)
	send(interleave(second, nil))
	reload(&one)
	send(part(list, 5, 6))
	one.Channels = append(one.Channels, three.Channels...)
	reload(&one)
	holdBack(t, v, out, "three3", third)
	sent += len(third)
	eventually(t, "everything is received", func() bool { return counter(v, "wire_ok", "") == uint64(sent) })
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	p := sameRun(t, h, v)
	if h.Summary().GapsLost == 0 {
		t.Error("no gap was declared: the check says little")
	}
	if p.configs != 6 || p.counts.Frames != uint64(sent) || p.queues[feedhandler.NoQueue] != sent || counter(v, "packets_refused", "") != 0 {
		t.Errorf("%d configurations, %d frames, by queue %v, %d refused; want 6, %d, all of no queue, 0", p.configs, p.counts.Frames, p.queues, counter(v, "packets_refused", ""), sent)
	}
	for _, verdict := range []uint8{shm.VerdictNew, shm.VerdictDuplicate, shm.VerdictHeld} {
		if p.verdicts[verdict] == 0 {
			t.Errorf("no frame has verdict %d: %v", verdict, p.verdicts)
		}
	}
}

// TestPlayingBackTwoWorkersThatHandOver: AF_XDP, every packet on any of four queues, of which each worker polls two. Each ring has
// what its worker's core took, from its own queues and from the other.
func TestPlayingBackTwoWorkersThatHandOver(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			wiretest.New(t)
			c := recording(twoWorkers(t, mode, "one1", "two2"))
			c.Live.Queues = map[string][]int{wiretest.RX: {0, 1, 0, 1}}
			for i := range c.Channels {
				c.Channels[i].GapTimeout, c.Channels[i].ReorderTime = config.Duration(2*time.Millisecond), config.Duration(200*time.Microsecond)
			}
			bad := sim.LineConfig{LossPPM: 60_000, ReorderPPM: 20_000}
			wire := sim.WireConfig{Seed: 53, Lines: []sim.LineConfig{bad, bad}}
			list, _, _ := day(t, 53, 8_000, 1, wire, built(t, &c.Channels[0]))
			second, _, _ := day(t, 54, 8_000, 2, wire, built(t, &c.Channels[1]))
			h, _ := start(t, c, nil)
			v := h.view(t)
			sendAll(t, spray(t), interleave(list, second))
			eventually(t, "everything is received", func() bool { return counter(v, "wire_ok", "") == uint64(len(list)+len(second)) })
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			p := sameRun(t, h, v)
			if len(p.queues) < 3 || counter(v, "worker_handed_over", "") == 0 {
				t.Errorf("frames by queue %v, %d handed over", p.queues, counter(v, "worker_handed_over", ""))
			}
		})
	}
}
