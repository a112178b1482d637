//go:build nicrig

package nictest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"wirebook/feedhandler/view/top"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// handler is a 'wirebook run' of the real binary.
type handler struct {
	*process
	t        *testing.T
	dir      string
	env      []string
	config   string
	channels int
}

const rings = "rings: {mbo: 65536, mbp-1: 16384, mbp-10: 8192, trades: 16384, admin: 4096, instruments: 256}\n"

// channelText is a channel with number n on the simulator's groups, which end in last. The emulated CPUs stand still for
// longer than an exchange's gaps last.
func channelText(v *venue, n, last int) string {
	return fmt.Sprintf("  - {name: ch%d, channel_id: %d, profile: nasdaq.itch50, session_date: %q, max_orders: 65536, max_instruments: 64, gap_timeout: 5s, reorder_time: 1s, "+
		"lines: [{name: A, group: 239.10.1.%d, port: 26477}, {name: B, group: 239.10.2.%d, port: 26478}]}\n", n, n, v.date, last, last)
}

// startHandler receives so many channels; settings are keys of live, as they stand in the file.
func startHandler(t *testing.T, v *venue, channels int, settings string) *handler {
	t.Helper()
	dir, env := folder(t)
	h := &handler{t: t, dir: dir, env: env, config: filepath.Join(dir, "feeds.yaml"), channels: channels}
	text := "instance: rig\n" + rings + "live: {interface: " + nic + ", " + settings + "}\nchannels:\n"
	for n := 1; n <= channels; n++ {
		text += channelText(v, n, n)
	}
	if err := os.WriteFile(h.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	h.process = launch(t, false, env, wirebook, "run", "-c", h.config)
	eventually(t, 30*time.Second, "the run has joined", func() bool {
		if h.cmd.Process.Signal(syscall.Signal(0)) != nil {
			t.Fatal("the run ended")
		}
		var s top.Snapshot
		out, _, code := tryVerb(env, "top", "-i", "rig", "--json")
		return code == 0 && json.Unmarshal([]byte(out), &s) == nil && s.State == "running" && s.Counters["memberships_joined"] == uint64(2*channels)
	})
	linked(t)
	return h
}

// top is what the run has published.
func (h *handler) top() (s top.Snapshot) {
	h.t.Helper()
	object(h.t, h.env, &s, "top", "-i", "rig", "--json")
	return s
}

// clock waits until what the run has published of its clock is as wanted.
func (h *handler) clock(limit time.Duration, what string, ok func(*shm.ClockBlock) bool) (c shm.ClockBlock) {
	h.t.Helper()
	eventually(h.t, limit, what, func() bool {
		view, err := segment.Open(filepath.Join(h.dir, "shm"), "rig")
		if err != nil {
			return false
		}
		defer view.Close()
		var whole bool
		c, whole = view.Control.Clock()
		return whole && ok(&c)
	})
	return c
}

// stop ends the run in good order. Nothing may be left attached.
func (h *handler) stop() {
	h.t.Helper()
	if code := h.end(syscall.SIGTERM); code != 0 {
		h.t.Errorf("the run ended with %d", code)
	}
	if attached(h.t) {
		h.t.Error("an XDP program is still attached")
	}
	linked(h.t)
}

// counted adds up a counter over its labels.
func counted(s *top.Snapshot, name string, label string) (n uint64) {
	for key, v := range s.Counters {
		if base, labels, _ := strings.Cut(key, "{"); base == name && strings.Contains(labels, label) {
			n += v
		}
	}
	return n
}

// record is what the tests look at of an MBO record.
type record struct {
	channel  int
	sequence uint32
	bad      bool
	received int64
}

// records reads all that the ring still holds.
func (h *handler) records() (list []record) {
	h.t.Helper()
	r, err := segment.OpenReader(segment.ReaderOptions{Root: filepath.Join(h.dir, "shm"), Name: "rig", Schema: shm.SchemaMBO, Worker: -1, From: segment.FromOldest})
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Close()
	buf := make([]byte, r.PayloadSize())
	for {
		switch r.Next(buf) {
		case shm.Record:
			b := r.Body(buf) // a DBN MBO record
			list = append(list, record{channel: int(b[37]) - 1, bad: b[36]&shm.FlagBadTsRecv != 0,
				received: int64(binary.LittleEndian.Uint64(b[40:])), sequence: binary.LittleEndian.Uint32(b[52:])})
		case shm.Lapped:
			h.t.Fatal("the ring is too short for this test")
		case shm.NewEpoch:
		default:
			return list
		}
	}
}

// judged is a record beside the truth.
type judged struct {
	record
	sent  int64 // the packet that brought it, when it was given to the NIC
	error int64 // how far ts_recv is outside of the time between then and when the send had returned; 0 within
}

// untrue says whether a stamp cannot be: earlier than the sending, or later than the emulated NIC may have let a frame wait
// for a descriptor. late is what else may be between the NIC and the stamp.
func (r *judged) untrue(bound uint64, late time.Duration) bool {
	return r.error < -int64(bound)-slack || r.error > int64(bound)+int64(patience+late)
}

const (
	// slack is how far the clocks of the emulated CPUs may seem apart.
	slack = int64(20 * time.Microsecond)
	// patience is how long a frame waits in the emulator while the driver has no descriptor for it, at most.
	patience = 100 * time.Millisecond
)

// judge compares ts_recv with the times at which the packets were sent. Either line may have brought a record: the latest
// packet that was on its way by then, else the nearest.
func (h *handler) judge(v *venue) (list []judged) {
	h.t.Helper()
	by := make([]map[uint32][]moment, h.channels)
	for c := range by {
		by[c] = v.bringing(c)
	}
	for _, r := range h.records() {
		best := judged{record: r, error: math.MinInt64 + 1}
		for _, m := range by[r.channel][r.sequence] {
			off := int64(0)
			if r.received < m.before {
				off = r.received - m.before
			} else if r.received > m.after {
				off = r.received - m.after
			}
			could, can := best.error >= -slack, off >= -slack
			if can && !could || can == could && magnitude(off) < magnitude(best.error) {
				best.sent, best.error = m.before, off
			}
		}
		if best.error == math.MinInt64+1 {
			h.t.Fatalf("a record of message %d of channel %d, which was never sent", r.sequence, r.channel)
		}
		list = append(list, best)
	}
	return list
}

func magnitude(v int64) int64 { return max(v, -v) }

// whole fails where the records are not those of the replay of the day without losses.
func (h *handler) whole(v *venue, s *top.Snapshot) {
	h.t.Helper()
	if len(s.Channels) != h.channels {
		h.t.Fatalf("%d channels, want %d", len(s.Channels), h.channels)
	}
	var packets uint64
	for n := range s.Channels {
		ch := &s.Channels[n]
		for _, l := range ch.Lines {
			packets += l.Packets
		}
		for schema, want := range v.replayed(h.t, n+1) {
			if got := ch.Digests[schema]; got.Content != want.Content || got.Records != want.Records || want.Records == 0 {
				h.t.Errorf("%s %s: %+v, the replay of the clean day gives %+v", ch.Name, schema, got, want)
			}
		}
		if ch.UnitsLost != 0 {
			h.t.Errorf("%s: %d messages lost", ch.Name, ch.UnitsLost)
		}
	}
	if sent := uint64(len(v.packets) * h.channels); packets != sent || counted(s, "wire_ok", "") != sent {
		h.t.Errorf("%d packets received of %d sent", packets, sent)
	}
	for cause, n := range s.Dropped {
		if n > 0 {
			h.t.Errorf("%s: %d", cause, n)
		}
	}
}
