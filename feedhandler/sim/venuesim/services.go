package venuesim

import (
	"fmt"
	"slices"
	"strings"

	"wirebook/feedhandler/sim"
)

// Service is one recovery service of a venue.
type Service string

// Services.
const (
	Mold           Service = "mold"
	Soup           Service = "soup"
	Glimpse        Service = "glimpse"
	GapFillUDP     Service = "gapfill-udp"
	GapFillTCP     Service = "gapfill-tcp"
	Snap           Service = "snap"
	TCPReplay      Service = "tcp-replay"
	SnapshotLoop   Service = "snapshot-loop"
	DefinitionLoop Service = "definition-loop"
)

// ServiceInfo describes a service.
type ServiceInfo struct {
	Service   Service
	Encodings []sim.Encoding
	Role      string // request or snapshot
	Network   string // udp, tcp or multicast
	Port      uint16 // where the command listens
	What      string
}

var (
	nasdaqs = []sim.Encoding{sim.ITCH50}
	iexes   = []sim.Encoding{sim.DeepPlus, sim.Deep}
	cmes    = []sim.Encoding{sim.MDP3}
)

// Services lists all of them.
var Services = []ServiceInfo{
	{Mold, nasdaqs, "request", "udp", 31001, "MoldUDP64 re-request: 20 bytes ask, one packet answers"},
	{Soup, nasdaqs, "request", "tcp", 31002, "SoupBinTCP 3.00: the whole feed from any number on"},
	{Glimpse, nasdaqs, "snapshot", "tcp", 31003, "GLIMPSE: directory, states and every order, then G with the next live number"},
	{GapFillUDP, iexes, "request", "udp", 32001, "IEX-TP gap fill by UDP, and the test request"},
	{GapFillTCP, iexes, "request", "tcp", 32002, "IEX-TP gap fill by TCP"},
	{Snap, iexes, "snapshot", "tcp", 32003, "IEX SNAP of DEEP or DEEP+"},
	{TCPReplay, cmes, "request", "tcp", 33001, "CME TCP replay: FIX text asks, SBE answers"},
	{SnapshotLoop, cmes, "snapshot", "multicast", 0, "CME market recovery: templates 52 and 53 in a loop"},
	{DefinitionLoop, cmes, "snapshot", "multicast", 0, "CME instrument definitions in a loop"},
}

// Of lists the services of an encoding.
func Of(e sim.Encoding) (list []ServiceInfo) {
	for _, s := range Services {
		if slices.Contains(s.Encodings, e) {
			list = append(list, s)
		}
	}
	return list
}

// ParseServices reads names of services, or the roles request and snapshot, all, none, and refuse: all of them, each
// refusing in its own words.
func ParseServices(names []string, e sim.Encoding) (list []Service, refuse bool, err error) {
	all := Of(e)
	for _, name := range names {
		before := len(list)
		for _, s := range all {
			if name == "all" || name == "refuse" || name == s.Role || name == string(s.Service) {
				list = append(list, s.Service)
			}
		}
		refuse = refuse || name == "refuse"
		if len(list) == before && name != "none" {
			var known []string
			for _, s := range all {
				known = append(known, string(s.Service))
			}
			return nil, false, fmt.Errorf("service %q: %s has %s, all of them by role as request and snapshot; or all, none, refuse",
				name, e, strings.Join(known, ", "))
		}
	}
	slices.Sort(list)
	return slices.Compact(list), refuse, nil
}
