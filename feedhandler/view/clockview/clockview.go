package clockview

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/facebook/time/ptp/protocol"

	"wirebook/ptp"
	"wirebook/ptp/clock"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
	"wirebook/shm"
)

// Clock is the JSON of a clock.
type Clock struct {
	Interface  string `json:"interface,omitempty"`
	Device     string `json:"device,omitempty"`
	DeviceName string `json:"device_name,omitempty"`
	Driver     string `json:"driver,omitempty"`
	Problem    string `json:"problem,omitempty"`

	State     string `json:"state"`
	Cause     string `json:"cause"`
	Trusted   bool   `json:"trusted"`
	Source    string `json:"source"`
	OffsetNS  int64  `json:"offset_ns"`
	BoundNS   uint64 `json:"bound_ns"`
	FreqPPB   int64  `json:"freq_ppb"`
	TAIOffset int32  `json:"tai_offset"`
	Steps     uint32 `json:"steps"`
	UpdatedNS uint64 `json:"updated_ns"`

	Grandmaster   string    `json:"grandmaster,omitempty"`
	Reference     string    `json:"reference,omitempty"`
	ReferenceWhy  string    `json:"reference_why,omitempty"`
	Method        string    `json:"method,omitempty"`
	MethodWhy     string    `json:"method_why,omitempty"`
	RxStampsAll   bool      `json:"rx_stamps_all"`
	PHCState      string    `json:"phc_state,omitempty"` // where the NIC's clock is there and does not stamp
	LeapTable     string    `json:"leap_table,omitempty"`
	PTP4L         *Daemon   `json:"ptp4l,omitempty"`
	Host          *phc.Host `json:"host_clock,omitempty"`
	Readings      uint64    `json:"readings,omitempty"`
	Discarded     uint64    `json:"discarded,omitempty"`
	SystemSteps   uint32    `json:"system_steps"`
	RateChanges   uint32    `json:"rate_changes"`
	Freezes       uint32    `json:"freezes"`
	Silences      uint32    `json:"silences"`
	Instance      string    `json:"instance,omitempty"`
	WriterRunning *bool     `json:"writer_running,omitempty"`

	History []Point `json:"history,omitempty"`
}

// Daemon is what ptp4l said.
type Daemon struct {
	Health        string `json:"health"`
	Why           string `json:"why,omitempty"`
	Socket        string `json:"socket"`
	PortState     string `json:"port_state,omitempty"`
	Interface     string `json:"interface,omitempty"`
	Hardware      bool   `json:"hardware_stamps"`
	OffsetNS      int64  `json:"offset_ns"`
	PathDelayNS   int64  `json:"path_delay_ns"`
	StepsRemoved  uint16 `json:"steps_removed"`
	GMPresent     bool   `json:"gm_present"`
	Grandmaster   string `json:"grandmaster,omitempty"`
	ClockClass    uint8  `json:"clock_class"`
	AccuracyNS    uint64 `json:"accuracy_ns"` // 0 where unknown
	TAIOffset     int16  `json:"tai_offset"`
	TAIValid      bool   `json:"tai_offset_valid"`
	PTPTimescale  bool   `json:"ptp_timescale"`
	TimeTraceable bool   `json:"time_traceable"`
}

// Point is one reading of the history.
type Point struct {
	NS       uint64 `json:"time_ns"`
	OffsetNS int64  `json:"offset_ns"`
	BoundNS  uint64 `json:"bound_ns"`
	State    string `json:"state"`
}

// Of makes the JSON of a service's status.
func Of(st *clock.Status) Clock {
	b, e := &st.Block, &st.Estimator
	v := Clock{
		Interface: st.Info.Interface, Device: orText(st.Info.Path, b.Device), DeviceName: st.Info.Name, Driver: st.Info.Driver, RxStampsAll: st.Info.RxAll,
		State: b.State.String(), Cause: b.Cause.String(), Trusted: b.State.Trusted(), Source: b.Source.String(),
		OffsetNS: st.OffsetNS, BoundNS: b.BoundNS, FreqPPB: e.RatePPB, TAIOffset: b.TAIOffset, Steps: b.Steps, UpdatedNS: b.UpdatedNS,
		Reference: st.Reference.Kind.String(), ReferenceWhy: st.Why, LeapTable: st.LeapsFrom, Host: &st.Host,
		Readings: e.Accepted, Discarded: e.Discarded, SystemSteps: e.SystemSteps + st.HostSteps, RateChanges: e.RateChanges,
		Freezes: e.Freezes, Silences: e.Silences,
	}
	if st.NoClock == "" {
		v.Method, v.MethodWhy = st.Method.String(), st.MethodWhy
		if st.HostStamps {
			v.PHCState = e.State.String()
		}
	}
	if err := Verdict(st); err != nil {
		v.Problem = err.Error()
	}
	if st.Heard {
		v.PTP4L = viewDaemon(&st.Daemon)
		v.Grandmaster = v.PTP4L.Grandmaster
	}
	return v
}

func viewDaemon(r *ptp4l.Report) *Daemon {
	s := &r.State
	d := &Daemon{Health: r.Health.String(), Why: r.Why, Socket: r.Socket}
	if !r.Answered() {
		return d
	}
	accuracy, _ := s.AccuracyNS()
	d.PortState, d.Interface, d.Hardware = s.Port.State.String(), s.Port.Interface, s.Port.Hardware()
	d.OffsetNS, d.PathDelayNS, d.StepsRemoved, d.GMPresent = s.OffsetNS, s.PathDelayNS, s.StepsRemoved, s.GMPresent
	d.Grandmaster, d.ClockClass, d.AccuracyNS = s.Grandmaster.String(), uint8(s.ClockClass), accuracy
	d.TAIOffset, d.TAIValid, d.PTPTimescale, d.TimeTraceable = s.TAIOffset, s.TAIOffsetValid, s.PTPTimescale, s.TimeTraceable
	return d
}

// History makes the JSON of readings.
func History(list []clock.Point) []Point {
	out := make([]Point, len(list))
	for i, p := range list {
		out[i] = Point{p.NS, p.OffsetNS, p.BoundNS, p.State.String()}
	}
	return out
}

// Print tells everything once, in words.
func Print(out io.Writer, st *clock.Status, history []clock.Point) error {
	b := &st.Block
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	if st.NoClock != "" {
		row("clock", "no PTP hardware clock; the host's clock alone")
	} else {
		row("clock", "%s", strings.Join(nonEmpty(st.Info.Path, st.Info.Interface, st.Info.Name), ", "))
		row("read by", "%v comparison: %s", st.Method, st.MethodWhy)
		if st.HostStamps {
			row("stamps", "by the driver or the kernel, with the host's clock: this NIC cannot stamp every packet")
			row("NIC's clock", "%v", st.Estimator.State)
		} else {
			row("stamps", "by the NIC, every packet")
		}
	}
	row("state", "%v%s", b.State, map[bool]string{true: "", false: ": records would be flagged BAD_TS_RECV"}[b.State.Trusted()])
	if b.Cause != ptp.CauseNone && b.Cause != ptp.CauseNoReference && b.Cause != ptp.CauseReferenceLost { // the reference has its own row
		row("because", "%s", Advice(st))
	}
	row("bound", "%s", boundWords(b.BoundNS))
	row("reference", "%s", st.Why)
	if st.NoClock == "" {
		row("offset", "%v from the host's clock%s", time.Duration(st.OffsetNS), map[bool]string{true: ", TAI offset taken off"}[st.OffsetNS != st.Estimator.OffsetNS])
		if st.Estimator.FitNS > 0 {
			row("rate", "%+.3f ppm against the host's clock", float64(st.Estimator.RatePPB)/1000)
		} else {
			row("rate", "unknown: no line fits the readings yet")
		}
	}
	row("TAI offset", "%s (leap second table: %s)", taiWords(b.TAIOffset), orNone(st.LeapsFrom))
	hostWords := "kept by nobody"
	if st.Host.Synchronised {
		hostWords = fmt.Sprintf("synchronised within %v", time.Duration(st.Host.MaxErrorNS))
	}
	row("host clock", "%s", hostWords)
	if st.Heard {
		d := viewDaemon(&st.Daemon)
		row("ptp4l", "%s", strings.Join(nonEmpty(d.Health, d.Why), ": "))
		if st.Daemon.Health >= ptp4l.Uncalibrated {
			row("grandmaster", "%s, class %d, accuracy %s, %d steps away", d.Grandmaster, d.ClockClass, boundWords(d.AccuracyNS), d.StepsRemoved)
			row("servo", "%v off, path delay %v", time.Duration(d.OffsetNS), time.Duration(d.PathDelayNS))
		}
	}
	row("seen", "%d steps, %d of the host's clock, %d rate changes, %d freezes, %d silences", b.Steps,
		st.Estimator.SystemSteps+st.HostSteps, st.Estimator.RateChanges, st.Estimator.Freezes, st.Estimator.Silences)
	if err := w.Flush(); err != nil {
		return err
	}
	if st.NoClock != "" || len(history) == 0 {
		return nil
	}
	line, low, high := sparkline(history, 64)
	_, err := fmt.Fprintf(out, "\noffset over %v, from %v to %v:\n  %s\n", time.Duration(history[len(history)-1].NS-history[0].NS).Round(time.Millisecond),
		time.Duration(low), time.Duration(high), line)
	return err
}

// PrintLine tells it in one line, under a head where one is due.
func PrintLine(out io.Writer, st *clock.Status, head bool) error {
	b := &st.Block
	if head {
		fmt.Fprintf(out, "%-12s %-14s %12s %12s %10s %5s  %-13s %s\n", "time UTC", "state", "offset", "bound", "ppm", "steps", "ptp4l", "grandmaster")
	}
	gm, health := "-", "-"
	if st.Heard {
		health = st.Daemon.Health.String()
		if st.Daemon.Health >= ptp4l.Uncalibrated {
			gm = st.Daemon.State.Grandmaster.String()
		}
	}
	_, err := fmt.Fprintf(out, "%-12s %-14v %12v %12s %+10.3f %5d  %-13s %s\n", time.Unix(0, int64(b.UpdatedNS)).UTC().Format("15:04:05.000"), b.State,
		time.Duration(st.OffsetNS), boundWords(b.BoundNS), float64(st.Estimator.RatePPB)/1000, b.Steps, health, gm)
	return err
}

// sparkLevels are heights, lowest first, in characters every terminal and log has.
const sparkLevels = "_.-~=+*#"

// sparkline draws offsets in at most width columns; a column is the mean of its points, '!' where the clock had
// stepped, stood or was silent.
func sparkline(list []clock.Point, width int) (line string, low, high int64) {
	low, high = list[0].OffsetNS, list[0].OffsetNS
	for _, p := range list {
		low, high = min(low, p.OffsetNS), max(high, p.OffsetNS)
	}
	columns := min(width, len(list))
	var b strings.Builder
	for c := 0; c < columns; c++ {
		part := list[c*len(list)/columns : (c+1)*len(list)/columns]
		sum, broken := 0.0, false
		for _, p := range part {
			sum += float64(p.OffsetNS-low) / float64(len(part))
			broken = broken || p.State >= ptp.Stepped
		}
		if broken {
			b.WriteByte('!')
			continue
		}
		level := 0
		if high > low {
			level = int(sum / float64(high-low) * float64(len(sparkLevels)-1))
		}
		b.WriteByte(sparkLevels[max(0, min(level, len(sparkLevels)-1))])
	}
	return b.String(), low, high
}

func boundWords(ns uint64) string {
	if ns == 0 {
		return "unknown"
	}
	return "±" + time.Duration(ns).String()
}

func taiWords(seconds int32) string {
	if seconds == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%d s", seconds)
}

func orNone(s string) string { return orText(s, "none on this host") }

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func nonEmpty(list ...string) (out []string) {
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// publishedStates are shm's clock states in words.
var publishedStates = map[uint32]string{shm.ClockUnknown: "unknown", shm.ClockFree: "unsynchronised", shm.ClockAcquiring: "acquiring",
	shm.ClockLocked: "locked", shm.ClockHoldover: "holdover", shm.ClockCapture: "capture",
	shm.ClockStepped: "stepped", shm.ClockFrozen: "frozen", shm.ClockMissing: "missing"}

// staleAfterNS is when an instance's heartbeat, or its clock block, is too old to be believed.
const staleAfterNS = 2_000_000_000

// Published makes the JSON of what an instance has published of its clock.
func Published(name string, b *shm.ClockBlock, control *shm.ControlView, nowNS uint64) Clock {
	running := control.State() == shm.StateRunning && !control.Stale(nowNS, staleAfterNS)
	c := Clock{Instance: name, WriterRunning: &running, Device: shm.Text(b.Device[:]), State: publishedStates[b.State], Source: ptp.Source(b.Source).String(),
		OffsetNS: b.OffsetNS, BoundNS: b.BoundNS, FreqPPB: b.FreqPPB, TAIOffset: b.TAIOffset, Steps: b.Steps, UpdatedNS: b.UpdatedNS, Cause: "none"}
	if c.State == "" {
		c.State = fmt.Sprintf("state %d", b.State)
	}
	if b.Grandmaster != [8]uint8{} {
		var id protocol.ClockIdentity
		for _, octet := range b.Grandmaster {
			id = id<<8 | protocol.ClockIdentity(octet)
		}
		c.Grandmaster = id.String()
	}
	good := b.State == shm.ClockLocked || b.State == shm.ClockHoldover
	switch {
	case b.State == shm.ClockCapture:
		c.Trusted = true // as far as the capture's own times go
	case !running:
		c.Problem = fmt.Sprintf("instance %s is not running: this is the last it said of its clock", name)
	case good && nowNS > b.UpdatedNS && nowNS-b.UpdatedNS > staleAfterNS:
		c.Problem = fmt.Sprintf("instance %s has not looked at its clock for %v", name, time.Duration(nowNS-b.UpdatedNS).Round(time.Millisecond))
	case !good:
		c.Problem = fmt.Sprintf("instance %s: its clock is %s: records are flagged BAD_TS_RECV; 'wirebook ptp --interface IF' says why", name, c.State)
	default:
		c.Trusted = true
	}
	return c
}

// PrintPublished tells what an instance has published.
func PrintPublished(out io.Writer, c *Clock) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "instance\t%s\nclock\t%s\nstate\t%s\nstamps from\t%s\n", c.Instance, orNone(c.Device), c.State, c.Source)
	if c.State == "capture" {
		fmt.Fprintf(w, "time\tof the capture that is replayed\n")
	} else {
		fmt.Fprintf(w, "bound\t%s\noffset\t%v from the host's clock\nrate\t%+.3f ppm\nTAI offset\t%s\nsteps\t%d\ngrandmaster\t%s\nupdated\t%s\n",
			boundWords(c.BoundNS), time.Duration(c.OffsetNS), float64(c.FreqPPB)/1000, taiWords(c.TAIOffset), c.Steps, orText(c.Grandmaster, "none"),
			time.Unix(0, int64(c.UpdatedNS)).UTC().Format(time.RFC3339Nano))
	}
	return w.Flush()
}

// PrintPublishedLine tells it in one line, under a head where one is due.
func PrintPublishedLine(out io.Writer, c *Clock, head bool) error {
	if head {
		fmt.Fprintf(out, "%-12s %-14s %12s %12s %10s %5s  %s\n", "time UTC", "state", "offset", "bound", "ppm", "steps", "grandmaster")
	}
	_, err := fmt.Fprintf(out, "%-12s %-14s %12v %12s %+10.3f %5d  %s\n", time.Unix(0, int64(c.UpdatedNS)).UTC().Format("15:04:05.000"), c.State,
		time.Duration(c.OffsetNS), boundWords(c.BoundNS), float64(c.FreqPPB)/1000, c.Steps, strings.Join(nonEmpty(c.Grandmaster, c.Problem), "; "))
	return err
}
