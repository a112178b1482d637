package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"wirebook/feedhandler/view"
	"wirebook/shm"
)

// lines shows records as they come, one a line.
func (t *tail) lines(ctx context.Context) error {
	f, err := view.Open(ctx, t.opts, t.timeout, t.waiting)
	if err != nil {
		return calm(ctx, err)
	}
	defer f.Close()
	t.missed(f)
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	err = t.copy(ctx, f, out)
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil // the reader of our output has seen enough
	}
	if err != nil {
		return err
	}
	st := f.Status(time.Now())
	t.note("%s", view.Summary(&f.Counts, &st, f.Instruments()))
	if m := f.Missing(); len(m) > 0 {
		t.note("no instrument %s was published", strings.Join(m, ", "))
	}
	return nil
}

// calm makes being told to stop no error.
func calm(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// slice bounds how long a wait for records lasts before the context is asked again.
const slice = 100 * time.Millisecond

func (t *tail) copy(ctx context.Context, f *view.Follower, out *bufio.Writer) error {
	var rec view.Record
	var line []byte
	var shown uint64
	var due time.Time
	silent, asked := false, false
	for ctx.Err() == nil {
		res := f.Next(&rec, 0)
		if res == shm.Empty || res == shm.Stopped {
			if err := out.Flush(); err != nil {
				return err
			}
			res = f.Next(&rec, slice)
		}
		if res != shm.Record {
			if !asked && res == shm.Empty {
				asked = true
				if m := f.Missing(); len(m) > 0 {
					t.note("no instrument %s so far: waiting for it", strings.Join(m, ", "))
				}
			}
			if t.event(f, res, &silent) {
				return nil
			}
			continue
		}
		if silent {
			silent = false
			t.note("the writer is back")
		}
		if t.maxRate > 0 {
			now := time.Now()
			if now.Before(due) {
				continue
			}
			due = now.Add(time.Duration(float64(time.Second) / t.maxRate))
		}
		line = t.append(line[:0], &rec)
		if _, err := out.Write(line); err != nil {
			return err
		}
		if shown++; t.count > 0 && shown == t.count {
			return nil
		}
	}
	return nil
}

func (t *tail) append(b []byte, rec *view.Record) []byte {
	if !t.json {
		return view.AppendLine(b, rec, t.raw)
	}
	b, _ = view.AppendJSON(b, rec, t.strings)
	return b
}

// missed tells, once for each run, that the oldest record of a ring is not the run's first.
func (t *tail) missed(f *view.Follower) {
	if n := f.Counts.Missed - t.told; n > 0 {
		t.told = f.Counts.Missed
		t.note("%s of this run had been overwritten before: the ring begins behind them", view.Plural(n, "older record"))
	}
}

// event tells of what is not a record; true says that this was the end.
func (t *tail) event(f *view.Follower, res shm.Result, silent *bool) bool {
	switch res {
	case shm.Lapped:
		t.note("lapped: the writer overtook this reader, %d records missed", f.LastLost())
	case shm.NewEpoch:
		*silent = false
		t.note("new epoch %d: a new run of the writer, books start afresh", f.Epoch())
		t.missed(f)
	case shm.StaleWriter:
		*silent = true
		st := f.Status(time.Now())
		t.note("the writer (process %d) is silent: last heartbeat %.1f s ago; waiting for it, Ctrl-C to end", st.PID, st.HeartbeatAge.Seconds())
	case shm.Corrupt:
		t.note("a slot holds what no writer leaves: going on at the edge")
	case shm.Stopped:
		if !t.follow {
			return true
		}
	}
	return false
}

// latest shows the latest table once.
func (t *tail) latest(ctx context.Context) error {
	list, err := view.Latest(ctx, t.opts, t.timeout, t.waiting)
	if err != nil {
		return calm(ctx, err)
	}
	out := bufio.NewWriter(os.Stdout)
	if !t.json && !t.raw {
		_, _ = io.WriteString(out, view.LatestHeader)
	}
	var b []byte
	for i := range list {
		if b = b[:0]; t.json {
			b, _ = view.AppendJSON(b, &list[i].Record, t.strings)
		} else {
			b = view.AppendLatest(b, &list[i], t.raw)
		}
		_, _ = out.Write(b)
		if t.count > 0 && uint64(i+1) == t.count {
			break
		}
	}
	if err := out.Flush(); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	if len(list) == 0 {
		of := ""
		if len(t.opts.Symbols) > 0 {
			of = " of " + strings.Join(t.opts.Symbols, ", ")
		}
		t.note("no books%s in the latest table of instance %s", of, t.opts.Name)
	}
	return nil
}
