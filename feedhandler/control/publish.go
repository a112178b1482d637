package control

import (
	"sync/atomic"

	"wirebook/arbitration"
	"wirebook/feedhandler"
	"wirebook/shm"
)

// Attach registers the pipeline's channels, lines and counters in the control file and says that the instance runs.
// channels are the configurations the pipeline was built from. For instances of one worker and one pipeline.
func (i *Instance) Attach(pipe *feedhandler.Pipeline, channels []feedhandler.ChannelConfig) error {
	part, err := i.Register(0, pipe, channels)
	if err != nil {
		return err
	}
	i.workers[0].Add(part)
	i.Running()
	return nil
}

// Publish beats the instance's heart and copies the counters of its first worker. For instances of one worker.
func (i *Instance) Publish(nowNS uint64) {
	i.seg.Heartbeat(nowNS)
	i.workers[0].Publish()
}

func (st *channelState) publish(ch *feedhandler.Channel) {
	e := st.entry
	for s := range e.Digests {
		d := ch.Digest(shm.Schema(s))
		atomic.StoreUint64(&e.Digests[s].Content, d.Content)
		atomic.StoreUint64(&e.Digests[s].Full, d.Full)
		atomic.StoreUint64(&e.Digests[s].Records, d.Records)
		atomic.StoreUint64(&e.Digests[s].SetLo, d.Set.Lo)
		atomic.StoreUint64(&e.Digests[s].SetHi, d.Set.Hi)
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
	if n := ch.SessionNumber(); n != atomic.LoadUint32(&e.Session) {
		e.SetSession(n, ch.Session())
	}
	atomic.StoreUint64(&e.Appliance, ch.ApplianceRecords())
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
	atomic.StoreUint64(st.implied, ch.Books().ImpliedEvents())
	atomic.StoreUint64(st.overflows, a.Overflows)
	atomic.StoreUint64(st.forgotten, a.Forgotten)
	atomic.StoreUint64(st.disputes, a.Disputes)
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
	lags := s.LagNS.Octaves()
	for b := range e.LagHistogram {
		n := lags[b]
		if b == len(e.LagHistogram)-1 {
			for _, more := range lags[b+1:] {
				n += more
			}
		}
		count += n
		atomic.StoreUint64(&e.LagHistogram[b], n)
	}
	atomic.StoreUint64(&e.LagCount, count)
	atomic.StoreUint64(&e.LagMaxNS, s.LagNS.Max)
	atomic.StoreUint64(&e.LagSumNS, s.LagNS.Sum)
	atomic.StoreUint32(&e.State, lineState(s.State))
}

// lineState translates to the ABI's: 0 never heard, 1 alive, 2 silent, 3 disputed.
func lineState(s arbitration.LineState) uint32 {
	switch s {
	case arbitration.LineWaiting:
		return 0
	case arbitration.LineUp:
		return 1
	case arbitration.LineDisputed:
		return 3
	}
	return 2
}
