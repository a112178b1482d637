package ptp4l

import (
	"fmt"
	"strings"
	"time"

	"github.com/facebook/time/ptp/protocol"
)

// past is what the daemon said before on this connection.
type past struct {
	identity  protocol.ClockIdentity
	ingressNS int64
	advanced  time.Time // when ingressNS was last seen to change
}

// preference orders port states by how much they say of the clock.
var preference = map[protocol.PortState]int{
	protocol.PortStateSlave: 6, protocol.PortStateUncalibrated: 5, protocol.PortStateFaulty: 4,
	protocol.PortStateListening: 3, protocol.PortStateMaster: 2, protocol.PortStateGrandMaster: 2,
}

// judge chooses the port and decides what the answers amount to.
func (c *Client) judge(s *State) (Health, string) {
	socket := c.socket()
	if c.past.identity != 0 && c.past.identity != s.Identity {
		return Lying, fmt.Sprintf("%s was clock %v and is now clock %v, without a restart", socket, c.past.identity, s.Identity)
	}
	found := false
	var names []string
	for _, p := range s.Ports {
		names = append(names, p.Interface)
		if c.options.Interface != "" && p.HasStamping && p.Interface != c.options.Interface {
			continue
		}
		if !found || preference[p.State] > preference[s.Port.State] {
			s.Port, found = p, true
		}
	}
	if !found {
		return Idle, fmt.Sprintf("ptp4l runs on %s, not on %s", strings.Join(names, ", "), c.options.Interface)
	}
	where := s.Port.Interface
	if where == "" {
		where = fmt.Sprintf("port %d", s.Port.Number)
	}
	switch s.Port.State {
	case protocol.PortStateSlave:
		if lie := c.slaveLie(s); lie != "" {
			return Lying, fmt.Sprintf("%s: %s is SLAVE, but %s", socket, where, lie)
		}
		return Slave, ""
	case protocol.PortStateUncalibrated:
		return Uncalibrated, fmt.Sprintf("%s: ptp4l has found grandmaster %v and has not settled on it", where, s.Grandmaster)
	case protocol.PortStateFaulty:
		return Faulty, fmt.Sprintf("%s is FAULTY: link down, or no transmit stamps (tx_timestamp_timeout); see ptp4l's log", where)
	case protocol.PortStateDisabled:
		return Faulty, fmt.Sprintf("%s is DISABLED in ptp4l", where)
	case protocol.PortStateMaster, protocol.PortStatePreMaster, protocol.PortStateGrandMaster:
		return Idle, fmt.Sprintf("%s is %v: this host gives the time, nobody checks it (set slaveOnly or clientOnly)", where, s.Port.State)
	case protocol.PortStatePassive:
		return Idle, fmt.Sprintf("%s is PASSIVE: another port or clock serves this network", where)
	}
	return Idle, fmt.Sprintf("%s is %v: no grandmaster is heard; is PTP multicast (224.0.1.129) let through in domain %d?", where, s.Port.State, s.Domain)
}

// slaveLie returns what contradicts a port that says it is SLAVE, in words; empty where nothing does.
func (c *Client) slaveLie(s *State) string {
	switch {
	case s.HasTimeStatus && !s.GMPresent:
		return "no grandmaster is present"
	case s.StepsRemoved == 0:
		return "it is zero steps from its grandmaster"
	case s.Grandmaster == s.Identity:
		return "it is its own grandmaster"
	case s.Grandmaster == 0:
		return "its grandmaster has no identity"
	case s.OffsetNS > int64(c.options.MaxOffset) || s.OffsetNS < -int64(c.options.MaxOffset):
		return fmt.Sprintf("it is %v from its grandmaster; more than %v is not believed", time.Duration(s.OffsetNS), c.options.MaxOffset)
	case s.PathDelayNS < -int64(time.Millisecond) || s.PathDelayNS > int64(time.Second):
		return fmt.Sprintf("it measures a path of %v", time.Duration(s.PathDelayNS))
	case s.PTPTimescale && s.TAIOffsetValid && (s.TAIOffset < 10 || s.TAIOffset > 255):
		return fmt.Sprintf("its TAI offset, said to be valid, is %d s", s.TAIOffset)
	}
	if !s.HasTimeStatus {
		return ""
	}
	now := c.now()
	if s.IngressNS != c.past.ingressNS || c.past.advanced.IsZero() {
		c.past.ingressNS, c.past.advanced = s.IngressNS, now
	}
	if still := now.Sub(c.past.advanced); still >= c.options.SyncTimeout {
		return fmt.Sprintf("it has had no Sync for %v", still.Round(100*time.Millisecond))
	}
	return ""
}
