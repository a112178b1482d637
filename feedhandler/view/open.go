package view

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// AnySchema as Options.Schema takes the top of book where the instance publishes it, else the richest it has.
const AnySchema = shm.SchemaCount

// Open opens an instance. Where it does not exist yet, Open waits for it at most timeout and calls waiting, which may
// be nil, once with a remark for people. An instance of another ABI, or files that are not ours, are errors at once.
func Open(ctx context.Context, o Options, timeout time.Duration, waiting func(string)) (*Follower, error) {
	var r *segment.Reader
	ro := segment.ReaderOptions{Root: o.Root, Name: o.Name, Worker: -1, From: segment.FromOldest, Stale: o.Stale,
		Wait: segment.WaitDoorbell, Announce: "tail", Policy: shm.PolicySkip}
	if o.Wait == WaitSpin {
		ro.Wait = segment.WaitSpin
	}
	waited, err := await(ctx, o, timeout, waiting, func(v *segment.View) (err error) {
		if ro.Schema, err = schemaOf(v, o); err == nil {
			r, err = segment.OpenReader(ro)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if o.From == FromEdge || o.From == FromAuto && !waited && r.Control().State() == shm.StateRunning && r.WriterAlive() && !r.Stale() {
		r.Close()
		ro.From = segment.FromEdge
		if r, err = segment.OpenReader(ro); err != nil {
			return nil, err
		}
	}
	o.Schema = ro.Schema
	f := newFollower(r, o)
	if o.Positions {
		if f.positions, err = r.Positions(); errors.Is(err, segment.ErrNotFound) {
			err = fmt.Errorf("instance %s writes no marks, so that its records have no positions: leave --positions out, or rings.marks: 0 out of its configuration", o.Name)
		}
		if err != nil {
			r.Close()
			return nil, err
		}
	}
	return f, nil
}

// await calls use with the instance, once it exists; waited says that it came into being meanwhile.
func await(ctx context.Context, o Options, timeout time.Duration, waiting func(string), use func(*segment.View) error) (waited bool, err error) {
	deadline := time.Now().Add(timeout)
	for {
		v, err := segment.Open(o.Root, o.Name)
		if err == nil {
			err = use(v)
			v.Close()
			return waited, err
		}
		if !errors.Is(err, segment.ErrNotFound) {
			return waited, err // there is something, and it does not serve: waiting changes nothing
		}
		if !time.Now().Before(deadline) {
			return waited, notFound(o, timeout)
		}
		if !waited && waiting != nil {
			waiting(fmt.Sprintf("waiting for instance %s in %s, at most %s", o.Name, segment.Root(o.Root), timeout))
		}
		waited = true
		select {
		case <-ctx.Done():
			return waited, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// schemaOf checks that the instance publishes what was asked for.
func schemaOf(v *segment.View, o Options) (shm.Schema, error) {
	var names []string
	has := map[shm.Schema]bool{}
	for _, e := range v.Control.Rings() {
		if s := shm.Schema(e.Schema); e.Schema < uint32(shm.SchemaCount) && !has[s] {
			has[s] = true
			names = append(names, s.String())
		}
	}
	preferred := []shm.Schema{shm.SchemaMBP1, shm.SchemaMBP10, shm.SchemaMBO, shm.SchemaTrades, shm.SchemaAdmin}
	if o.Schema < shm.SchemaCount {
		preferred = []shm.Schema{o.Schema}
	}
	if o.Ladder {
		preferred = []shm.Schema{shm.SchemaTrades, shm.SchemaMBP10, shm.SchemaMBP1, shm.SchemaMBO, shm.SchemaAdmin}
		if _, err := v.Latest(); err != nil {
			if !has[shm.SchemaMBP10] {
				return 0, fmt.Errorf("instance %s has no ladders: it has no mbp-10 ring, and no latest table to read (%w)", o.Name, err)
			}
			preferred = preferred[1:2]
		}
	}
	for _, s := range preferred {
		if has[s] {
			return s, nil
		}
	}
	if len(names) == 0 {
		return 0, fmt.Errorf("instance %s publishes no rings", o.Name)
	}
	sort.Strings(names)
	return 0, fmt.Errorf("instance %s does not publish %s: choose --schema %s", o.Name, o.Schema, strings.Join(names, ", "))
}

// notFound says where was looked and what is there instead.
func notFound(o Options, timeout time.Duration) error {
	text := fmt.Sprintf("no instance %s in %s", o.Name, segment.Root(o.Root))
	if timeout > 0 {
		text += fmt.Sprintf(" after waiting %s", timeout)
	}
	list, err := segment.List(o.Root)
	switch {
	case err != nil:
		text += ": " + err.Error()
	case len(list) == 0:
		text += "; there are none: start one with 'wirebook replay', or point WIREBOOK_SHM at the directory that holds them"
	default:
		var names []string
		for i := range list {
			names = append(names, list[i].Name+" ("+Describe(&list[i])+")")
		}
		text += "; there are: " + strings.Join(names, ", ")
	}
	return errors.New(text)
}

// Describe says in few words what state an instance is in.
func Describe(i *segment.Info) string {
	switch {
	case i.Err != nil:
		return "unreadable"
	case i.State == shm.StateStopped:
		return "ended"
	case !i.Alive:
		return "its writer died"
	}
	return StateName(i.State)
}

// StateName spells a writer state.
func StateName(state uint32) string {
	names := []string{"none", "starting", "running", "stopped", "replaced"}
	if int(state) < len(names) {
		return names[state]
	}
	return fmt.Sprintf("state %d", state)
}

func missing(list []string, have map[string]bool) []string {
	out := list[:0]
	for _, name := range list {
		if !have[name] {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}
