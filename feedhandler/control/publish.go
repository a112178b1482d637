package control

import (
	"fmt"
	"sync/atomic"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/venue/framing"
	"wirebook/ptp"
	"wirebook/shm"
)

type channelState struct {
	entry     *shm.ChannelEntry
	publisher uint16
	lines     []*shm.LineEntry
	framing   []*uint64
	decoding  []*uint64
	books     []*uint64
	saturated *uint64
	overflows *uint64
	held      *uint64
	resets    *uint64
	suspect   []*uint64
}

// Attach registers the pipeline's channels, lines and counters in the control file and says that the instance runs.
// channels are the configurations the pipeline was built from.
func (i *Instance) Attach(pipe *feedhandler.Pipeline, channels []feedhandler.ChannelConfig) error {
	i.pipe = pipe
	for f := feedhandler.WireFault(0); f < feedhandler.WireFaultCount; f++ {
		i.counter(&i.wire, "wire_"+f.String(), "")
	}
	for s := ptp.Source(0); s < ptp.SourceCount; s++ {
		i.counter(&i.stamps, "stamps", fmt.Sprintf("source=%q", s.String()))
	}
	refused, err := i.seg.Control.AddCounter("instruments_refused", "")
	if err != nil {
		return err
	}
	i.refused = refused
	for n, ch := range pipe.Channels() {
		cfg := &channels[n]
		_, entry, err := i.seg.Control.AddChannel(ch.Name(), 0, cfg.PublisherID, uint32(cfg.Feed.Depth))
		if err != nil {
			return err
		}
		st := channelState{entry: entry, publisher: cfg.PublisherID}
		label := fmt.Sprintf("channel=%q", ch.Name())
		for l, line := range ch.Lines() {
			_, e, err := i.seg.Control.AddLine(line.Name, uint32(n), uint32(l))
			if err != nil {
				return err
			}
			st.lines = append(st.lines, e)
			i.counter(&st.suspect, "line_suspect", label+fmt.Sprintf(",line=%q", line.Name))
		}
		for f := framing.Fault(1); f < framing.FaultCount; f++ {
			i.counter(&st.framing, "framing_"+f.String(), label)
		}
		for f := book.Fault(1); f < book.FaultCount; f++ {
			i.counter(&st.decoding, "decode_"+f.String(), label)
		}
		for a := book.Anomaly(1); a < book.AnomalyCount; a++ {
			i.counter(&st.books, "book_"+a.String(), label)
		}
		var rest []*uint64
		for _, name := range []string{"size_saturated", "window_overflow", "packets_held", "sequence_resets"} {
			i.counter(&rest, name, label)
		}
		st.saturated, st.overflows, st.held, st.resets = rest[0], rest[1], rest[2], rest[3]
		i.channels = append(i.channels, st)
	}
	i.seg.Running()
	return nil
}

// counter registers a counter; when the table is full it counts into a word nobody reads, which the table's own
// fill level shows.
func (i *Instance) counter(list *[]*uint64, name, label string) {
	p, err := i.seg.Control.AddCounter(name, label)
	if err != nil {
		p = new(uint64)
	}
	*list = append(*list, p)
}

// Publish copies the core's counters into the control file and beats its heart.
func (i *Instance) Publish(nowNS uint64) {
	i.seg.Heartbeat(nowNS)
	if i.pipe == nil {
		return
	}
	for f, p := range i.wire {
		atomic.StoreUint64(p, i.pipe.Wire[f])
	}
	for s, p := range i.stamps {
		atomic.StoreUint64(p, i.pipe.Stamps[s])
	}
	for n, ch := range i.pipe.Channels() {
		i.channels[n].publish(ch)
	}
}

func (st *channelState) publish(ch *feedhandler.Channel) {
	e := st.entry
	for s := range e.Digests {
		d := ch.Digest(shm.Schema(s))
		atomic.StoreUint64(&e.Digests[s].Content, d.Content)
		atomic.StoreUint64(&e.Digests[s].Full, d.Full)
		atomic.StoreUint64(&e.Digests[s].Records, d.Records)
	}
	a := ch.Arbitration()
	atomic.StoreUint64(&e.Packets, ch.Packets)
	atomic.StoreUint64(&e.Messages, ch.Messages)
	atomic.StoreUint64(&e.NextSequence, a.Next)
	atomic.StoreUint64(&e.Gaps, a.Declared)
	atomic.StoreUint64(&e.GapsHealed, a.Healed)
	atomic.StoreUint64(&e.Lost, a.DeclaredUnits)
	atomic.StoreUint64(&e.Sessions, a.Sessions)
	atomic.StoreUint64(&e.Instruments, uint64(ch.Directory().Len()-1))
	atomic.StoreUint64(&e.Stale, uint64(ch.Suspect()))
	for l, le := range st.lines {
		publishLine(le, ch.Line(l))
		atomic.StoreUint64(st.suspect[l], ch.Line(l).Suspect)
	}
	for f, p := range st.framing {
		atomic.StoreUint64(p, ch.Framing[f+1])
	}
	for f, p := range st.decoding {
		atomic.StoreUint64(p, ch.Decoding[f+1])
	}
	anomalies := ch.Books().Anomalies()
	for k, p := range st.books {
		atomic.StoreUint64(p, anomalies[k+1])
	}
	atomic.StoreUint64(st.saturated, ch.Saturated)
	atomic.StoreUint64(st.overflows, a.Overflows)
	atomic.StoreUint64(st.held, a.HeldPackets)
	atomic.StoreUint64(st.resets, a.Resets)
}

func publishLine(e *shm.LineEntry, s *arbitration.LineStats) {
	atomic.StoreUint64(&e.Received, s.Received)
	atomic.StoreUint64(&e.First, s.First)
	atomic.StoreUint64(&e.Duplicate, s.Duplicate)
	atomic.StoreUint64(&e.Late, s.Late)
	atomic.StoreUint64(&e.Lost, s.Lost)
	atomic.StoreUint64(&e.Recovered, s.Recovered)
	atomic.StoreUint64(&e.Packets, s.ReceivedPackets)
	atomic.StoreUint64(&e.LastRecvNS, s.Last)
	var count uint64
	for b := range e.LagHistogram {
		// Ours: bucket b holds 2^b to 2^(b+1)-1; the arbiter's: bucket b holds 2^(b-1) to 2^b-1, 0 for none.
		n := s.LagNS[b+1]
		if b == 0 {
			n += s.LagNS[0]
		}
		if b == len(e.LagHistogram)-1 {
			for _, more := range s.LagNS[b+2:] {
				n += more
			}
		}
		count += n
		atomic.StoreUint64(&e.LagHistogram[b], n)
	}
	atomic.StoreUint64(&e.LagCount, count)
	atomic.StoreUint32(&e.State, lineState(s.State))
}

// lineState translates to the ABI's: 0 never heard, 1 alive, 2 silent.
func lineState(s arbitration.LineState) uint32 {
	switch s {
	case arbitration.LineWaiting:
		return 0
	case arbitration.LineUp:
		return 1
	}
	return 2
}
