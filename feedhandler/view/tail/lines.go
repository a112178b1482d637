package tail

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"time"

	"wirebook/feedhandler/view"
	"wirebook/shm"
)

// Lines shows records as they come, one a line.
func (t *Tail) Lines(ctx context.Context) error {
	f, err := view.Open(ctx, t.Options, t.Timeout, t.waiting)
	if err != nil {
		return calm(ctx, err)
	}
	defer f.Close()
	t.missed(f)
	out := bufio.NewWriterSize(t.Out, 1<<16)
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

func (t *Tail) copy(ctx context.Context, f *view.Follower, out *bufio.Writer) error {
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
		if t.MaxRate > 0 {
			now := time.Now()
			if now.Before(due) {
				continue
			}
			due = now.Add(time.Duration(float64(time.Second) / t.MaxRate))
		}
		line = t.append(line[:0], &rec)
		if _, err := out.Write(line); err != nil {
			return err
		}
		if shown++; t.Count > 0 && shown == t.Count {
			return nil
		}
	}
	return nil
}

func (t *Tail) append(b []byte, rec *view.Record) []byte {
	if !t.JSON {
		return view.AppendLine(b, rec, t.Raw)
	}
	b, _ = view.AppendJSON(b, rec, t.Strings)
	return b
}

// missed tells, once for each run, that the oldest record of a ring is not the run's first.
func (t *Tail) missed(f *view.Follower) {
	if n := f.Counts.Missed - t.told; n > 0 {
		t.told = f.Counts.Missed
		t.note("%s of this run had been overwritten before: the ring begins behind them", view.Plural(n, "older record"))
	}
}

// event tells of what is not a record; true says that this was the end.
func (t *Tail) event(f *view.Follower, res shm.Result, silent *bool) bool {
	switch res {
	case shm.Lapped:
		t.note("lapped: the writer overtook this reader, %s missed", view.Plural(f.LastLost(), "record"))
	case shm.NewEpoch:
		*silent = false
		t.note("new epoch %d: a new run of the writer, books start afresh", f.Epoch())
		t.missed(f)
	case shm.StaleWriter:
		*silent = true
		st := f.Status(time.Now())
		if st.StateName() == "died" {
			t.note("the writer's process %d is gone, and did not end in good order: last heartbeat %.1f s ago; waiting for its next run, Ctrl-C to end", st.PID, st.HeartbeatAge.Seconds())
			return false
		}
		t.note("the writer (process %d) is silent: last heartbeat %.1f s ago; waiting for it, Ctrl-C to end", st.PID, st.HeartbeatAge.Seconds())
	case shm.Corrupt:
		t.note("a slot holds what no writer leaves: going on at the edge")
	case shm.Stopped:
		if !t.Follow {
			return true
		}
	}
	return false
}

// Latest shows the latest table once.
func (t *Tail) Latest(ctx context.Context) error {
	list, err := view.Latest(ctx, t.Options, t.Timeout, t.waiting)
	if err != nil {
		return calm(ctx, err)
	}
	out := bufio.NewWriter(t.Out)
	if !t.JSON && !t.Raw {
		_, _ = io.WriteString(out, view.LatestHeader)
	}
	var b []byte
	for i := range list {
		if b = b[:0]; t.JSON {
			b, _ = view.AppendJSON(b, &list[i].Record, t.Strings)
		} else {
			b = view.AppendLatest(b, &list[i], t.Raw)
		}
		_, _ = out.Write(b)
		if t.Count > 0 && uint64(i+1) == t.Count {
			break
		}
	}
	if err := out.Flush(); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	if len(list) == 0 {
		of := ""
		if len(t.Options.Symbols) > 0 {
			of = " of " + strings.Join(t.Options.Symbols, ", ")
		}
		t.note("no books%s in the latest table of instance %s", of, t.Options.Name)
	}
	return nil
}
