package top

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"wirebook/feedhandler/view"
	"wirebook/ptp"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// Snapshot is an instance at a moment, in the shape of its JSON. Counts are since the epoch began; rates are a second; times and
// ages are nanoseconds.
type Snapshot struct {
	Instance       string            `json:"instance"`
	TimeNS         int64             `json:"time_ns"` // of the reading, since 1970 UTC
	State          string            `json:"state"`
	Alive          bool              `json:"alive"` // the writer's process runs
	Stale          bool              `json:"stale"` // no heartbeat for too long, and not ended in good order
	Epoch          uint64            `json:"epoch"`
	PID            uint32            `json:"pid"`
	UptimeNS       int64             `json:"uptime_ns"`
	HeartbeatAgeNS int64             `json:"heartbeat_age_ns"`
	Edge           string            `json:"edge,omitempty"` // how a live run receives
	Clock          Clock             `json:"clock"`
	Channels       []Channel         `json:"channels"`
	Records        map[string]uint64 `json:"records"`                             // by schema, as the digests count them
	RecordRates    map[string]Rate   `json:"records_per_s" jsonschema:"nullable"` // null: not known from one reading
	Dropped        map[string]uint64 `json:"dropped"`                             // datagrams, messages and instruments not used, by cause
	Queues         []Queue           `json:"queues,omitempty"`
	Suspects       []Suspect         `json:"suspects"` // instruments whose books cannot be trusted, the first hundred
	Readers        []Reader          `json:"readers"`
	Announced      []Announced       `json:"announced"` // what readers say of themselves, where the instance has a readers file
	Counters       map[string]uint64 `json:"counters"`
}

// Rate is a number a second. One reading tells none.
type Rate float64

// NoRate is a rate that is not known.
const NoRate Rate = -1

// MarshalJSON spells an unknown rate null.
func (r Rate) MarshalJSON() ([]byte, error) {
	if r < 0 {
		return []byte("null"), nil
	}
	return json.Marshal(float64(r))
}

// Clock is what the writer knows of its clock.
type Clock struct {
	Source      string `json:"source"`
	State       string `json:"state"`
	Device      string `json:"device,omitempty"`
	OffsetNS    int64  `json:"offset_ns"`
	BoundNS     uint64 `json:"bound_ns"` // 0 unknown
	FreqPPB     int64  `json:"freq_ppb"`
	TAIOffset   int32  `json:"tai_offset"`
	Steps       uint32 `json:"steps"`
	Grandmaster string `json:"grandmaster,omitempty"`
	AgeNS       int64  `json:"age_ns"` // since it was measured
}

// Channel is one channel.
type Channel struct {
	Name         string            `json:"name"`
	Worker       uint32            `json:"worker"`
	Active       bool              `json:"active"`           // false: a reload removed it
	SilentNS     uint64            `json:"silent_ns"`        // no line brought anything for so long, in session hours; 0: not for a minute
	State        string            `json:"state"`            // waiting, live, gapped, recovering or stale
	Reason       string            `json:"reason,omitempty"` // why it is not live
	StateUnit    uint64            `json:"state_unit"`       // the unit after which it came to stand so
	StateSinceNS uint64            `json:"state_since_ns"`   // and when, since 1970 UTC
	Session      string            `json:"session,omitempty"`
	Packets      uint64            `json:"packets"`
	Messages     uint64            `json:"messages"`
	MessagesPerS Rate              `json:"messages_per_s"`
	NextSequence uint64            `json:"next_sequence"`
	GapsLost     uint64            `json:"gaps_lost"` // gaps that no line filled, and how many units they were
	UnitsLost    uint64            `json:"units_lost"`
	GapsHealed   uint64            `json:"gaps_healed"`
	Suspect      uint64            `json:"instruments_suspect"` // instruments with a suspect book
	Sessions     uint64            `json:"sessions"`
	Instruments  uint64            `json:"instruments"`
	Digests      map[string]Digest `json:"digests"`
	Lines        []Line            `json:"lines"`
}

// Digest proves what was published in a schema.
type Digest struct {
	Content string `json:"content"`
	Full    string `json:"full"`
	Set     string `json:"set"` // of positions and contents: those of parts add up to it, modulo 2^128
	Records uint64 `json:"records"`
}

// Line is one line of a channel.
type Line struct {
	Name        string            `json:"name"`
	State       string            `json:"state"`
	Packets     uint64            `json:"packets"`
	PacketsPerS Rate              `json:"packets_per_s"`
	Received    uint64            `json:"received"`
	First       uint64            `json:"first"`
	Duplicate   uint64            `json:"duplicate"`
	Late        uint64            `json:"late"`
	Lost        uint64            `json:"lost"`
	Recovered   uint64            `json:"recovered"`
	Suspect     uint64            `json:"suspect"`                          // units not believed, or not yet: their number or session was confirmed by nobody
	Datagrams   uint64            `json:"datagrams"`                        // a live run's socket took from the kernel
	Dropped     map[string]uint64 `json:"dropped"`                          // datagrams of its socket not used, by cause: the kernel had no room for them
	LagP50NS    *uint64           `json:"lag_p50_ns" jsonschema:"nullable"` // behind the other line; null: it never came second
	LagP99NS    *uint64           `json:"lag_p99_ns" jsonschema:"nullable"`
	LastRecvNS  uint64            `json:"last_recv_ns"`
}

// Suspect is an instrument with a book that cannot be trusted.
type Suspect struct {
	Symbol  string `json:"symbol"`
	Channel string `json:"channel"`
	State   string `json:"state"` // of its levels
	Reason  string `json:"reason"`
	Books   string `json:"book_kinds"` // orders, levels, or orders and levels
}

// maxSuspects bounds how many are listed.
const maxSuspects = 100

// Queue is one receive queue of a NIC that a live run polls.
type Queue struct {
	Name   string            `json:"name"`
	Counts map[string]uint64 `json:"counts"`
}

// Reader is a process that has the instance's rings mapped.
type Reader struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
	Rings   int    `json:"rings"`
}

// clockStates spell shm.ClockUnknown and on.
var clockStates = [...]string{"unknown", "free", "acquiring", "locked", "holdover", "capture", "stepped", "frozen", "missing"}

const staleAfter = 2 * time.Second

// Read takes a reading. It never fails: what cannot be read whole is left out.
func Read(v *segment.View, now time.Time) Snapshot {
	c := v.Control
	pid, _ := c.WriterPID()
	age := func(ns uint64) int64 { return max(now.UnixNano()-int64(ns), 0) }
	s := Snapshot{
		Instance: c.Name(), TimeNS: now.UnixNano(), State: view.StateName(c.State()), Epoch: c.Epoch(), PID: pid,
		Stale: c.Stale(uint64(now.UnixNano()), uint64(staleAfter)), HeartbeatAgeNS: age(c.HeartbeatNS()),
		UptimeNS: age(c.StartNS()), Records: map[string]uint64{}, Dropped: map[string]uint64{}, Counters: map[string]uint64{},
		Channels: []Channel{}, Readers: []Reader{}, Announced: []Announced{}, Suspects: []Suspect{},
	}
	if s.Alive = v.WriterAlive(); !s.Alive || s.State == "stopped" || s.State == "replaced" { // it was up until then
		s.UptimeNS = max(int64(c.HeartbeatNS()-c.StartNS()), 0)
	}
	if b, ok := c.Clock(); ok {
		s.Clock = clock(&b, age)
	}
	for i := range c.Channels() {
		if e, ok := c.Channel(i); ok {
			s.Channels = append(s.Channels, channel(&e))
		}
	}
	for i := range c.Lines() {
		if e, ok := c.Line(i); ok && int(e.Channel) < len(s.Channels) {
			ch := &s.Channels[e.Channel]
			ch.Lines = append(ch.Lines, line(&e))
		}
	}
	for i := 0; i < c.Instruments() && len(s.Suspects) < maxSuspects; i++ {
		if st, ok := c.InstrumentState(i); ok && st.Suspect != 0 {
			s.suspect(c, i, st)
		}
	}
	for i := range c.Counters() {
		if e, ok := c.Counter(i); ok {
			s.count(shm.Text(e.Name[:]), shm.Text(e.Label[:]), e.Value)
		}
	}
	for i := range s.Channels {
		for schema, d := range s.Channels[i].Digests {
			s.Records[schema] += d.Records
		}
	}
	return s
}

// suspect lists an instrument, if its entry holds: an id that means another now has another.
func (s *Snapshot) suspect(c *shm.ControlView, i int, st shm.InstrumentState) {
	e, ok := c.Instrument(i)
	if !ok || e.Next != 0 || int(e.Channel) >= len(s.Channels) {
		return
	}
	s.Suspects = append(s.Suspects, Suspect{
		Symbol: shm.Text(e.Symbol[:]), Channel: s.Channels[e.Channel].Name, State: shm.InstrumentStateName(st.State),
		Reason: shm.ReasonName(st.Reason), Books: shm.BooksName(st.Suspect),
	})
}

func clock(b *shm.ClockBlock, age func(uint64) int64) Clock {
	c := Clock{
		Source: ptp.Source(b.Source).String(), State: "unknown", Device: shm.Text(b.Device[:]), OffsetNS: b.OffsetNS, BoundNS: b.BoundNS,
		FreqPPB: b.FreqPPB, TAIOffset: b.TAIOffset, Steps: b.Steps,
	}
	if int(b.State) < len(clockStates) {
		c.State = clockStates[b.State]
	}
	if b.Grandmaster != [8]uint8{} {
		g := b.Grandmaster
		c.Grandmaster = fmt.Sprintf("%02x%02x%02x.%02x%02x.%02x%02x%02x", g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7])
	}
	if b.UpdatedNS != 0 {
		c.AgeNS = age(b.UpdatedNS)
	}
	return c
}

func channel(e *shm.ChannelEntry) Channel {
	ch := Channel{
		Name: shm.Text(e.Name[:]), Worker: e.Worker, Active: true, MessagesPerS: NoRate, Session: shm.Text(e.SessionName[:]), Packets: e.Packets, Messages: e.Messages,
		NextSequence: e.NextSequence, GapsLost: e.Gaps, UnitsLost: e.Lost, GapsHealed: e.GapsHealed, Suspect: e.Stale, Sessions: e.Sessions,
		Instruments: e.Instruments, Digests: map[string]Digest{}, Lines: []Line{},
		State: shm.ChannelStateName(e.State), Reason: shm.ReasonName(e.Reason), StateUnit: e.StateUnit, StateSinceNS: e.StateNS,
	}
	for i := range e.Digests {
		if d := &e.Digests[i]; d.Records > 0 {
			ch.Digests[shm.Schema(i).String()] = Digest{fmt.Sprintf("%016x", d.Content), fmt.Sprintf("%016x", d.Full), shm.Set{Lo: d.SetLo, Hi: d.SetHi}.String(), d.Records}
		}
	}
	return ch
}

func line(e *shm.LineEntry) Line {
	l := Line{
		Name: shm.Text(e.Name[:]), State: view.LineStateName(e.State), Packets: e.Packets, PacketsPerS: NoRate, Received: e.Received, First: e.First,
		Duplicate: e.Duplicate, Late: e.Late, Lost: e.Lost, Recovered: e.Recovered, LastRecvNS: e.LastRecvNS,
		Dropped: map[string]uint64{},
	}
	if e.LagHistogram != [len(e.LagHistogram)]uint64{} {
		p50, p99 := view.Lag(e, 0.5), view.Lag(e, 0.99)
		l.LagP50NS, l.LagP99NS = &p50, &p99
	}
	return l
}

// notDrops are counters of the prefixes below that count what was used.
var notDrops = map[string]bool{"wire_ok": true}

// dropPrefixes are how counters of what was not used begin.
var dropPrefixes = []string{"wire_", "framing_", "decode_", "book_", "socket_drops", "socket_truncated", "socket_checksum_errors", "socket_ip_checksum_errors", "xdp_drop", "xdp_filter_other_vlan", "window_overflow", "suspect_forgotten", "size_saturated", "instruments_refused"}

// count files a counter where it belongs.
func (s *Snapshot) count(name, label string, v uint64) {
	key := name
	if label != "" {
		key += "{" + label + "}"
	}
	s.Counters[key] = v
	ch := s.find(labelValue(label, "channel"))
	switch {
	case name == "channel_active" && ch != nil:
		ch.Active = v != 0
	case name == "channel_silent_seconds" && ch != nil:
		ch.SilentNS = v * 1e9
	case name == "receive_edge" && v != 0:
		s.Edge = labelValue(label, "edge")
	case name == "line_suspect":
		if l := ch.line(labelValue(label, "line")); l != nil {
			l.Suspect = v
		}
	case name == "socket_datagrams", name == "socket_drops":
		if l := ch.line(labelValue(label, "line")); l != nil && name == "socket_datagrams" {
			l.Datagrams = v
		} else if l != nil && v != 0 {
			l.Dropped[name] = v
		}
	}
	if queue := labelValue(label, "queue"); queue != "" {
		s.queue(queue).Counts[name] += v
	}
	if v == 0 || notDrops[name] {
		return
	}
	for _, p := range dropPrefixes {
		if strings.HasPrefix(name, p) {
			s.Dropped[name] += v
			return
		}
	}
}

func (s *Snapshot) queue(name string) *Queue {
	for i := range s.Queues {
		if s.Queues[i].Name == name {
			return &s.Queues[i]
		}
	}
	s.Queues = append(s.Queues, Queue{Name: name, Counts: map[string]uint64{}})
	return &s.Queues[len(s.Queues)-1]
}

func (s *Snapshot) find(channel string) *Channel {
	for i := len(s.Channels) - 1; i >= 0; i-- {
		if s.Channels[i].Name == channel {
			return &s.Channels[i]
		}
	}
	return nil
}

func (c *Channel) line(name string) *Line {
	if c == nil {
		return nil
	}
	for i := range c.Lines {
		if c.Lines[i].Name == name {
			return &c.Lines[i]
		}
	}
	return nil
}

// labelValue finds key="value" in a label.
func labelValue(label, key string) string {
	for _, part := range strings.Split(label, ",") {
		if v, ok := strings.CutPrefix(part, key+"=\""); ok {
			return strings.TrimSuffix(v, "\"")
		}
	}
	return ""
}

// Rates fills in what happened a second since before. A reading of another epoch gives none.
func (s *Snapshot) Rates(before *Snapshot) {
	gone := float64(s.TimeNS-before.TimeNS) / 1e9
	if gone <= 0 || before.Epoch != s.Epoch {
		return
	}
	per := func(now, was uint64) Rate {
		if now < was {
			return 0 // a reload started the channel again
		}
		return Rate(float64(now-was) / gone)
	}
	for i := range s.Channels {
		if i >= len(before.Channels) {
			break
		}
		ch, was := &s.Channels[i], &before.Channels[i]
		ch.MessagesPerS = per(ch.Messages, was.Messages)
		for l := range ch.Lines {
			if l < len(was.Lines) {
				ch.Lines[l].PacketsPerS = per(ch.Lines[l].Packets, was.Lines[l].Packets)
			}
		}
	}
	s.RecordRates = map[string]Rate{}
	for schema, n := range s.Records {
		s.RecordRates[schema] = per(n, before.Records[schema])
	}
}
