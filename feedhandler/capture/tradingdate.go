package capture

import (
	"path/filepath"
	"regexp"
	"time"
	_ "time/tzdata" // New York must be known on every machine, or the same file would give other bytes
)

var (
	eightDigits = regexp.MustCompile(`\d{8}`)
	sixDigits   = regexp.MustCompile(`(?i)^S(\d{6})-`)
)

// tradingDate is the day given, or the day in the file's name: 01302020 (month first), 20190530, or S012020-v50 (month,
// day, two digits of year). Without either it is the first day of 1970.
func tradingDate(given time.Time, name string) (time.Time, bool) {
	if !given.IsZero() {
		return given, true
	}
	base := filepath.Base(name)
	if m := sixDigits.FindStringSubmatch(base); m != nil {
		if d, err := time.Parse("010206", m[1]); err == nil {
			return d, true
		}
	}
	for _, digits := range eightDigits.FindAllString(base, -1) {
		for _, form := range []string{"01022006", "20060102"} {
			if d, err := time.Parse(form, digits); err == nil && d.Year() >= 1990 && d.Year() < 2100 {
				return d, true
			}
		}
	}
	return time.Unix(0, 0).UTC(), false
}

// midnightNewYork is the UTC time, ns, at which the day began in New York.
func midnightNewYork(day time.Time) uint64 {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		// Cannot be: the table is linked in. Eastern standard time is the least wrong.
		zone = time.FixedZone("EST", -5*3600)
	}
	y, m, d := day.Date()
	return uint64(time.Date(y, m, d, 0, 0, 0, 0, zone).UnixNano())
}
