package ptp

// Leap is one change of TAI-UTC.
type Leap struct {
	UTCSeconds int64 // UNIX time from which Offset holds
	Offset     int16 // TAI-UTC in seconds
}

// LeapTable is the history of TAI-UTC, oldest first. It comes from the operating system's table: nothing here knows a
// leap second by heart.
type LeapTable []Leap

// AtUTC returns TAI-UTC at a UTC time in nanoseconds. ok is false before the table begins or where it is empty.
func (t LeapTable) AtUTC(ns uint64) (offset int16, ok bool) {
	seconds := int64(ns / 1e9)
	for i := len(t) - 1; i >= 0; i-- {
		if seconds >= t[i].UTCSeconds {
			return t[i].Offset, true
		}
	}
	return 0, false
}

// AtTAI returns TAI-UTC at a TAI time in nanoseconds since the TAI epoch of 1970 (the time scale of PTP). The leap
// second itself still has the offset before it.
func (t LeapTable) AtTAI(ns uint64) (offset int16, ok bool) {
	seconds := int64(ns / 1e9)
	for i := len(t) - 1; i >= 0; i-- {
		if seconds >= t[i].UTCSeconds+int64(t[i].Offset) {
			return t[i].Offset, true
		}
	}
	return 0, false
}

// Sorted says whether the table is in order, as the look-ups need it.
func (t LeapTable) Sorted() bool {
	for i := 1; i < len(t); i++ {
		if t[i].UTCSeconds <= t[i-1].UTCSeconds {
			return false
		}
	}
	return true
}
