package live

import (
	"fmt"
	"sync/atomic"
	"time"

	"wirebook/feedhandler/config"
)

const (
	silentAfter = time.Minute      // of hearing nothing, a channel says so
	silentAgain = 10 * time.Minute // and again
)

// quiet is what is known of a channel's silence.
type quiet struct {
	heard uint64    // newest datagram
	since time.Time // nothing came, in session hours
	said  time.Time // zero: not yet
	word  *uint64
}

// watchSilence says which channels hear nothing in their session hours, on any line. A line that is silent beside another
// shows in its losses; here there is nothing that anything could be missing from.
func (h *Handler) watchSilence(now time.Time) {
	said := false
	for _, f := range h.feeds {
		q := h.quiet[f.Name]
		if q == nil {
			q = &quiet{since: now, word: h.counter("channel_silent_seconds", fmt.Sprintf("channel=%q", f.Name))}
			h.quiet[f.Name] = q
		}
		if heard := f.Part.LastHeardNS(); heard != q.heard || !inSession(venueOf(&f.Spec), now) {
			if !q.said.IsZero() && heard != q.heard {
				h.log.Info("a channel hears again", "channel", f.Name, "after", now.Sub(q.since).Round(time.Second))
			}
			q.heard, q.since, q.said = heard, now, time.Time{}
		}
		silent := now.Sub(q.since)
		if silent < silentAfter {
			atomic.StoreUint64(q.word, 0)
			continue
		}
		atomic.StoreUint64(q.word, uint64(silent/time.Second))
		if now.Sub(q.said) < silentAgain {
			continue
		}
		q.said = now
		h.log.Warn("a channel hears nothing in its session hours: is it the right group, interface and VLAN, does the switch forward it, does another program's filter take it?",
			"channel", f.Name, "for", silent.Round(time.Second))
		said = true
	}
	if said {
		h.warnTaken()
	}
}

// forgetSilence ends the account of a channel that leaves: one of its name that comes later begins its own.
func (h *Handler) forgetSilence(channel string) {
	if q := h.quiet[channel]; q != nil {
		atomic.StoreUint64(q.word, 0)
		delete(h.quiet, channel)
	}
}

func venueOf(c *config.Channel) string {
	p, err := config.FindProfile(c.Profile)
	if err != nil {
		return ""
	}
	return p.Venue
}

// inSession says whether a venue sends at a time of an ordinary week. Of one that is not known here it is always said: to
// warn on a holiday is better than to be silent on a working day.
func inSession(venue string, now time.Time) bool {
	zone := "America/New_York"
	if venue == "GLBX" {
		zone = "America/Chicago"
	}
	place, err := time.LoadLocation(zone)
	if err != nil {
		return true
	}
	t := now.In(place)
	day, hour := t.Weekday(), t.Hour()
	switch venue {
	case "XNAS", "XBOS", "XPSX", "IEXG":
		return day != time.Saturday && day != time.Sunday && hour >= 8 && hour < 17 // what all of them have
	case "GLBX":
		return hour != 16 && day != time.Saturday && (day != time.Sunday || hour >= 17) && (day != time.Friday || hour < 16)
	}
	return true
}
