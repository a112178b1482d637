package view

import (
	"strconv"

	"wirebook/feedhandler/export"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// told says whether the record's unit is known.
func told(p *segment.Position) bool { return p.Place == shm.Placed || p.Place == shm.Inside }

// appendPosition appends a record's place in the venue's numbers, and when its burst was received, taken and committed:
//
//	east SIM0000001 4711.2  14:30:00.000123456 +1830 +412 ns
//
// is the third record of unit 4711; the times behind the first are from one to the next. What is not known is told by name. A record
// of the appliance's own tells its session and unit itself.
func appendPosition(b []byte, r *Record, raw bool) []byte {
	p := r.Natural
	b = append(b, "  | "...)
	if !told(p) {
		return append(b, p.Place.String()...)
	}
	b = append(append(b, p.ChannelName...), ' ')
	if b = append(b, sessionText(p)...); p.Resets > 0 {
		b = strconv.AppendUint(append(b, '/'), uint64(p.Resets), 10)
	}
	b = append(strconv.AppendUint(append(b, ' '), p.Unit, 10), '.')
	if p.Place == shm.Placed && !p.Filtered {
		b = strconv.AppendUint(b, p.K, 10)
	} else {
		b = append(b, '?')
	}
	if b = append(b, "  "...); raw {
		b = strconv.AppendUint(b, p.Times.RecvNS, 10)
	} else {
		b = appendTime(b, p.Times.RecvNS)
	}
	if p.Times.CommitNS == 0 {
		return b
	}
	for _, d := range []int64{int64(p.Times.TakenNS - p.Times.RecvNS), int64(p.Times.CommitNS - p.Times.TakenNS)} {
		if b = append(b, ' '); d >= 0 {
			b = append(b, '+')
		}
		b = strconv.AppendInt(b, d, 10)
	}
	return append(b, " ns"...)
}

// sessionText is the session as people tell it; what the table forgot has its number only.
func sessionText(p *segment.Position) string {
	if p.SessionName == "" {
		return "session " + strconv.FormatUint(uint64(p.Session), 10)
	}
	return p.SessionName
}

// appendPositionJSON appends the same as columns. What is not known is null, and place says why.
func appendPositionJSON(b []byte, r *Record, wide func([]byte, uint64) []byte) []byte {
	p := r.Natural
	b = append(b, `,"place":`...)
	b = export.AppendJSONString(b, p.Place.String())
	known := told(p)
	number := func(name string, ok bool, v uint64) {
		b = append(append(append(b, `,"`...), name...), `":`...)
		if ok {
			b = wide(b, v)
		} else {
			b = append(b, "null"...)
		}
	}
	if !r.Own() {
		b = append(b, `,"channel_name":`...)
		b = export.AppendJSONString(b, p.ChannelName)
		b = append(b, `,"session":`...)
		b = export.AppendJSONString(b, p.SessionName)
		b = append(b, `,"session_number":`...)
		b = strconv.AppendUint(b, uint64(p.Session), 10)
		b = append(b, `,"resets":`...)
		if p.Named || p.Session == 0 {
			b = strconv.AppendUint(b, uint64(p.Resets), 10)
		} else {
			b = append(b, "null"...) // the table forgot the session
		}
		number("unit", known, p.Unit)
		number("k", p.Place == shm.Placed && !p.Filtered, p.K)
	}
	known = known || p.Place == shm.ApplianceMade
	number("ts_burst", known && p.Times.RecvNS != 0, p.Times.RecvNS)
	number("ts_taken", known && p.Times.TakenNS != 0, p.Times.TakenNS)
	number("ts_commit", known && p.Times.CommitNS != 0, p.Times.CommitNS)
	return b
}
