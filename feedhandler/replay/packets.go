package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/playback"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// PacketsOptions describe a replay of what a run recorded of its inputs.
type PacketsOptions struct {
	Root     string // "" for WIREBOOK_SHM or the default
	Instance string // running or stopped
	Worker   int    // whose ring; -1: every worker's
	Progress func(read, total int64)
	Warn     func(string)
}

// ErrBeginGone is of a ring that does not have the run's begin any more: without it no book is what it was.
var ErrBeginGone = errors.New("what the run began with was overwritten")

// packetsReplay is such a replay at work.
type packetsReplay struct {
	opts    *PacketsOptions
	summary Summary
	gaps    []GapSummary
	losses  map[*feedhandler.Pipeline]*losses
	taken   []feedhandler.GapEvent
	start   time.Time
	told    time.Time
	read    int64 // bytes of the rings before this one
	total   int64
}

// RunPackets replays the packets rings of an instance, from the begin of its newest run to their ends, or of a run that goes on
// to where they are now. The digests are the run's.
func RunPackets(ctx context.Context, o PacketsOptions) (*Summary, error) {
	v, err := segment.Open(o.Root, o.Instance)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	r := &packetsReplay{opts: &o, start: time.Now(), losses: map[*feedhandler.Pipeline]*losses{}}
	r.summary.begin()
	r.summary.Instance, r.summary.Files, r.summary.Incomplete, r.summary.Warnings = o.Instance, []string{}, []string{}, []string{}
	type worker struct {
		number uint32
		ring   *shm.PacketReader
		until  uint64
	}
	var workers []worker
	for _, e := range v.Control.Rings() {
		if e.Schema != uint32(shm.SchemaPackets) || o.Worker >= 0 && e.Worker != uint32(o.Worker) {
			continue
		}
		ring, err := v.Packets(e)
		if err != nil {
			return nil, err
		}
		w := worker{e.Worker, ring, ring.Position() + ring.Behind()}
		workers = append(workers, w)
		r.summary.Files = append(r.summary.Files, filepath.Join(v.Dir, shm.Text(e.File[:])))
		r.total += int64(w.until - ring.Position())
	}
	switch {
	case len(workers) == 0 && o.Worker >= 0:
		return nil, fmt.Errorf("instance %s has no packets ring of a worker %d: does its configuration have rings.packets, and so many workers?", o.Instance, o.Worker)
	case len(workers) == 0:
		return nil, fmt.Errorf("instance %s has no packets ring: give rings.packets in its configuration the bytes that a run takes, and start it again", o.Instance)
	}
	for _, w := range workers {
		if err := r.worker(ctx, w.number, w.ring, w.until); errors.Is(err, context.Canceled) {
			r.summary.Stopped = true
			break
		} else if err != nil {
			return nil, fmt.Errorf("worker %d: %w", w.number, err)
		}
	}
	r.tellRefused(v)
	s := &r.summary
	s.ElapsedNS = time.Since(r.start).Nanoseconds()
	if s.Messages > 0 {
		s.NSPerMessage = float64(s.ElapsedNS) / float64(s.Messages)
	}
	slices.SortStableFunc(r.gaps, func(a, b GapSummary) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.First, b.First))
	})
	s.Gaps = append([]GapSummary{}, r.gaps...)
	return s, nil
}

// takeEvery is how many records are taken between two looks at gaps, clock and context.
const takeEvery = 1 << 10

// worker replays one ring up to a position.
func (r *packetsReplay) worker(ctx context.Context, number uint32, ring *shm.PacketReader, until uint64) error {
	from := ring.Position()
	if ring.Missed() > 0 {
		return r.beginGone(ring.Missed(), ring)
	}
	player := playback.New(playback.NewBuilder().Build)
	player.Removed = r.collect
	defer func() { r.read += int64(ring.Position() - from) }()
	for n := 0; ring.Position() < until; n++ {
		switch res := ring.Next(); res {
		case shm.Record:
			if err := player.Take(ring.Header(), ring.Payload()); err != nil {
				return fmt.Errorf("record at %d: %w", ring.At(), err)
			}
		case shm.NewEpoch:
			return errors.New("the instance was started again meanwhile: replay its new run")
		case shm.Lapped:
			return r.beginGone(ring.Position()-from, ring)
		case shm.Empty, shm.Stopped:
			until = 0
		default:
			return fmt.Errorf("at %d: the ring is damaged", ring.Position())
		}
		if n%takeEvery == 0 {
			for _, pipe := range player.Pipelines() {
				r.takeGaps(pipe)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if now := time.Now(); r.opts.Progress != nil && now.Sub(r.told) >= publishEvery {
				r.told = now
				r.opts.Progress(r.read+int64(ring.Position()-from), r.total)
			}
		}
	}
	player.Finish()
	ended := true
	for _, pipe := range player.Pipelines() {
		ended = ended && player.Ended(pipe)
		r.collect(pipe)
	}
	c := player.Counts
	r.summary.Packets += c.Frames
	if !ended {
		r.warn(fmt.Sprintf("worker %d: the run had not ended: the digests are those of record %d", number, ring.At()))
	}
	if c.Panics > 0 {
		r.warn(fmt.Sprintf("worker %d: %s of the run came again in the same place, and ended as there", number, plural(c.Panics, "panic")))
	}
	if c.PanicsGone > 0 {
		r.warn(fmt.Sprintf("worker %d: %s of the run over a packet did not come again: its cause was not in the input, and what was left undone then is done here", number, plural(c.PanicsGone, "panic")))
	}
	if c.PanicsNew > 0 {
		return fmt.Errorf("%s came that the run did not have: this is another program than ran there, or the memory of one is bad", plural(c.PanicsNew, "panic"))
	}
	return nil
}

func (r *packetsReplay) beginGone(missed uint64, ring *shm.PacketReader) error {
	size := uint64(ring.ChunkBytes()) * uint64(ring.Chunks())
	return fmt.Errorf("%w: %d bytes are gone of a ring of %d, so the digests of the run cannot be had from it: make rings.packets larger than a run takes, or replay sooner", ErrBeginGone, missed, size)
}

// collect takes into the summary what a pipeline did: at the end, or when it leaves.
func (r *packetsReplay) collect(pipe *feedhandler.Pipeline) {
	r.takeGaps(pipe)
	lines := len(r.summary.Lines)
	defer func() {
		r.losses[pipe].summarize(r.summary.Lines[lines:])
		delete(r.losses, pipe)
	}()
	r.summary.add(pipe, func(l feedhandler.LineConfig) string {
		return fmt.Sprintf("%s:%d", config.AddrString(l.Group), l.Port)
	})
}

func (r *packetsReplay) takeGaps(pipe *feedhandler.Pipeline) {
	if r.losses[pipe] == nil {
		r.losses[pipe] = lossesOf(pipe)
	}
	r.losses[pipe].look()
	var lost uint64
	r.taken, lost = pipe.TakeGaps(r.taken[:0])
	r.summary.drop("gap_events", lost-min(lost, r.summary.Dropped["gap_events"]))
	for _, g := range r.taken {
		if g.Disputed {
			continue
		}
		ch := pipe.Channels()[g.Channel]
		line := ""
		if g.Healed && g.Line >= 0 {
			line = ch.Lines()[g.Line].Name
		}
		r.gaps = append(r.gaps, GapSummary{Channel: ch.Name(), First: g.First, Count: g.Count, Healed: g.Healed, TsRecv: g.TsRecv, Line: line})
	}
}

// tellRefused says when the rings do not have all.
func (r *packetsReplay) tellRefused(v *segment.View) {
	for i := range v.Control.Counters() {
		if c, ok := v.Control.Counter(i); ok && c.Value > 0 && shm.Text(c.Name[:]) == "packets_refused" {
			r.warn(fmt.Sprintf("%d inputs of the run found no room for one record as large, and are not in the ring: the digests may differ from there on", c.Value))
		}
	}
}

func (r *packetsReplay) warn(text string) {
	r.summary.Warnings = append(r.summary.Warnings, text)
	if r.opts.Warn != nil {
		r.opts.Warn(text)
	}
}
