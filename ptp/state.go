package ptp

// State says how far a clock can be trusted.
type State uint8

// Clock states.
const (
	Unsynchronised State = iota // no reference, or one that cannot be believed: the time is the host's guess
	Acquiring                   // the reference is there, the fit is not yet
	Locked                      // UTC within the bound
	Holdover                    // the reference is gone: the last good line is continued, the bound grows
	Stepped                     // the clock jumped: the line is being found again
	Frozen                      // the clock answers and does not advance
	Missing                     // the clock does not answer
	StateCount
)

var stateNames = [StateCount]string{"unsynchronised", "acquiring", "locked", "holdover", "stepped", "frozen", "missing"}

// String returns the name used in messages and JSON.
func (s State) String() string {
	if s < StateCount {
		return stateNames[s]
	}
	return "unknown"
}

// Trusted says whether stamps made in this state may go without BAD_TS_RECV.
func (s State) Trusted() bool { return s == Locked || s == Holdover }

// Cause says why a clock is not simply Locked.
type Cause uint8

// Causes.
const (
	CauseNone          Cause = iota
	CauseNoReference         // neither ptp4l nor a synchronised host clock
	CauseFewSamples          // not enough cross timestamps yet
	CausePHCStep             // the PHC jumped against the host's raw clock
	CauseSystemStep          // the host's clock jumped, the PHC did not
	CauseRateChange          // the PHC's rate changed beyond the allowance; the line is being found again
	CauseRateRange           // the PHC runs faster or slower than any oscillator should
	CauseFrozen              // the PHC repeats itself
	CauseSilent              // no cross timestamp for too long
	CauseReferenceLost       // the reference went away; in Holdover, or its time is over
	CauseDisagreement        // the grandmaster and a synchronised host clock tell different times
	CauseBoundTooLarge       // the error bound is beyond Config.MaxBoundNS
	CauseCount
)

var causeNames = [CauseCount]string{"none", "no_reference", "few_samples", "phc_step", "system_step", "rate_change",
	"rate_range", "frozen", "silent", "reference_lost", "disagreement", "bound_too_large"}

// String returns the name used in messages and JSON.
func (c Cause) String() string {
	if c < CauseCount {
		return causeNames[c]
	}
	return "unknown"
}
