package live

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/ntuple"
	"wirebook/feedhandler/live/worker"
	"wirebook/shm/segment"
)

// errSteer marks what live.steer: require demands and cannot have.
var errSteer = errors.New("live.steer: require")

// ledgerFolder stands beside the instances, and no instance can have its name.
const ledgerFolder = ".steering"

// steerable is a line that the NIC may bring to a queue of its channel's worker.
type steerable struct {
	name   string
	dst    netip.AddrPort
	worker int
}

// flowRules brings each line to a queue of its worker: where it is now, if that queue is the worker's, else to the one with
// the fewest. Lines that share group and port go where the first goes. The second result names lines of workers that
// poll none of the queues.
func flowRules(lines []steerable, pollers []int, now map[netip.AddrPort]int) (rules []ntuple.Rule, unserved []string) {
	load := make([]int, len(pollers))
	placed := map[netip.AddrPort]bool{}
	place := func(dst netip.AddrPort, queue int) {
		rules = append(rules, ntuple.Rule{Dst: dst, Queue: queue})
		placed[dst] = true
		load[queue]++
	}
	first := map[netip.AddrPort]int{}
	for _, l := range lines {
		if w, seen := first[l.dst]; seen && w != l.worker {
			continue
		}
		first[l.dst] = l.worker
		if q, is := now[l.dst]; is && !placed[l.dst] && q < len(pollers) && pollers[q] == l.worker {
			place(l.dst, q)
		}
	}
	for _, l := range lines {
		if placed[l.dst] || first[l.dst] != l.worker {
			continue
		}
		best := -1
		for q, w := range pollers {
			if w == l.worker && (best < 0 || load[q] < load[best]) {
				best = q
			}
		}
		if best < 0 {
			unserved = append(unserved, l.name)
			continue
		}
		place(l.dst, best)
	}
	return rules, unserved
}

// steerables are a configuration's lines on an interface.
func steerables(c *config.Config, iface string) ([]steerable, error) {
	var list []steerable
	for i := range c.Channels {
		ch := &c.Channels[i]
		cfg, err := ch.Build()
		if err != nil {
			return nil, err
		}
		for k := range cfg.Lines {
			line := &cfg.Lines[k]
			if (&worker.Feed{Spec: *ch}).InterfaceOf(k, &c.Live) == iface {
				list = append(list, steerable{ch.Name + " line " + line.Name, netip.AddrPortFrom(ipv4(line.Group), line.Port), ch.Worker})
			}
		}
	}
	return list, nil
}

// ruleTable is a NIC's rules: an ntuple.Device.
type ruleTable interface {
	ntuple.Table
	Count() (rules, most int, err error)
	Close() error
}

// steering is what one interface's NIC was told.
type steering struct {
	device ruleTable
	rules  *ntuple.Steering
	why    string // what it came to
	count  int
	all    int     // rules of anybody when it was last looked
	word   *uint64 // where the count goes in the control file; nil before there is one
}

// openSteering takes back what a killed run left in the NIC.
func (h *Handler) openSteering(l *steeredLink) error {
	space, err := networkNamespace()
	if err != nil {
		return err
	}
	if err := segment.MakeBase(h.opts.Shm.Root); err != nil {
		return err // whoever made it could have us write the ledger elsewhere
	}
	d, err := h.opts.openRules(l.Name)
	if err != nil {
		return err
	}
	// Beside the instances: interfaces are the host's, and only one instance has an interface's filter at a time.
	ledger := filepath.Join(segment.Root(h.opts.Shm.Root), ledgerFolder, fmt.Sprintf("%d-%s", space, l.Name))
	rules, err := ntuple.Start(d, ledger)
	if err != nil {
		return errors.Join(err, d.Close())
	}
	l.steering = &steering{device: d, rules: rules, word: l.rules}
	return nil
}

// steer has the NIC bring each channel's groups to its worker, where several workers share it. Without rules, or without
// some of them, hand-over does it; only live.steer: require makes that an error.
func (h *Handler) steer(l *steeredLink, c *config.Config) error {
	s := l.steering
	if s == nil {
		return nil
	}
	was := s.why
	lines, err := steerables(c, l.Name)
	if err != nil {
		return err
	}
	pollers := assignment(c, l.Name, len(l.Queues))
	var want []ntuple.Rule
	var unserved []string
	several := slices.ContainsFunc(lines, func(x steerable) bool { return slices.ContainsFunc(pollers, func(w int) bool { return w != x.worker }) })
	if several && c.Live.Steer != "off" {
		want, unserved = flowRules(lines, pollers, s.rules.Rules())
	}
	err = s.rules.Steer(want)
	s.count = len(s.rules.Rules())
	s.all, _, _ = s.device.Count()
	s.publish()
	var errs []error
	switch {
	case !several:
		s.why = ""
	case c.Live.Steer == "off":
		s.why = "not steered: live.steer: off"
	case err == nil && s.count < len(want):
		s.why = fmt.Sprintf("steered by %d flow rules, and %d that are not ours", s.count, len(want)-s.count)
	case err == nil:
		s.why = fmt.Sprintf("steered by %d flow rules", s.count)
	case s.count > 0:
		s.why = fmt.Sprintf("steered by %d flow rules, of %d (%s); the NIC's hash and hand-over for the others", s.count, len(want), oneLine(err))
	default:
		s.why = fmt.Sprintf("not steered (%s%s): the NIC's hash and hand-over", oneLine(err), steeringAdvice(l.Name, err))
	}
	if c.Live.Steer == "require" {
		if err != nil {
			errs = append(errs, fmt.Errorf("%w: %w%s", errSteer, err, steeringAdvice(l.Name, err)))
		}
		for _, name := range unserved {
			errs = append(errs, fmt.Errorf("%w: channel %s: its worker polls no queue of %s: give it one with live.queues or 'ethtool -L %s combined N'", errSteer, name, l.Name, l.Name))
		}
	} else if len(unserved) > 0 {
		s.why += fmt.Sprintf("; %d lines of workers that poll none of the queues are handed over", len(unserved))
	}
	if was != "" && was != s.why {
		h.log.Info("flow steering", "interface", l.Name, "now", s.why)
	}
	return errors.Join(errs...)
}

// steerAll does it for every interface.
func (h *Handler) steerAll(c *config.Config) error {
	var errs []error
	for _, l := range h.links {
		errs = append(errs, h.steer(l, c))
	}
	return errors.Join(errs...)
}

// steeringAdvice is the command that helps, where one does.
func steeringAdvice(iface string, err error) string {
	if (errors.Is(err, ntuple.ErrNoRules) || errors.Is(err, ntuple.ErrKind)) && ntupleOff(iface) {
		return "; flow rules are off: 'ethtool -K " + iface + " ntuple on'"
	}
	return ""
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

func (s *steering) publish() {
	if s.word != nil {
		atomic.StoreUint64(s.word, uint64(s.count))
	}
}

// lost says whether rules of ours are gone: a reset of the driver, or of its queues, takes them. They are read only when
// their number, with everybody else's, is another than before.
func (s *steering) lost() bool {
	if s.count == 0 {
		return false
	}
	n, _, err := s.device.Count()
	if err != nil || n == s.all {
		return false
	}
	missing, err := s.rules.Missing()
	if err == nil {
		s.all = n
	}
	return missing > 0
}

// close deletes the rules.
func (s *steering) close() error {
	err := s.rules.Close()
	s.count = 0
	s.publish()
	return errors.Join(err, s.device.Close())
}
