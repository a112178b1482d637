package nasdaq

// US Eastern time as arithmetic: the feed handler reads no clock and no zone files.
//
// Energy Policy Act of 2005: from 2007 daylight time runs from the second Sunday of March to the first Sunday of
// November. Uniform Time Act as amended in 1986: from 1987 to 2006 from the first Sunday of April to the last of
// October. Earlier years follow the second rule; no ITCH feed is that old. The changes are at 02:00 local time.

const (
	nsPerSecond = 1_000_000_000
	dayNS       = 86_400 * nsPerSecond
	hourNS      = 3_600 * nsPerSecond

	standardNS = 5 * hourNS // UTC minus Eastern Standard Time
	daylightNS = 4 * hourNS

	springNS = 2*hourNS + standardNS // UTC of the change on its day, in spring and in autumn
	autumnNS = 2*hourNS + daylightNS
)

// easternMidnight returns the UTC time of 00:00 in New York of the trading date that utc, UTC ns, falls on.
// Times before 1970-01-02 count as 1970-01-02: they stand for a capture without a clock.
func easternMidnight(utc uint64) uint64 {
	if utc < dayNS {
		utc = dayNS + standardNS
	}
	year, _, _ := civil(utc / dayNS)
	start, end := daylight(year)
	offset := uint64(standardNS)
	if utc >= start*dayNS+springNS && utc < end*dayNS+autumnNS {
		offset = daylightNS
	}
	day := (utc - offset) / dayNS
	// At midnight of a day of change the old offset still holds. The year cannot have turned in between two
	// offsets: both changes are months away from it.
	offset = standardNS
	if day > start && day <= end {
		offset = daylightNS
	}
	return day*dayNS + offset
}

// daylight returns the days (since 1970-01-01) on which daylight time starts and ends in a year.
func daylight(year uint64) (start, end uint64) {
	if year >= 2007 {
		return sundayFrom(days(year, 3, 8)), sundayFrom(days(year, 11, 1))
	}
	return sundayFrom(days(year, 4, 1)), sundayFrom(days(year, 10, 25))
}

// sundayFrom returns the first Sunday on or after a day. 1970-01-01 was a Thursday.
func sundayFrom(day uint64) uint64 { return day + (10-day%7)%7 }

// days counts from 1970-01-01 to a date of the Gregorian calendar; the year starts in March so that the leap day
// is its last.
func days(year, month, day uint64) uint64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	leap := year/4 - year/100 + year/400
	return 365*year + leap + (153*(month-3)+2)/5 + day - 1 - 719_468
}

// civil is the inverse of days.
func civil(day uint64) (year, month, dayOfMonth uint64) {
	day += 719_468
	era := day / 146_097
	doe := day % 146_097
	yoe := (doe - doe/1_460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	year, month, dayOfMonth = yoe+400*era, mp+3, doy-(153*mp+2)/5+1
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, dayOfMonth
}
