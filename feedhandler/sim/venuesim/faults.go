package venuesim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is a thing that goes wrong on the venue's side, by order.
type Fault string

// Faults. What each does is in the table below.
const (
	None          Fault = ""
	Refuse        Fault = "refuse"
	Silence       Fault = "silence"
	Late          Fault = "late"
	Spoof         Fault = "spoof"
	OnlyHeartbeat Fault = "heartbeat"
	Half          Fault = "half"
	Hole          Fault = "hole"
	Duplicate     Fault = "duplicate"
	Shuffle       Fault = "shuffle"
	WrongSession  Fault = "wrong-session"
	WrongRange    Fault = "wrong-range"
	OffByOne      Fault = "off-by-one"
	Lie           Fault = "lie"
	BadLength     Fault = "bad-length"
	FarFuture     Fault = "far-future"
	EndOfSession  Fault = "end-session"
	Stall         Fault = "stall"
	Mute          Fault = "mute"
	Disconnect    Fault = "disconnect"
	Split         Fault = "split"
	NoAck         Fault = "no-ack"
	DataFirst     Fault = "data-first"
	RejectLate    Fault = "reject-late"
	NoEnd         Fault = "no-end"
	Stale         Fault = "stale"
	Behind        Fault = "behind"
	Ahead         Fault = "ahead"
	NoDirectory   Fault = "no-directory"
	Quota         Fault = "quota"
	NotYet        Fault = "not-yet"
	Active        Fault = "active"
	BadTotal      Fault = "bad-total"
	JoinMiddle    Fault = "join-middle"
	ChunkLost     Fault = "chunk-lost"
	TotalChanges  Fault = "total-changes"
	LoopRestarts  Fault = "loop-restarts"
	OldSession    Fault = "old-session"
)

// FaultInfo says what a fault does and which services know it.
type FaultInfo struct {
	Fault Fault
	On    []Service
	What  string
}

var (
	everyService = []Service{Mold, Soup, Glimpse, GapFillUDP, GapFillTCP, Snap, TCPReplay, SnapshotLoop, DefinitionLoop}
	byTCP        = []Service{Soup, Glimpse, GapFillTCP, Snap, TCPReplay}
	byUDP        = []Service{Mold, GapFillUDP}
	fills        = []Service{Mold, GapFillUDP, GapFillTCP, TCPReplay}
	soups        = []Service{Soup, Glimpse}
	images       = []Service{Glimpse, Snap, SnapshotLoop}
	loops        = []Service{SnapshotLoop, DefinitionLoop}
)

// Faults lists what can be ordered.
var Faults = []FaultInfo{
	{Refuse, []Service{Mold, Soup, Glimpse, GapFillUDP, GapFillTCP, Snap, TCPReplay}, "refused in the service's own words: silence (mold, gapfill-udp), J A (soup, glimpse), closed (gapfill-tcp), e A (snap), a logout (tcp-replay)"},
	{Silence, everyService, "no answer at all; a connection is taken and stays dumb; a loop sends nothing for a cycle"},
	{Late, []Service{Mold, Soup, Glimpse, GapFillUDP, GapFillTCP, Snap, TCPReplay}, "the answer comes after --fault-delay"},
	{Spoof, byUDP, "the answer comes from another port, as a stranger's would"},
	{OnlyHeartbeat, fills, "a heartbeat is the whole answer"},
	{Half, fills, "the first half of what was asked, and then the answer is over"},
	{Hole, everyService, "something in the middle is missing and nothing says so: messages, an order of the image, a packet of the loop"},
	{Duplicate, everyService, "part of the answer comes twice"},
	{Shuffle, everyService, "the right things in the wrong order: packets, messages, orders against their priority"},
	{WrongSession, []Service{Mold, Soup, Glimpse, GapFillUDP, GapFillTCP, Snap}, "the answer is under another session"},
	{WrongRange, []Service{Mold, Soup, Glimpse, GapFillUDP, GapFillTCP, TCPReplay}, "another range than asked; an accepted login with another number than asked"},
	{OffByOne, []Service{Mold, Soup, Glimpse, GapFillUDP, GapFillTCP, Snap, TCPReplay, SnapshotLoop}, "inclusive where exclusive is right, or the other way round: ranges begin one late, end marks are one off"},
	{Lie, everyService, "one byte of one message is not what was sent live"},
	{BadLength, []Service{Mold, Soup, Glimpse, GapFillUDP, GapFillTCP, Snap, TCPReplay}, "a length inside the answer is wrong: a message, a block, a frame"},
	{FarFuture, []Service{Mold, GapFillUDP, GapFillTCP, TCPReplay}, "the answer's number is a thousand million ahead"},
	{EndOfSession, []Service{Mold, Soup, Glimpse}, "the session ends in the middle of the answer: count 0xFFFF, Z before G"},
	{Stall, byTCP, "stops in the middle; the connection stays open, heartbeats go on where there are any"},
	{Mute, soups, "no heartbeats from the login on, and no data after the middle"},
	{Disconnect, byTCP, "closed in the middle of a frame"},
	{Split, byTCP, "every byte is a write of its own"},
	{NoAck, []Service{Soup, Glimpse, Snap, TCPReplay}, "data without the acknowledgement: no A, no s, no logon"},
	{DataFirst, []Service{Soup, Glimpse, Snap, TCPReplay}, "the first data before the acknowledgement"},
	{RejectLate, []Service{Soup, Glimpse, Snap, TCPReplay}, "a reject in the middle, after a good beginning"},
	{NoEnd, []Service{Glimpse, Snap, TCPReplay}, "everything but the end marker"},
	{Stale, images, "an honest image of a while ago: its number lies before what its reader has buffered"},
	{Behind, images, "the image of now with a number a thousand too low"},
	{Ahead, images, "the image of now with a number a thousand too high"},
	{NoDirectory, []Service{Glimpse, Snap}, "orders without their directory messages"},
	{Quota, []Service{Snap, TCPReplay}, "the day's quota is spent: e Q, a logout that says so"},
	{NotYet, []Service{Snap}, "e R: no snapshot at or above the number asked for"},
	{Active, []Service{Snap}, "e E: a request is active already"},
	{BadTotal, []Service{Snap}, "the total in the start message is wrong"},
	{JoinMiddle, loops, "the cycle begins in the middle"},
	{ChunkLost, []Service{SnapshotLoop}, "one chunk of an instrument's orders is not sent"},
	{TotalChanges, loops, "TotNumReports changes within the cycle"},
	{OldSession, everyService, "the whole answer is out of the session before (--sessions 2): what a server says that was not told of the new one"},
	{LoopRestarts, loops, "the cycle breaks off in the middle and starts again at packet 1"},
}

// On says whether a service knows a fault.
func (f Fault) on(s Service) bool {
	for _, i := range Faults {
		if i.Fault == f {
			return slices.Contains(i.On, s)
		}
	}
	return false
}

// FaultConfig orders faults.
type FaultConfig struct {
	Seed uint64
	// Order lists what may happen; each occasion (a request, a connection, a cycle of a loop) gets one that its service knows.
	Order []Fault
	// Only restricts an ordered fault to some services; without an entry all that know it.
	Only map[Fault][]Service
	// SharePPM of occasions get a fault; default all.
	SharePPM uint32
	// Times bounds how often each fault is played by each service; 0 is no bound.
	Times int
	// Delay is how late a late answer is; default 1 s.
	Delay time.Duration
}

// ParseFault reads NAME or SERVICE:NAME into c.
func (c *FaultConfig) ParseFault(text string) error {
	service, name, both := strings.Cut(text, ":")
	if !both {
		service, name = "", text
	}
	f := Fault(name)
	at := slices.IndexFunc(Faults, func(i FaultInfo) bool { return i.Fault == f })
	if at < 0 {
		return fmt.Errorf("fault %q is not known: 'wirebook venue --faults' lists them", name)
	}
	if !slices.Contains(c.Order, f) {
		c.Order = append(c.Order, f)
	}
	if both {
		if !slices.Contains(Faults[at].On, Service(service)) {
			return fmt.Errorf("fault %q is not one of %q: %s have it", name, service, joined(Faults[at].On))
		}
		if c.Only == nil {
			c.Only = map[Fault][]Service{}
		}
		c.Only[f] = append(c.Only[f], Service(service))
	}
	return nil
}

func joined(list []Service) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

func (c *FaultConfig) check() error {
	for _, f := range c.Order {
		if !slices.ContainsFunc(Faults, func(i FaultInfo) bool { return i.Fault == f }) {
			return fmt.Errorf("venuesim: Faults.Order has %q, which is not in Faults", f)
		}
	}
	if c.SharePPM > 1_000_000 {
		return fmt.Errorf("venuesim: Faults.SharePPM is %d: want at most 1000000", c.SharePPM)
	}
	return nil
}
