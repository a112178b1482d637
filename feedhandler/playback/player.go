package playback

import (
	"errors"
	"fmt"

	"wirebook/feedhandler"
	"wirebook/ptp"
	"wirebook/shm"
)

// Build makes the pipeline of which an added record tells, and says where each of its channels stands in the control file.
type Build func(payload []byte) (pipe *feedhandler.Pipeline, places []uint16, err error)

// ErrNotReplayed is of records that this version knows by name only.
var ErrNotReplayed = errors.New("this version does not replay them")

// Player gives the records of one worker to its pipelines. It belongs to one goroutine.
type Player struct {
	// Removed is called with a pipeline that leaves, after its last input; nil: with none.
	Removed func(*feedhandler.Pipeline)
	// Config is called with the text of each configuration; nil: with none.
	Config func(text []byte)

	build  Build
	pipes  []*played // at work, in the order added
	at     map[uint16]*played
	pieces []byte // of a payload that comes in several records

	Counts Counts
}

// Counts say what was taken.
type Counts struct {
	Records, Frames, Ticks, Lates uint64
	// Panics are those of the run that came again here; PanicsGone those that did not; PanicsNew those that the run did not have.
	Panics, PanicsGone, PanicsNew uint64
}

// played is a pipeline at work.
type played struct {
	pipe     *feedhandler.Pipeline
	places   []uint16
	ended    bool // its input did
	panicked bool // over the newest record, or over the burst that ended before it
	there    bool // the run had panicked over that record too
}

// New returns a player without pipelines: records bring them.
func New(build Build) *Player { return &Player{build: build, at: map[uint16]*played{}} }

// mostPieces bounds what is put together from several records.
const mostPieces = 64 << 20

// Take gives one record to whom it is for. h and payload are borrowed.
func (p *Player) Take(h *shm.PacketHeader, payload []byte) error {
	p.Counts.Records++
	if h.Flags&shm.PacketMore != 0 || len(p.pieces) > 0 {
		if len(p.pieces)+len(payload) > mostPieces {
			return fmt.Errorf("a payload in pieces is longer than %d bytes", mostPieces)
		}
		p.pieces = append(p.pieces, payload...)
		if h.Flags&shm.PacketMore != 0 {
			return nil
		}
		payload = p.pieces
		defer func() { p.pieces = p.pieces[:0] }()
	}
	switch h.Kind {
	case shm.PacketConfig:
		if p.Config != nil {
			p.Config(payload)
		}
		return nil
	case shm.PacketEpoch:
		return nil
	case shm.PacketAdded:
		return p.add(h, payload)
	case shm.PacketAnswer:
		return fmt.Errorf("a recovery answer: %w", ErrNotReplayed)
	case shm.PacketCheckpoint:
		return fmt.Errorf("a checkpoint: %w", ErrNotReplayed)
	}
	at := p.at[h.Channel]
	if at == nil {
		return fmt.Errorf("a record of channel %d, which no record before it adds", h.Channel)
	}
	if h.Flags&shm.PacketFlushed != 0 {
		p.guard(at, at.pipe.Flush)
	}
	was := at.panicked
	at.panicked = false
	switch h.Kind {
	case shm.PacketFrame:
		if was && !at.there {
			p.Counts.PanicsNew++ // the run would have mended it
		}
		return p.frame(at, h, payload)
	case shm.PacketTick:
		p.Counts.Ticks++
		at.panicked = was // of the burst
		p.guard(at, func() { at.pipe.OnTick(h.TsRecv) })
	case shm.PacketLate:
		p.Counts.Lates++
		at.pipe.SetLate(h.Value)
		at.panicked = was // of the burst
	case shm.PacketSilence:
		p.guard(at, func() { at.pipe.Silence(h.Value != 0) })
	case shm.PacketAbandon:
		if was {
			p.Counts.Panics++
		}
		p.guard(at, at.pipe.Abandon)
	case shm.PacketEnd:
		at.ended = true
		p.guard(at, at.pipe.End)
	case shm.PacketRemoved:
		p.remove(at)
	default:
		return fmt.Errorf("a record of kind %d, which is unknown here", h.Kind)
	}
	return nil
}

func (p *Player) frame(at *played, h *shm.PacketHeader, frame []byte) error {
	if h.Source >= uint8(ptp.SourceCount) {
		return fmt.Errorf("a frame whose stamp is of source %d, which is unknown here", h.Source)
	}
	p.Counts.Frames++
	stamp := ptp.Stamp{NS: h.TsRecv, BoundNS: h.BoundNS, Source: ptp.Source(h.Source), Bad: h.Flags&shm.PacketBadStamp != 0}
	p.guard(at, func() {
		switch {
		case h.Flags&shm.PacketSynthesised != 0:
			var d feedhandler.Datagram
			if feedhandler.ParseFrame(frame, false, &d) == feedhandler.WireOK {
				at.pipe.OnDatagram(&d, stamp) // whose checksums were the kernel's to look at
				return
			}
			at.pipe.OnFrame(frame, stamp)
		case h.Flags&shm.PacketCut != 0:
			at.pipe.OnCutFrame(frame, int(h.WireBytes), stamp)
		default:
			at.pipe.OnFrame(frame, stamp)
		}
	})
	if at.there = h.Verdict == shm.VerdictPanicked; at.there && !at.panicked {
		p.Counts.PanicsGone++
	} else if !at.there && at.panicked {
		p.Counts.PanicsNew++
		at.panicked = false
	}
	return nil
}

// guard does what a worker does: a panic ends in the pipeline it came from. What the run did about it is a record of its own.
func (p *Player) guard(at *played, what func()) {
	defer func() {
		if recover() != nil {
			at.panicked = true
		}
	}()
	what()
}

func (p *Player) add(h *shm.PacketHeader, payload []byte) error {
	pipe, places, err := p.build(payload)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		return errors.New("a pipeline without channels")
	}
	for k, place := range places {
		if p.at[place] != nil {
			return fmt.Errorf("channel %d is added while it is at work", place)
		}
		pipe.Channels()[k].Number(uint32(place))
	}
	if places[0] != h.Channel {
		return fmt.Errorf("channel %d is added as channel %d", places[0], h.Channel)
	}
	at := &played{pipe: pipe, places: places}
	for _, place := range places {
		p.at[place] = at
	}
	p.pipes = append(p.pipes, at)
	pipe.Enter(nil)
	return nil
}

func (p *Player) remove(at *played) {
	p.guard(at, at.pipe.Leave)
	for _, place := range at.places {
		delete(p.at, place)
	}
	for i, other := range p.pipes {
		if other == at {
			p.pipes = append(p.pipes[:i:i], p.pipes[i+1:]...)
			break
		}
	}
	if p.Removed != nil {
		p.Removed(at.pipe)
	}
}

// Finish ends the last burst of every pipeline. Gaps that are open stay so, unless a record ended the input.
func (p *Player) Finish() {
	for _, at := range p.pipes {
		p.guard(at, at.pipe.Flush)
	}
}

// Ended says whether a pipeline at work was told that its input ended.
func (p *Player) Ended(pipe *feedhandler.Pipeline) bool {
	for _, at := range p.pipes {
		if at.pipe == pipe {
			return at.ended
		}
	}
	return true
}

// Pipelines returns those at work, in the order added.
func (p *Player) Pipelines() []*feedhandler.Pipeline {
	list := make([]*feedhandler.Pipeline, 0, len(p.pipes))
	for _, at := range p.pipes {
		list = append(list, at.pipe)
	}
	return list
}
