package view

import (
	"strconv"
	"strings"
	"time"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// Wait says how a Follower waits for records.
type Wait uint8

// Ways to wait, from the friendliest to the fastest.
const (
	WaitAdaptive Wait = iota // look often at first, then sleep: until the writer rings, where it can, else up to 1 ms
	WaitBlock                // sleep 1 ms whenever there is nothing
	WaitSpin                 // never sleep: a core of its own
)

// From says where a Follower starts.
type From uint8

// Starting points.
const (
	FromAuto   From = iota // what the ring holds, unless a writer was already running: then what comes from now on
	FromOldest             // what the ring still holds
	FromEdge               // only what comes from now on
)

// Options choose what a Follower shows.
type Options struct {
	Root    string // "" for WIREBOOK_SHM or the default
	Name    string // of the instance
	Schema  shm.Schema
	Ladder  bool // for Follower.Ladder: the ring that has the trades, or the book where there is no latest table
	From    From
	Wait    Wait
	Symbols []string      // only these, in any case; none for all
	Beats   bool          // heartbeats of the appliance's own, once a second a channel, too
	Stale   time.Duration // heartbeat age that counts as silence; 0 for the default
	// Positions gives each record its natural position, as soon as its burst is marked.
	Positions bool
}

// Counts is what a Follower has met.
type Counts struct {
	Read    uint64 // records read
	Matched uint64 // records of the wanted symbols
	Lapped  uint64 // times the writer overtook this reader
	Lost    uint64 // records missed by that
	Missed  uint64 // records of the run that were overwritten before this reader began at the oldest
	Epochs  uint64 // writer restarts followed
	Corrupt uint64 // slots that held what no writer leaves
	Unknown uint64 // records of a type this build does not know
}

// Follower reads the records of one schema, of all workers. It belongs to one goroutine.
type Follower struct {
	Counts Counts

	opts    Options
	r       *segment.Reader
	buf     []byte
	size    int // of one payload
	n, at   int // records in buf, and the next of them
	base    uint64
	worker  int
	symbols map[uint64]symbol
	wanted  map[string]bool // by upper-case name: was it seen

	positions *segment.Positions // nil where they are not asked for
	natural   segment.Position
	overdue   bool // a mark did not come
}

// symbol is what an instrument id means, and where the instrument table says so.
type symbol struct {
	name     string
	wanted   bool
	known    bool   // by the table
	index    int    // in it
	revision uint64 // of the entry, when it was read
	since    uint64 // the positions it holds for
	until    uint64
	worker   int
}

// batchRecords is how many records are copied out of a ring at once, skipBound how many unwanted ones Next passes
// over before it lets the caller do something else.
const (
	batchRecords = 256
	skipBound    = 1 << 18
)

func newFollower(r *segment.Reader, o Options) *Follower {
	f := &Follower{opts: o, r: r, size: r.PayloadSize(), symbols: map[uint64]symbol{}, wanted: map[string]bool{}}
	f.buf = make([]byte, batchRecords*f.size)
	f.Counts.Missed = r.Missed()
	for _, s := range o.Symbols {
		if s = strings.ToUpper(strings.TrimSpace(s)); s != "" {
			f.wanted[s] = false
		}
	}
	return f
}

// Next brings the next record of a wanted symbol, waiting at most timeout for one. Results are those of
// shm.Reader.Next; after Lapped, LastLost says how many records were missed, after NewEpoch books must start afresh.
func (f *Follower) Next(rec *Record, timeout time.Duration) shm.Result {
	for skipped := 0; skipped < skipBound; skipped++ {
		if f.at == f.n {
			if res := f.fill(timeout); res != shm.Record {
				return res
			}
		}
		payload := f.buf[f.at*f.size : (f.at+1)*f.size]
		body := f.r.Body(payload)
		f.at++
		f.Counts.Read++
		if f.positions != nil {
			f.locate(f.base+uint64(f.at-1), payload) // of every record: k counts them
		}
		if !whole(body) {
			f.Counts.Unknown++
			continue
		}
		s := f.symbol(body, f.base+uint64(f.at-1))
		channel := ""
		if body[1] == shm.RTypeAppliance {
			m := shm.View[shm.Appliance](body)
			if m.Kind == shm.ApplianceHeartbeat && !f.opts.Beats {
				continue
			}
			if e, ok := f.r.Control().Channel(int(m.Channel)); ok {
				channel = shm.Text(e.Name[:])
			}
			s.wanted = s.wanted || m.InstrumentID == 0 // what is told of all concerns whichever is wanted
		}
		if !s.wanted {
			continue
		}
		f.Counts.Matched++
		*rec = Record{
			Schema: f.opts.Schema, Worker: f.worker, Position: f.base + uint64(f.at-1), Body: body,
			TradeID: f.r.Extra(payload), Symbol: s.name, Channel: channel,
		}
		if f.positions != nil {
			rec.Natural = &f.natural
		}
		return shm.Record
	}
	return shm.Empty
}

// fill gets the next batch.
func (f *Follower) fill(timeout time.Duration) shm.Result {
	n, res := f.r.NextBatch(f.buf)
	if (res == shm.Empty || res == shm.Stopped) && timeout > 0 {
		if res = f.wait(timeout); res == shm.Record {
			n = 1
		}
	}
	switch res {
	case shm.Record:
		f.n, f.at, f.base, f.worker = n, 0, f.r.Position()-uint64(n), f.r.Worker()
	case shm.Lapped:
		f.Counts.Lapped++
		f.Counts.Lost += f.r.Lost()
	case shm.NewEpoch:
		f.Counts.Epochs++
		f.Counts.Missed = f.r.Missed()
		f.symbols = map[uint64]symbol{}
	case shm.Corrupt:
		f.Counts.Corrupt++
		f.r.Ring().SeekEdge()
	}
	return res
}

func (f *Follower) wait(timeout time.Duration) shm.Result {
	one := f.buf[:f.size]
	if f.opts.Wait != WaitBlock {
		return f.r.Wait(one, timeout)
	}
	for end := time.Now().Add(timeout); ; {
		time.Sleep(time.Millisecond)
		res := f.r.Next(one)
		if res != shm.Empty && res != shm.Stopped || !time.Now().Before(end) {
			return res
		}
	}
}

// LastLost returns how many records the last Lapped missed.
func (f *Follower) LastLost() uint64 { return f.r.Lost() }

// Epoch returns the run of the writer that is followed.
func (f *Follower) Epoch() uint64 { return f.r.Control().Epoch() }

// Schema returns what is followed.
func (f *Follower) Schema() shm.Schema { return f.opts.Schema }

// Behind returns how many records the writer is ahead of what was taken from the current ring.
func (f *Follower) Behind() uint64 { return f.r.Ring().Behind() }

// symbol names the instrument of the record at a position and says whether it is wanted. An id may have meant another
// instrument in an earlier session, and none that had a name before a message gave it one.
func (f *Follower) symbol(body []byte, position uint64) symbol {
	key := keyOf(body)
	s, known := f.symbols[key]
	if known && (!s.known || s.worker == f.worker && position >= s.since && position < s.until && f.r.Control().InstrumentRevision(s.index) == s.revision) {
		return s
	}
	s = symbol{worker: f.worker}
	if m, ok := f.r.InstrumentAt(uint16(key>>32), uint32(key), position); ok {
		s.name, s.known, s.index, s.revision = shm.Text(m.Entry.Symbol[:]), true, m.Index, m.Entry.Revision
		s.since, s.until = m.Since, m.Until
	} else if e, ok := f.r.Instrument(uint16(key>>32), uint32(key)); ok {
		s.name = "#" + strconv.FormatUint(uint64(e.ID), 10) // what it was called before
	}
	s.wanted = len(f.wanted) == 0
	if !s.wanted && s.name != "" {
		upper := strings.ToUpper(s.name)
		if _, s.wanted = f.wanted[upper]; s.wanted {
			f.wanted[upper] = true
		}
	}
	if s.known || uint32(key) == 0 {
		f.symbols[key] = s // an instrument without a name may still get one
	}
	return s
}

// Missing lists the wanted symbols that the instrument table does not hold so far.
func (f *Follower) Missing() []string {
	var list []string
	for name, seen := range f.wanted {
		if !seen {
			list = append(list, name)
		}
	}
	if len(list) == 0 {
		return nil
	}
	have := map[string]bool{}
	c := f.r.Control()
	for i := range c.Instruments() {
		if e, ok := c.Instrument(i); ok {
			have[strings.ToUpper(shm.Text(e.Symbol[:]))] = true
		}
	}
	return missing(list, have)
}

// Close unmaps everything.
func (f *Follower) Close() {
	if f.positions != nil {
		f.positions.Close()
	}
	f.r.Close()
}

// markBound is how long a record is held back for its mark, which comes with the end of its burst. A writer that takes longer is
// held up, or dead.
const markBound = 200 * time.Millisecond

// locate finds the natural position of a record.
func (f *Follower) locate(position uint64, payload []byte) {
	var end time.Time
	for nap := 5 * time.Microsecond; ; nap = min(2*nap, 5*time.Millisecond) {
		f.natural = f.positions.At(position, payload)
		if f.natural.Place != shm.Unmarked {
			f.overdue = false
			return
		}
		if now := time.Now(); end.IsZero() {
			end = now.Add(markBound)
		} else if now.After(end) {
			f.overdue = true
		}
		if f.overdue {
			return // what is behind it is of the same burst
		}
		time.Sleep(nap)
	}
}

// Instruments returns how many wanted instruments were read from in this run of the writer.
func (f *Follower) Instruments() (n int) {
	for key, s := range f.symbols {
		if s.wanted && uint32(key) != 0 {
			n++
		}
	}
	return n
}
