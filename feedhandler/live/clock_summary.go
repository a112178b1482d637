package live

import (
	"fmt"

	"wirebook/ptp/clock"
)

// ClockSummary is an interface's clock as it was last read, and what ptp4l said of it.
type ClockSummary struct {
	Interface string        `json:"interface"`
	Device    string        `json:"device"` // the NIC's, or the host's clock
	State     string        `json:"state"`
	BoundNS   uint64        `json:"bound_ns"` // 0 unknown
	PTP4L     *PTP4LSummary `json:"ptp4l,omitempty"`
}

// PTP4LSummary is the daemon's word.
type PTP4LSummary struct {
	Socket       string `json:"socket"`
	Health       string `json:"health"`
	Why          string `json:"why,omitempty"`
	Port         string `json:"port_state,omitempty"`
	Identity     string `json:"identity,omitempty"`
	Grandmaster  string `json:"grandmaster,omitempty"`
	ClockClass   uint8  `json:"clock_class,omitempty"`
	StepsRemoved uint16 `json:"steps_removed,omitempty"`
	OffsetNS     int64  `json:"offset_ns"`
	PathDelayNS  int64  `json:"path_delay_ns"`
}

func (k *clocks) summary() []ClockSummary {
	list := []ClockSummary{}
	for _, ic := range k.list {
		list = append(list, summarise(ic.iface, ic.service.Status()))
	}
	return list
}

func summarise(iface string, s clock.Status) ClockSummary {
	c := ClockSummary{Interface: iface, Device: s.Block.Device, State: s.Block.State.String(), BoundNS: s.Block.BoundNS}
	if !s.Heard {
		return c
	}
	d := &s.Daemon
	c.PTP4L = &PTP4LSummary{Socket: d.Socket, Health: d.Health.String(), Why: d.Why}
	if d.Answered() {
		p := c.PTP4L
		p.Port, p.Identity, p.Grandmaster = fmt.Sprint(d.State.Port.State), fmt.Sprint(d.State.Identity), fmt.Sprint(d.State.Grandmaster)
		p.ClockClass, p.StepsRemoved, p.OffsetNS, p.PathDelayNS = uint8(d.State.ClockClass), d.State.StepsRemoved, d.State.OffsetNS, d.State.PathDelayNS
	}
	return c
}
