package clockview

import (
	"fmt"
	"time"

	"wirebook/ptp"
	"wirebook/ptp/clock"
	"wirebook/ptp/phc"
)

// Bad says that stamps of a clock are not to be trusted, and why.
type Bad struct{ What string }

func (e Bad) Error() string { return e.What }

// Verdict is nil where stamps may be trusted.
func Verdict(st *clock.Status) error {
	if st.NoClock != "" {
		what := st.NoClock
		if st.Info.Interface == "" {
			what = "no network interface here has a PTP hardware clock"
			if list := phc.Devices(); len(list) > 0 {
				what += fmt.Sprintf(" (the kernel has %s, %q, which belongs to none)", list[0].Path, list[0].Name)
			}
			what += ": stamps come from the driver or the kernel and the host's clock; use a NIC with a PHC, or keep the host's clock synchronised with chrony or ptp4l"
		}
		return Bad{what}
	}
	if b := &st.Block; !b.State.Trusted() {
		if st.HostStamps {
			return Bad{fmt.Sprintf("%s cannot stamp every packet, and the host's clock, which stamps instead, is %v (%s): records would be flagged BAD_TS_RECV", st.Info.Interface, b.State, Advice(st))}
		}
		return Bad{fmt.Sprintf("%s: the clock is %v (%s): records would be flagged BAD_TS_RECV", b.Device, b.State, Advice(st))}
	}
	return nil
}

// Advice says what is wrong and what to do, for every cause.
func Advice(st *clock.Status) string {
	switch st.Block.Cause {
	case ptp.CauseNoReference, ptp.CauseReferenceLost:
		return "reference: " + st.Why
	case ptp.CauseFewSamples:
		return "it has not been read often enough yet; look again, or longer with --for"
	case ptp.CausePHCStep, ptp.CauseRateChange:
		return "the NIC's clock was set or its rate changed; ptp4l does so while it settles, and two programs that steer one clock do so for ever"
	case ptp.CauseSystemStep:
		return "the host's clock was set"
	case ptp.CauseRateRange:
		return "it runs faster or slower than an oscillator can; does something else steer it, or is the machine a suspended guest?"
	case ptp.CauseFrozen:
		return "it answers and does not advance; reload the driver or replace the NIC"
	case ptp.CauseSilent:
		return "it cannot be read: " + st.ReadError
	case ptp.CauseDisagreement:
		return "the grandmaster and the host's synchronised clock tell different times: check the TAI offset, and who keeps the host's clock"
	case ptp.CauseBoundTooLarge:
		return fmt.Sprintf("its error bound is %v, which is too wide; keep the host's clock with PTP instead of a far NTP server", time.Duration(st.Reference.BoundNS))
	}
	return st.Block.Cause.String()
}
