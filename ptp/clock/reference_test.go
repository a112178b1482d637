package clock

import (
	"strings"
	"testing"

	"github.com/facebook/time/leapsectz"
	"github.com/facebook/time/ptp/protocol"

	"wirebook/ptp"
	"wirebook/ptp/phc"
	"wirebook/ptp/ptp4l"
)

func TestReferenceIsTheBestThatCanBeBelieved(t *testing.T) {
	synchronised := phc.Host{Synchronised: true, MaxErrorNS: 3000, TAIOffset: 37}
	good := sight{report: slaveReport(t), asked: true, samePHC: true, worstNS: 40, utcNS: machineStart}
	table := ptp.LeapTable{{UTCSeconds: 1483228800, Offset: 37}}
	tests := []struct {
		name    string
		options Options
		change  func(*sight)
		kind    ptp.ReferenceKind
		tai     int16
		bound   uint32
		why     string
	}{
		{"grandmaster", Options{}, func(*sight) {}, ptp.ReferencePTP, 37, 40 + 480 + 100, "grandmaster 0000aa"},
		{"offset not vouched for, table", Options{}, func(s *sight) { s.report.State.TAIOffsetValid, s.leaps = false, table }, ptp.ReferencePTP, 37, 620, ""},
		{"offset known to nobody", Options{}, func(s *sight) { s.report.State.TAIOffsetValid = false }, ptp.ReferenceNone, 0, 0, "TAI offset"},
		{"class of a locked clock, flag not set", Options{}, func(s *sight) { s.report.State.TimeTraceable = false }, ptp.ReferencePTP, 37, 620, ""},
		{"accuracy unknown", Options{UnknownAccuracyNS: 1e6}, func(s *sight) { s.report.State.ClockAccuracy = protocol.ClockAccuracyUnknown }, ptp.ReferencePTP, 37, 1_000_520, ""},
		{"not traceable", Options{}, func(s *sight) { s.report.State.TimeTraceable, s.report.State.ClockClass = false, 248 }, ptp.ReferenceNone, 37, 0, "traceable"},
		{"not traceable, accepted", Options{AcceptUntraceable: true}, func(s *sight) { s.report.State.TimeTraceable, s.report.State.ClockClass = false, 248 }, ptp.ReferencePTP, 37, 620, ""},
		{"own time scale", Options{}, func(s *sight) { s.report.State.PTPTimescale = false }, ptp.ReferenceNone, 0, 0, "time scale"},
		{"own time scale, accepted", Options{AcceptUntraceable: true}, func(s *sight) { s.report.State.PTPTimescale = false; s.leaps = table }, ptp.ReferencePTP, 0, 620, ""},
		{"another NIC's clock", Options{}, func(s *sight) { s.samePHC, s.host = false, synchronised }, ptp.ReferenceSystem, 37, 3000, "another one"},
		{"software stamps", Options{}, func(s *sight) { s.report.State.Port.Timestamping, s.host = 0, synchronised }, ptp.ReferenceSystem, 37, 3000, "software"},
		{"software stamps, far", Options{}, func(s *sight) {
			s.report.State.Port.Timestamping, s.host, s.keptNS = 0, synchronised, 50_580
		}, ptp.ReferenceSystem, 37, 50_580, ""},
		{"uncalibrated", Options{}, func(s *sight) { s.report.Health, s.report.Why = ptp4l.Uncalibrated, "it settles" }, ptp.ReferenceNone, 0, 0, "it settles"},
		{"lying, host kept", Options{}, func(s *sight) { s.report.Health, s.report.Why, s.host = ptp4l.Lying, "it lies", synchronised }, ptp.ReferenceSystem, 37, 3000, "it lies"},
		{"faulty, host kept from this PHC", Options{}, func(s *sight) {
			s.report.Health, s.report.Why, s.host, s.tied = ptp4l.Faulty, "it is down", synchronised, true
		}, ptp.ReferenceNone, 37, 0, "phc2sys), since it is down"},
		{"faulty, host kept otherwise", Options{HostIndependent: true}, func(s *sight) {
			s.report.Health, s.host, s.tied = ptp4l.Faulty, synchronised, true
		}, ptp.ReferenceSystem, 37, 3000, ""},
		{"keeper too sure of himself", Options{HostFloorNS: 10_000}, func(s *sight) { s.asked, s.host = false, synchronised }, ptp.ReferenceSystem, 37, 10_000, ""},
		{"nobody asked, host kept", Options{}, func(s *sight) { s.asked, s.host = false, synchronised }, ptp.ReferenceSystem, 37, 3000, "kept synchronised"},
		{"nothing", Options{}, func(s *sight) { s.asked = false }, ptp.ReferenceNone, 37, 0, "nothing"},
		{"host trusted", Options{TrustHost: true, HostBoundNS: 9}, func(s *sight) { s.asked = false }, ptp.ReferenceSystem, 37, 9, "configuration"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := good
			test.change(&s)
			r, why := test.options.reference(&s)
			if r.Kind != test.kind || r.TAIOffset != test.tai || r.BoundNS != test.bound || !strings.Contains(why, test.why) {
				t.Errorf("%+v: %s", r, why)
			}
			if s.host.Synchronised != (r.SystemBoundNS > 0) {
				t.Errorf("second opinion of %d ns", r.SystemBoundNS)
			}
		})
	}
}

func TestLeapList(t *testing.T) {
	const list = "#$ 3929093563\n#@ 3991593600\n2272060800      10      # 1 Jan 1972\n2287785600\t11\n3692217600 37 # 1 Jan 2017\n"
	table, err := parseLeapList(strings.NewReader(list))
	if err != nil || len(table) != 3 || table[0] != (ptp.Leap{UTCSeconds: 63072000, Offset: 10}) || table[2] != (ptp.Leap{UTCSeconds: 1483228800, Offset: 37}) {
		t.Errorf("%v, %v", table, err)
	}
	for _, bad := range []string{"", "# nothing\n", "1 2 3\n", "x 10\n", "2272060800 x\n", "3692217600 37\n2272060800 10\n"} {
		if table, err := parseLeapList(strings.NewReader(bad)); err == nil {
			t.Errorf("%q gave %v", bad, table)
		}
	}
}

// TestLeapsOfThisHost compares the two tables of the operating system with each other.
func TestLeapsOfThisHost(t *testing.T) {
	table, from, err := Leaps()
	if err != nil {
		t.Skip(err)
	}
	if !table.Sorted() {
		t.Errorf("%s is out of order", from)
	}
	if offset, ok := table.AtUTC(1_500_000_000_000_000_000); !ok || offset != 37 {
		t.Errorf("TAI-UTC in 2017 by %s: %d", from, offset)
	}
	seconds, err := leapsectz.Parse(leapZone)
	if err != nil {
		t.Skipf("%s: %v: nothing to compare with", leapZone, err)
	}
	other := fromZone(seconds)
	for year := uint64(1973); year < 2030; year++ {
		at := (year - 1970) * 31_556_952 * 1_000_000_000
		a, _ := table.AtUTC(at)
		b, _ := other.AtUTC(at)
		if a != b {
			t.Errorf("%d: %d by %s, %d by %s", year, a, from, b, leapZone)
		}
	}
}
