package nasdaq

import (
	"encoding/binary"
	"math"

	"wirebook/book"
)

// tradingDay turns times of day into UTC. The day begins as configured, or as that of the first packet; from then on
// times lead over midnight by themselves, in both directions: a session may go on in the night.
type tradingDay struct {
	midnight uint64 // 00:00 New York of the trading date, UTC ns; 0: not known yet, never a real value
	date     uint64 // configured date, 0: take the first packet's
	last     uint64 // where receive times are of another day: the time before
	apart    bool   // receive times are of another day: the date is configured, or an old day is sent again
}

const (
	halfDayNS = dayNS / 2
	// sureNS is how near to the receive time another day must bring a time of day. Feeds are within seconds; a day that
	// is sent again at another hour is not, nor is one whose times count from midnight in UTC: they keep their date.
	sureNS = 3 * hourNS
	// mostTimeNS is the longest day: 25 hours, in autumn.
	mostTimeNS = dayNS + hourNS
)

// restart forgets the day, unless it is configured.
func (d *tradingDay) restart() {
	*d = tradingDay{date: d.date, apart: d.date != 0}
	if d.apart {
		d.midnight = easternMidnight(d.date)
	}
}

// window is what times of this day lie in: from lo on, less than width further. About the receive time it is a day wide.
// Where receive times say nothing, a time more than half a day before the last is one of the next day: the feed may have
// been quiet for any time, but does not go back.
func (d *tradingDay) window(b *book.Batch) (lo, width uint64) {
	if d.apart {
		return lowest(d.last), math.MaxUint64 / 2
	}
	if received := packetTime(b); received != 0 {
		return received - halfDayNS, dayNS
	}
	return 0, math.MaxUint64
}

// lowest is where the window begins for what follows a time.
func lowest(last uint64) uint64 { return max(last, halfDayNS) - halfDayNS }

// place makes the day that of a message, whose 48 bits of time stand at a place.
func (d *tradingDay) place(b *book.Batch, msg []byte, at int) {
	if d.midnight == 0 {
		d.midnight = easternMidnight(packetTime(b))
	}
	if len(msg) < at+6 {
		return
	}
	t := uint64(binary.BigEndian.Uint16(msg[at:]))<<32 | uint64(binary.BigEndian.Uint32(msg[at+2:]))
	if lo, width := d.window(b); d.midnight+t-lo >= width {
		if t >= mostTimeNS {
			return // no time of day
		}
		d.turn(t, packetTime(b))
	}
	if d.apart {
		d.last = d.midnight + t
	}
}

// turn goes to the day that brings a time of day near to the receive time. Where none does, receive times say nothing of
// this feed's day, and the day after is all there is to turn to.
func (d *tradingDay) turn(t, received uint64) {
	if d.apart {
		d.midnight = easternMidnight(d.midnight + dayNS + halfDayNS)
		return
	}
	today := easternMidnight(received)
	for _, midnight := range [...]uint64{easternMidnight(today - halfDayNS), today, easternMidnight(today + dayNS + halfDayNS)} {
		if midnight+t-received+sureNS < 2*sureNS {
			d.midnight = midnight
			return
		}
	}
	d.apart = true
}

// Where the time stands in every message, behind the type, the tracking number and, in ITCH, the locate code.
const (
	itchTimeAt = 5
	bboTimeAt  = 3
)
