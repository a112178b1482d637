package replay

import (
	"fmt"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
)

// toldLatecomers bounds how many destinations are named one by one.
const toldLatecomers = 20

// latecomers looks at what no channel takes of a capture that could be looked at in part only: what carries the feed and
// began later is told, since it cannot be read any more.
type latecomers struct {
	survey  *survey
	profile config.Profile
	known   int // destinations of the part that was looked at
	told    map[*destination]bool
	warn    func(string)
}

// see takes a packet that was not routed.
func (l *latecomers) see(pkt *capture.Packet) {
	l.survey.newest = nil
	l.survey.add(pkt)
	dst := l.survey.newest
	if dst == nil || dst.index < l.known || l.told[dst] || !dst.isFeed() {
		return
	}
	l.told[dst] = true
	switch n := len(l.told); {
	case n <= toldLatecomers:
		l.warn(fmt.Sprintf("%s carries %s and began after the look ahead, which found the channels: it is not read; name the channels in a configuration (--config), or give the capture as a file", dst, l.profile.Name))
	case n == toldLatecomers+1:
		l.warn("more groups carry it that began later: wire_unrouted counts their packets")
	}
}
