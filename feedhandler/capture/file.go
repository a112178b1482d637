package capture

import (
	"errors"
	"fmt"
	"io"

	"wirebook/feedhandler/capture/trailer"
)

// FileInfo is what is known of one file, for reports.
type FileInfo struct {
	Name        string
	Format      Format
	Compression Compression
	Detail      string // in words: byte order, resolution, date
	Packets     int64  // delivered so far
	// Moved is how many packets were put into the order of time, Beyond how many were too late for their place. Only where
	// the file was to be sorted.
	Moved, Beyond int64
	// Troubles counts what was wrong, by Trouble.
	Troubles map[string]int64
	// Trailer is what the stamps are taken from. With TrailerAuto it is what was found on the first frames, with all
	// scores; else the kind that was told, and how many of the frames so far carried it.
	Trailer     trailer.Decision
	TrailerAuto bool
}

// file is what the readers of all formats share: the input, where we are, and what was wrong.
type file struct {
	in       *input
	w        *window // &in.w
	name     string
	number   int // in Open's list
	format   Format
	detail   string
	index    int64
	lastTS   uint64
	ended    bool
	sorted   bool // put into the order of time behind here
	warn     func(Warning)
	troubles [troubleCount]int64
}

// Close lets go of the file. Packets handed out are dead.
func (f *file) Close() error { f.ended = true; return f.in.close() }

// Progress is bytes of the file read, and its size; 0 where it has none.
func (f *file) Progress() (read, total int64) { return f.in.progress(), f.in.size }

// Files describes the file.
func (f *file) Files() []FileInfo {
	info := FileInfo{Name: f.name, Format: f.format, Compression: f.in.packing, Detail: f.detail, Packets: f.index,
		Troubles: map[string]int64{}}
	for t, n := range f.troubles {
		if n > 0 {
			info.Troubles[Trouble(t).String()] = n
		}
	}
	return []FileInfo{info}
}

// note counts a trouble and says whether it is the first of its kind and wants words.
func (f *file) note(t Trouble) bool {
	f.troubles[t]++
	return f.troubles[t] == 1 && f.warn != nil
}

// tell warns in words, with the offset of the record in hand. Only after note.
func (f *file) tell(t Trouble, text string, args ...any) {
	f.tellAt(f.w.offset(), t, text, args...)
}

func (f *file) tellAt(offset int64, t Trouble, text string, args ...any) {
	f.warn(Warning{File: f.name, Offset: offset, Trouble: t, Text: fmt.Sprintf(text, args...)})
}

// end closes the reading of a file for a reason. Everything before has been delivered.
func (f *file) end(t Trouble, text string, args ...any) error {
	return f.endAt(f.w.offset(), t, text, args...)
}

func (f *file) endAt(offset int64, t Trouble, text string, args ...any) error {
	f.ended = true
	if f.note(t) {
		packets := "packets"
		if f.index == 1 {
			packets = "packet"
		}
		f.tellAt(offset, t, text+"; reading of this file ends here, after %d %s", append(args, f.index, packets)...)
	}
	return io.EOF
}

// ran ends a file that ran out where want more bytes should be: a clean end where nothing is left of it.
func (f *file) ran(what string, want int) error {
	if f.ended {
		return io.EOF
	}
	left := f.w.left()
	if errors.Is(f.w.err, errLeft) {
		f.ended = true
		return io.EOF
	}
	if err := f.w.err; err != nil && !errors.Is(err, io.EOF) {
		return f.end(CutShort, "%s cannot be read on: %v", f.in.packing, err)
	}
	if left == 0 {
		f.ended = true
		return io.EOF
	}
	return f.end(CutShort, "%s cut short: %d of %d bytes", what, left, want)
}

// oddities counts what is unusual about a record that is delivered all the same.
func (f *file) oddities(kept, wire uint32, ts uint64) {
	if kept < wire && f.note(SnapCut) {
		f.tell(SnapCut, "packet %d was cut to %d of %d bytes by the capture's snap length: what was at its end is missing", f.index, kept, wire)
	}
	if kept > wire && f.note(LongerThanWire) {
		f.tell(LongerThanWire, "packet %d has %d bytes, its length on the wire is given as %d: delivered whole", f.index, kept, wire)
	}
	if ts < f.lastTS && f.note(TimeBackwards) {
		order := "in the order of the file"
		if f.sorted {
			order = fmt.Sprintf("in the order of time, within %d packets", sortPackets)
		}
		f.tell(TimeBackwards, "packet %d is %d ns earlier than the one before it: delivered %s", f.index, f.lastTS-ts, order)
	}
}

// drops counts packets that the capture says it lost, and says the first.
func (f *file) drops(n int64, where string, args ...any) {
	first := f.troubles[CaptureDrops] == 0
	f.troubles[CaptureDrops] += n
	if first && f.warn != nil {
		f.tell(CaptureDrops, "the capturing host says that it lost packets, which are not in this file: %d %s", append([]any{n}, fmt.Sprintf(where, args...))...)
	}
}
