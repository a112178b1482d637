package shm

import "testing"

func sessionsControl(t *testing.T, entries uint32) (*Control, *ControlView) {
	t.Helper()
	cfg := ControlConfig{Name: "x", Epoch: 1, Channels: 4, Sessions: entries}
	mem := memory(ControlBytes(cfg))
	c, err := NewControl(mem, cfg)
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewControlView(mem)
	if err != nil {
		t.Fatal(err)
	}
	return c, v
}

func sessionOf(channel uint32, name string, resets uint32) SessionEntry {
	e := SessionEntry{Channel: channel, Resets: resets, FirstRecvNS: 1}
	copy(e.ChannelName[:], []byte{'c', byte('0' + channel)})
	copy(e.Name[:], name)
	return e
}

// TestARunningSessionIsNotForgotten: a channel that begins a session a round, as one of snapshots does, writes over its own sessions
// and those that ended, not over one that runs. So what positions say of it stays known, in the next run too.
func TestARunningSessionIsNotForgotten(t *testing.T) {
	c, v := sessionsControl(t, 8)
	ended := c.BeginSession(sessionOf(0, "MONDAY", 0))
	day := c.BeginSession(sessionOf(0, "MONDAY", 3))
	other := c.BeginSession(sessionOf(1, "", 1))
	last := uint32(0)
	for range 100 {
		n := c.BeginSession(sessionOf(2, "", 0))
		if n <= last {
			t.Fatalf("session %d behind %d", n, last)
		}
		last = n
	}
	check := func(v *ControlView) {
		t.Helper()
		for n, resets := range map[uint32]uint32{day: 3, other: 1} {
			if e, ok := v.Session(n); !ok || e.Resets != resets {
				t.Errorf("session %d: %v %+v", n, ok, e)
			}
		}
		if _, ok := v.Session(ended); ok {
			t.Error("a session that ended is kept for ever")
		}
		list := v.SessionList()
		if len(list) != 8 || list[0].Number != day || list[7].Number != last {
			t.Errorf("%d sessions: %+v", len(list), list)
		}
	}
	check(v)
	next, view := sessionsControl(t, 8)
	next.CarrySessions(v)
	check(view)
	again := sessionOf(0, "MONDAY", 0)
	if n := next.Resets(&again); n != 3 {
		t.Errorf("the next run joins after %d resets", n)
	}
	if n := next.BeginSession(again); n <= last {
		t.Errorf("session %d behind %d", n, last)
	}
}

// TestMoreRunningSessionsThanRoom: the table is then the newest's, and numbers go on.
func TestMoreRunningSessionsThanRoom(t *testing.T) {
	for _, room := range []uint32{0, 1, 2} {
		c, v := sessionsControl(t, room)
		last := uint32(0)
		for round := range uint32(20) {
			n := c.BeginSession(sessionOf(round%4, "", 0))
			if n <= last {
				t.Fatalf("session %d behind %d", n, last)
			}
			last = n
			if _, ok := v.Session(n); ok != (room > 0) {
				t.Fatalf("session %d of a table of %d: %v", n, room, ok)
			}
		}
	}
}
