package ptp

// Sample is one cross timestamp: the host's UTC clock just before and just after the PHC was read. Wherever between the
// two the reading happened, UTC by the host was within [BeforeNS, AfterNS] when the PHC showed PHC.
type Sample struct {
	BeforeNS uint64 // CLOCK_REALTIME, ns since the UNIX epoch
	PHC      uint64 // ns on the PHC's own scale, TAI where a grandmaster sets it
	AfterNS  uint64 // CLOCK_REALTIME
	RawNS    uint64 // CLOCK_MONOTONIC_RAW nearby: nobody steps or slews it, so it tells who of the two others jumped
}

// WidthNS returns the width of the interval.
func (s *Sample) WidthNS() uint64 { return s.AfterNS - s.BeforeNS }

// MidNS returns the middle of the interval.
func (s *Sample) MidNS() uint64 { return s.BeforeNS + (s.AfterNS-s.BeforeNS)/2 }

// ReferenceKind says what UTC is taken from.
type ReferenceKind uint8

// References.
const (
	ReferenceNone   ReferenceKind = iota // nothing that can be believed
	ReferenceSystem                      // the host's clock, which somebody keeps synchronised
	ReferencePTP                         // the PHC itself, which ptp4l keeps on the grandmaster's TAI
)

// String returns the name used in messages and JSON.
func (k ReferenceKind) String() string {
	switch k {
	case ReferenceSystem:
		return "system"
	case ReferencePTP:
		return "ptp"
	}
	return "none"
}

// Reference is what is known of the source of UTC at this moment.
type Reference struct {
	Kind          ReferenceKind
	TAIOffset     int16  // TAI-UTC in seconds; needed with ReferencePTP
	BoundNS       uint32 // error of the reference against UTC
	SystemBoundNS uint32 // error of the host's clock where it is synchronised, else 0: a second opinion on ReferencePTP
}

// Config holds an Estimator's limits. Zero values become the defaults.
type Config struct {
	Window      int    // samples the line is fitted over; 32, at most 64
	MinSamples  int    // fewest for a fit; 5
	MinSpanNS   uint64 // least time they span; 400 ms
	MaxRatePPB  int64  // rates beyond are not believed; 500_000
	WanderPPB   int64  // how much the PHC's rate may differ from the fitted one within a window; 1000
	HoldoverPPB int64  // growth of the bound without a reference; 1000
	HoldoverNS  uint64 // longest holdover; 60 s
	MaxBoundNS  uint32 // a bound beyond this is not Locked; 10 ms
	SilentNS    uint64 // no sample for so long: Missing; 500 ms
	HorizonNS   uint32 // see Model; 2 s
	DisagreeNS  uint64 // difference of grandmaster and host clock, beyond both bounds, that breaks the trust; 10 ms
}

// maxWindow bounds Config.Window: the fit compares every pair.
const maxWindow = 64

func (c Config) withDefaults() Config {
	set(&c.Window, 32)
	set(&c.MinSamples, 5)
	set(&c.MinSpanNS, 400_000_000)
	set(&c.MaxRatePPB, 500_000)
	set(&c.WanderPPB, 1000)
	set(&c.HoldoverPPB, 1000)
	set(&c.HoldoverNS, 60_000_000_000)
	set(&c.MaxBoundNS, 10_000_000)
	set(&c.SilentNS, 500_000_000)
	set(&c.HorizonNS, 2_000_000_000)
	set(&c.DisagreeNS, 10_000_000)
	c.MinSamples = max(c.MinSamples, 3)
	c.Window = min(max(c.Window, c.MinSamples), maxWindow)
	c.MinSamples = min(c.MinSamples, c.Window)
	return c
}

func set[T int | int64 | uint32 | uint64](v *T, fallback T) {
	if *v <= 0 {
		*v = fallback
	}
}
