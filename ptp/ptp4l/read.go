package ptp4l

import (
	"errors"
	"time"

	"github.com/facebook/time/ptp/protocol"
)

// maxPorts bounds what a daemon may claim to have.
const maxPorts = 256

// Read asks for everything and judges it. It takes no longer than Options.Timeout, whatever the daemon does.
//
// A daemon is called a liar only when it says the impossible twice in a row: the data sets are read one after the other,
// and the daemon may well change its mind between two of them.
func (c *Client) Read() Report {
	deadline := c.now().Add(c.options.Timeout)
	r := c.read(deadline)
	// A daemon that restarted has a new socket: its old one refuses, once.
	if r.Health == Missing || r.Health == Lying && c.now().Before(deadline) {
		if again := c.read(deadline); r.Health == Missing || again.Health != Silent {
			r = again
		}
	}
	if r.Health < Lying {
		c.Close()
	} else if r.State.Identity != 0 {
		c.past.identity = r.State.Identity
	}
	return r
}

func (c *Client) read(deadline time.Time) (r Report) {
	r.Socket = c.socket()
	fresh := c.conn == nil
	err := c.connect()
	if err == nil {
		err = c.ask(&r.State, deadline)
	}
	if err == nil {
		r.Health, r.Why = c.judge(&r.State)
		return r
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{Lying, r.Socket + ": " + err.Error()}
	}
	if f.health == Missing && !fresh {
		c.Close() // connect anew at the second try
	}
	r.Health, r.Why = f.health, f.why
	return r
}

// one asks for a data set that has exactly one answer, and that every PTP daemon must have.
func (c *Client) one(s *State, id protocol.ManagementID, deadline time.Time) (*answer, error) {
	list, err := c.get(id, 1, deadline)
	if err != nil {
		return nil, err
	}
	a := &list[0]
	if a.failed != 0 {
		return nil, fail(Lying, "%s refuses data set 0x%04x (%v), which ptp4l has", c.socket(), uint16(id), a.failed)
	}
	if s.Identity != 0 && a.source.ClockIdentity != s.Identity {
		return nil, fail(Lying, "%s answers as clock %v and as clock %v", c.socket(), s.Identity, a.source.ClockIdentity)
	}
	return a, nil
}

func (c *Client) ask(s *State, deadline time.Time) error {
	a, err := c.one(s, protocol.IDDefaultDataSet, deadline)
	if err != nil {
		return err
	}
	own, err := tlv[*protocol.DefaultDataSetTLV](a)
	if err != nil {
		return err
	}
	s.Identity, s.Domain = own.ClockIdentity, own.DomainNumber
	if a.source.ClockIdentity != s.Identity {
		return fail(Lying, "%s answers as clock %v and calls itself %v", c.socket(), a.source.ClockIdentity, s.Identity)
	}
	if own.NumberPorts == 0 || own.NumberPorts > maxPorts {
		return fail(Lying, "%s says it has %d ports", c.socket(), own.NumberPorts)
	}
	if err := c.ports(s, int(own.NumberPorts), deadline); err != nil {
		return err
	}

	if a, err = c.one(s, protocol.IDCurrentDataSet, deadline); err != nil {
		return err
	}
	current, err := tlv[*protocol.CurrentDataSetTLV](a)
	if err != nil {
		return err
	}
	s.StepsRemoved = current.StepsRemoved
	s.OffsetNS, s.PathDelayNS = int64(current.OffsetFromMaster)>>16, int64(current.MeanPathDelay)>>16

	if a, err = c.one(s, protocol.IDParentDataSet, deadline); err != nil {
		return err
	}
	parent, err := tlv[*protocol.ParentDataSetTLV](a)
	if err != nil {
		return err
	}
	s.Grandmaster = parent.GrandmasterIdentity
	s.ClockClass, s.ClockAccuracy = parent.GrandmasterClockQuality.ClockClass, parent.GrandmasterClockQuality.ClockAccuracy

	if a, err = c.one(s, protocol.IDTimePropertiesDataSet, deadline); err != nil {
		return err
	}
	if err := s.timeProperties(a); err != nil {
		return err
	}
	return c.timeStatus(s, deadline)
}

// ports reads every port: with linuxptp's own data set, which names the interface and the kind of stamps, else with the
// standard one.
func (c *Client) ports(s *State, count int, deadline time.Time) error {
	list, err := c.get(protocol.IDPortPropertiesNP, count, deadline)
	if err != nil {
		return err
	}
	standard := list[0].failed != 0
	if standard {
		if list, err = c.get(protocol.IDPortDataSet, count, deadline); err != nil {
			return err
		}
		if list[0].failed != 0 {
			return fail(Lying, "%s tells nothing of its ports (%v)", c.socket(), list[0].failed)
		}
	}
	for i := range list {
		var p Port
		if standard {
			if p, err = portDataSet(&list[i]); err != nil {
				return err
			}
		} else {
			t, err := tlv[*protocol.PortPropertiesNPTLV](&list[i])
			if err != nil {
				return err
			}
			p = Port{Number: t.PortIdentity.PortNumber, State: t.PortState, Interface: string(t.Interface),
				Timestamping: t.Timestamping, HasStamping: true}
		}
		if list[i].source.ClockIdentity != s.Identity {
			return fail(Lying, "%s answers as clock %v and as clock %v", c.socket(), s.Identity, list[i].source.ClockIdentity)
		}
		if p.State < protocol.PortStateInitializing || p.State > protocol.PortStateGrandMaster {
			return fail(Lying, "%s: port %d is in state %d, which does not exist", c.socket(), p.Number, uint8(p.State))
		}
		s.Ports = append(s.Ports, p)
	}
	return nil
}

// timeStatus reads TIME_STATUS_NP where the daemon has it.
func (c *Client) timeStatus(s *State, deadline time.Time) error {
	list, err := c.get(protocol.IDTimeStatusNP, 1, deadline)
	if err != nil {
		return err
	}
	if list[0].failed != 0 {
		return nil
	}
	t, err := tlv[*protocol.TimeStatusNPTLV](&list[0])
	if err != nil {
		return err
	}
	s.HasTimeStatus, s.GMPresent, s.IngressNS = true, t.GMPresent != 0, t.IngressTimeNS
	if s.GMPresent && t.GMIdentity != s.Grandmaster {
		return fail(Lying, "%s names two grandmasters, %v and %v", c.socket(), s.Grandmaster, t.GMIdentity)
	}
	return nil
}
