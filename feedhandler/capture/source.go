package capture

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"wirebook/feedhandler/capture/trailer"
)

// Source hands out packets. It belongs to one goroutine.
type Source interface {
	// Next fills p with the next packet, or returns io.EOF, again and again. What damage there is in a file is not an
	// error here: it ends that file, with a Warning.
	Next(p *Packet) error
	// Progress is how many bytes of the files have been read and how many there are, as they are on disk. total is 0
	// where a file has no size (a pipe).
	Progress() (read, total int64)
	// Files describes the files in the order of Open, with what has been counted so far.
	Files() []FileInfo
	Close() error
}

// Options are for Open. The zero value reads any capture and looks for no trailers.
type Options struct {
	// Format is Auto, or what the files are when they cannot be recognised.
	Format Format
	// Trailer is "none" or "", the name of a trailer.Kind, or "auto": then the first AutoPackets frames of each file
	// are looked at beforehand and FileInfo.Trailer says what was decided.
	Trailer     string
	AutoPackets int // 0 is 4096
	// TAIMinusUTC in seconds, for stamps in TAI. 0 takes it from the leap second table.
	TAIMinusUTC int
	// AsCaptured gives every frame as it stands in the file, with whatever is around it and with fragments apart.
	AsCaptured bool
	// Sorted puts the packets of every file into the order of their times, within a window of 4,096 packets. A pipe is not
	// sorted: nobody waits for what comes later.
	Sorted bool
	// Warn is called, from Open and Next, for the first trouble of each kind in each file. It may be nil.
	Warn func(Warning)
	// Done ends waiting for a pipe that says nothing: reading ends there, as at its end. It may be nil.
	Done <-chan struct{}

	// The rest is for BinaryFILE.

	Date        time.Time // trading date; only year, month and day count. Zero takes it from the file's name
	Session     string    // MoldUDP64 session, 10 characters; "" is BINARYFILE
	MaxMessages int       // in a datagram; 0 is no bound
	MaxBytes    int       // of MoldUDP64 payload in a datagram; 0 is 1400
	MaxSpanNS   uint64    // between the first and last message of a datagram; 0: only messages of the same time
}

const autoPackets = 4096

// Open opens the files and merges them by time. Where times are equal the earlier file in the list goes first; within a
// file the order is changed by Options.Sorted only. With trailers the switch's time is what counts.
func Open(paths []string, o Options) (Source, error) {
	if len(paths) == 0 {
		return nil, errors.New("no capture files named")
	}
	kind, auto := trailer.None, o.Trailer == "auto"
	if o.Trailer != "" && !auto {
		var err error
		if kind, err = trailer.ParseKind(o.Trailer); err != nil {
			return nil, err
		}
	}
	var sources []Source
	fail := func(err error) (Source, error) {
		for _, s := range sources {
			_ = s.Close()
		}
		return nil, err
	}
	if i := slices.Index(paths, Stdin); i >= 0 && slices.Contains(paths[i+1:], Stdin) {
		return nil, errors.New("standard input (-) is named twice: it can be read once")
	}
	days := 0
	for i, path := range paths {
		s, f, err := openFile(path, i, days, &o)
		if err != nil {
			return fail(err)
		}
		sources = append(sources, s)
		f.sorted = o.Sorted && f.in.regular
		if f.format == BinaryFILE {
			days++
			continue // made here, so no switch has seen it
		}
		var found trailer.Decision
		if auto {
			if found, err = decide(path, f, o); err != nil {
				return fail(err)
			}
			kind = found.Kind
		}
		if kind != trailer.None || auto {
			found.Kind = kind
			sources[i] = newStamped(s, f.name, found, auto, &o)
		}
		if !o.AsCaptured {
			sources[i] = newUnwrapped(sources[i], f.name, o.Warn)
		}
		if f.sorted {
			sources[i] = newSorted(sources[i], f)
		}
	}
	if len(sources) == 1 {
		return sources[0], nil
	}
	return newMerge(sources), nil
}

// openFile opens one file. days counts the BinaryFILEs before it.
func openFile(path string, number, days int, o *Options) (Source, *file, error) {
	in, err := openInput(path, o.Done)
	if err != nil {
		return nil, nil, err
	}
	f := file{in: in, w: &in.w, name: nameOf(path), number: number, format: o.Format, warn: o.Warn}
	if f.format == Auto {
		f.format, err = formatOf(f.w, path)
	}
	if err == nil {
		err = f.matches()
	}
	var s Source
	var opened *file
	if err == nil {
		switch f.format {
		case PCAP:
			var r *pcapReader
			if r, err = newPcap(f); err == nil {
				s, opened = r, &r.file
			}
		case PCAPNG:
			var r *ngReader
			if r, err = newNG(f); err == nil {
				s, opened = r, &r.file
			}
		case ERF:
			r := newERF(f)
			s, opened = r, &r.file
		case BinaryFILE:
			r := newBinaryFILE(f, o, days)
			s, opened = r, &r.file
		default:
			err = fmt.Errorf("%s: format %d is unknown", path, f.format)
		}
	}
	if err != nil {
		_ = in.close()
		return nil, nil, err
	}
	return s, opened, nil
}

// matches checks a format that was told against the content where the content can speak.
func (f *file) matches() error {
	if f.format != PCAP && f.format != PCAPNG {
		return nil
	}
	if found, err := formatOf(f.w, f.name); err != nil || found != f.format {
		return fmt.Errorf("%s: %w: said to be %s; it starts with % x", f.name, ErrNotCapture, f.format, f.w.peek(4))
	}
	return nil
}
