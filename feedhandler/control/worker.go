package control

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/venue/framing"
	"wirebook/ptp"
	"wirebook/shm"
)

// Worker publishes what one worker's pipelines count. It belongs to that worker's goroutine.
type Worker struct {
	inst    *Instance
	number  int
	parts   []*Part
	wire    [feedhandler.WireFaultCount]*uint64
	stamps  [ptp.SourceCount]*uint64
	absent  *uint64
	strokes *uint64 // of its doorbell
	belloff *uint64
	partial *uint64
	packets *feedhandler.Packets // nil where inputs are not recorded
	refused *uint64              // of packets
	// What pipelines that were removed had counted: a counter never goes back.
	wireBefore      [feedhandler.WireFaultCount]uint64
	stampsBefore    [ptp.SourceCount]uint64
	uncheckedBefore feedhandler.Unchecked
}

// Part is one pipeline's place in the control file.
type Part struct {
	pipe     *feedhandler.Pipeline
	channels []channelState
	sinks    []*sink
}

type channelState struct {
	entry     *shm.ChannelEntry
	active    *uint64
	lines     []*shm.LineEntry
	framing   []*uint64
	decoding  []*uint64
	books     []*uint64
	saturated *uint64
	implied   *uint64
	overflows *uint64
	forgotten *uint64
	disputes  *uint64
	held      *uint64
	resets    *uint64
	suspect   []*uint64
}

// slot is a channel's place in the control file, kept for its next life in the same shape.
type slot struct {
	index uint32
	state channelState
}

// slotKey is what a channel's place says of it: a channel that a reload changes and changes back has two.
type slotKey struct {
	name      string
	worker    int
	publisher uint16
	lines     string // quoted
}

func newWorker(i *Instance, number int) *Worker {
	w := &Worker{inst: i, number: number}
	label := func(s string) string {
		if number == 0 {
			return s // an instance of one worker, as a replay is, names none
		}
		if s != "" {
			s += ","
		}
		return s + fmt.Sprintf("worker=\"%d\"", number)
	}
	for f := range w.wire {
		w.wire[f] = i.Counter("wire_"+feedhandler.WireFault(f).String(), label(""))
	}
	for s := range w.stamps {
		w.stamps[s] = i.Counter("stamps", label(fmt.Sprintf("source=%q", ptp.Source(s).String())))
	}
	if ring := i.seg.Packets(uint16(number)); ring != nil {
		w.packets, w.refused = feedhandler.NewPackets(ring), i.Counter("packets_refused", label(""))
		w.packets.Bell = i.Doorbell(number)
	}
	w.strokes, w.belloff = i.Counter("doorbell_strokes", label("")), i.Counter("doorbell_taken_off", label(""))
	w.absent, w.partial = i.Counter("udp_checksum_absent", label("")), i.Counter("udp_checksum_partial", label(""))
	return w
}

// Packets is where the worker's pipelines record their inputs; nil: nowhere.
func (w *Worker) Packets() *feedhandler.Packets { return w.packets }

// Worker returns worker n's publisher.
func (i *Instance) Worker(n int) *Worker { return i.workers[n] }

// Wire returns how many frames all workers refused for a fault, as last published. On any goroutine.
func (i *Instance) Wire(f feedhandler.WireFault) (n uint64) {
	for _, w := range i.workers {
		n += atomic.LoadUint64(w.wire[f])
	}
	return n
}

// Register makes room for a pipeline of worker n in the control file. channels are the configurations the pipeline was
// built from, equipped before. A channel that was there before goes on in its old place when its lines are the same.
func (i *Instance) Register(n int, pipe *feedhandler.Pipeline, channels []feedhandler.ChannelConfig) (*Part, error) {
	part := &Part{pipe: pipe}
	i.mu.Lock()
	defer i.mu.Unlock()
	for k, ch := range pipe.Channels() {
		s, err := i.slot(n, ch, &channels[k])
		if err != nil {
			return nil, err
		}
		if to, ok := channels[k].Output.Instruments.(*sink); ok {
			to.channel, to.standing = uint16(s.index), s.state.entry
			part.sinks = append(part.sinks, to)
			if to.set != "" {
				i.sets[to.set]++
			}
		}
		ch.Number(uint32(s.index))
		part.channels = append(part.channels, s.state)
	}
	return part, nil
}

func (i *Instance) slot(worker int, ch *feedhandler.Channel, cfg *feedhandler.ChannelConfig) (*slot, error) {
	key := slotKey{name: ch.Name(), worker: worker, publisher: cfg.PublisherID}
	for _, line := range ch.Lines() {
		key.lines += strconv.Quote(line.Name)
	}
	if old := i.slots[key]; old != nil {
		return old, nil
	}
	index, entry, err := i.seg.Control.AddChannel(ch.Name(), uint32(worker), cfg.PublisherID, uint32(cfg.Feed.Depth))
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w: restart to make room", ch.Name(), err)
	}
	s := &slot{index: index}
	st := &s.state
	st.entry = entry
	label := fmt.Sprintf("channel=%q", ch.Name())
	for l, line := range ch.Lines() {
		_, e, err := i.seg.Control.AddLine(line.Name, index, uint32(l))
		if err != nil {
			return nil, fmt.Errorf("channel %s: %w: restart to make room", ch.Name(), err)
		}
		st.lines = append(st.lines, e)
		st.suspect = append(st.suspect, i.Counter("line_suspect", label+fmt.Sprintf(",line=%q", line.Name)))
	}
	for f := framing.Fault(1); f < framing.FaultCount; f++ {
		st.framing = append(st.framing, i.Counter("framing_"+f.String(), label))
	}
	for f := book.Fault(1); f < book.FaultCount; f++ {
		st.decoding = append(st.decoding, i.Counter("decode_"+f.String(), label))
	}
	for a := book.Anomaly(1); a < book.AnomalyCount; a++ {
		st.books = append(st.books, i.Counter("book_"+a.String(), label))
	}
	st.saturated, st.overflows = i.Counter("size_saturated", label), i.Counter("window_overflow", label)
	st.forgotten, st.disputes = i.Counter("suspect_forgotten", label), i.Counter("lines_dispute", label)
	st.held, st.resets = i.Counter("packets_held", label), i.Counter("sequence_resets", label)
	st.implied = i.Counter("implied_not_shown", label)
	st.active = i.Counter("channel_active", label)
	i.slots[key] = s
	return s, nil
}

// Add makes a registered pipeline part of what Publish publishes.
func (w *Worker) Add(p *Part) {
	w.parts = append(w.parts, p)
	for k := range p.channels {
		st := &p.channels[k]
		atomic.StoreUint64(st.active, 1)
		if n := atomic.LoadUint64(&st.entry.Appliance); n != 0 {
			p.pipe.Channels()[k].Resume(n) // a reload made it anew
		} else {
			p.pipe.Channels()[k].BeginEpoch(w.inst.Epoch())
		}
	}
}

// Remove publishes a pipeline for the last time.
func (w *Worker) Remove(p *Part) {
	for k, part := range w.parts {
		if part != p {
			continue
		}
		p.publish()
		w.parts = slices.Delete(w.parts, k, k+1) // which forgets the pipeline's memory
		w.inst.end(p)
		for f, n := range p.pipe.Wire {
			w.wireBefore[f] += n
		}
		for s, n := range p.pipe.Stamps {
			w.stampsBefore[s] += n
		}
		w.uncheckedBefore.Add(p.pipe.Unchecked)
		for k := range p.channels {
			st := &p.channels[k]
			atomic.StoreUint64(st.active, 0)
			st.entry.SetState(shm.ChannelState{State: shm.ChannelWaiting})
			for _, l := range st.lines {
				atomic.StoreUint32(&l.State, 0)
			}
		}
		return
	}
}

// end gives up a removed pipeline's entries.
func (i *Instance) end(p *Part) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, s := range p.sinks {
		s.ended = true
		if s.set != "" {
			i.sets[s.set]--
		}
	}
}

// LastHeardNS is when the newest datagram of any line came, UTC, as last published. Any goroutine may ask.
func (p *Part) LastHeardNS() (ns uint64) {
	for k := range p.channels {
		for _, l := range p.channels[k].lines {
			ns = max(ns, atomic.LoadUint64(&l.LastRecvNS))
		}
	}
	return ns
}

// Publish copies the counters of the worker's pipelines into the control file.
func (w *Worker) Publish() {
	wire, stamps, unchecked := w.wireBefore, w.stampsBefore, w.uncheckedBefore
	for _, p := range w.parts {
		p.publish()
		for f, n := range p.pipe.Wire {
			wire[f] += n
		}
		for s, n := range p.pipe.Stamps {
			stamps[s] += n
		}
		unchecked.Add(p.pipe.Unchecked)
	}
	bell := w.inst.Doorbell(w.number)
	atomic.StoreUint64(w.strokes, bell.Rung())
	if bell.TakenOff() {
		atomic.StoreUint64(w.belloff, 1)
	}
	for f, n := range wire {
		atomic.StoreUint64(w.wire[f], n)
	}
	for s, n := range stamps {
		atomic.StoreUint64(w.stamps[s], n)
	}
	if w.packets != nil {
		atomic.StoreUint64(w.refused, w.packets.Refused())
	}
	atomic.StoreUint64(w.absent, unchecked.Absent)
	atomic.StoreUint64(w.partial, unchecked.Partial)
}

func (p *Part) publish() {
	for k, ch := range p.pipe.Channels() {
		p.channels[k].publish(ch)
	}
}
