package ptp4l

import (
	"time"

	"github.com/facebook/time/ptp/protocol"
)

// Health sums up what is known of the daemon.
type Health uint8

// Healths.
const (
	Missing      Health = iota // no daemon: no socket, or nobody behind it
	Denied                     // the socket is there and not for us
	Silent                     // somebody has the socket and does not answer
	Lying                      // answers that are not ptp4l's, or cannot all be true
	Faulty                     // the port is FAULTY or DISABLED
	Idle                       // the daemon is well, and follows nobody on this port: LISTENING, MASTER, PASSIVE
	Uncalibrated               // a grandmaster is there, the servo has not settled
	Slave                      // the clock follows the grandmaster
	HealthCount
)

var healthNames = [HealthCount]string{"missing", "denied", "silent", "lying", "faulty", "idle", "uncalibrated", "slave"}

// String returns the name used in messages and JSON.
func (h Health) String() string {
	if h < HealthCount {
		return healthNames[h]
	}
	return "unknown"
}

// Report is the outcome of one Read.
type Report struct {
	Health Health
	Why    string // in words; empty with Slave
	Socket string // that was asked
	State  State  // what the daemon said; as far as it came with Silent and Lying
}

// Answered says whether State was read whole.
func (r *Report) Answered() bool { return r.Health >= Faulty }

// State is what a daemon says of itself.
type State struct {
	Identity protocol.ClockIdentity // its own
	Domain   uint8

	Port  Port   // the one that matters: Options.Interface's, else the best
	Ports []Port // all of them

	OffsetNS     int64 // from the grandmaster: ours minus his
	PathDelayNS  int64
	StepsRemoved uint16

	Grandmaster   protocol.ClockIdentity
	ClockClass    protocol.ClockClass    // of the grandmaster
	ClockAccuracy protocol.ClockAccuracy // of the grandmaster

	HasTimeStatus bool // TIME_STATUS_NP was answered: GMPresent and IngressNS are known
	GMPresent     bool
	IngressNS     int64 // receive time of the last Sync, on the daemon's clock

	TAIOffset          int16 // currentUtcOffset in seconds
	TAIOffsetValid     bool
	PTPTimescale       bool // the grandmaster counts TAI
	TimeTraceable      bool
	FrequencyTraceable bool
	Leap61, Leap59     bool // at the end of this UTC day
}

// Port is one port of the daemon.
type Port struct {
	Number       uint16
	State        protocol.PortState
	Interface    string // empty where the daemon does not say
	Timestamping protocol.Timestamping
	HasStamping  bool // Interface and Timestamping are known
}

// Hardware says whether the port uses the NIC's clock: only then does the daemon steer it. With software stamps it steers
// the host's clock instead.
func (p Port) Hardware() bool {
	return p.HasStamping && p.Timestamping != protocol.TimestampingSoftware
}

// Traceable says whether the grandmaster's time leads back to a recognised standard: it says so, or its class is that
// of a clock locked to one, or in holdover within its specification (IEEE 1588-2019 table 4: 6 and 7).
func (s *State) Traceable() bool { return s.TimeTraceable || s.ClockClass == 6 || s.ClockClass == 7 }

// AccuracyNS returns the grandmaster's accuracy as a bound; ok is false where it says that it does not know.
func (s *State) AccuracyNS() (ns uint64, ok bool) {
	if s.ClockAccuracy < protocol.ClockAccuracyNanosecond25 || s.ClockAccuracy > protocol.ClockAccuracySecond10 {
		return 0, false
	}
	return uint64(s.ClockAccuracy.Duration()), true
}

// Options says whom to ask and what to believe. Zero values become the defaults.
type Options struct {
	Socket      string        // of the daemon; the first of DefaultSockets that exists
	Domain      uint8         // PTP domain
	Interface   string        // port of interest; empty: the one that is closest to being SLAVE
	Timeout     time.Duration // of a whole Read; 300 ms
	MaxOffset   time.Duration // a SLAVE farther off is not believed; 1 ms
	SyncTimeout time.Duration // a SLAVE without a new Sync for so long is not believed; 5 s
	LocalDir    string        // for our own socket; the daemon's directory, else the temporary one
}

// DefaultSockets are the places ptp4l listens at, the one that needs no rights first (linuxptp 4 and later).
var DefaultSockets = []string{"/var/run/ptp4lro", "/var/run/ptp4l"}
