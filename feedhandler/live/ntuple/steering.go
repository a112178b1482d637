package ntuple

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// Steering keeps our rules in a table. It belongs to one goroutine.
type Steering struct {
	table  Table
	ledger *ledger
	ours   map[netip.AddrPort]Entry
}

// Start begins with no rules of ours: those that path says an earlier run left are deleted. It changes no others.
func Start(t Table, path string) (*Steering, error) {
	open, err := readLedger(path)
	if err != nil {
		return nil, fmt.Errorf("rules of an earlier run: %w", err)
	}
	s := &Steering{table: t, ours: map[netip.AddrPort]Entry{}}
	if s.ledger, err = newLedger(path, open); err != nil {
		return nil, fmt.Errorf("rules of an earlier run: %w", err)
	}
	if len(open) == 0 {
		return s, nil
	}
	entries, err := t.List()
	if err != nil && !gone(err) {
		return nil, errors.Join(fmt.Errorf("rules of an earlier run: %w", err), s.ledger.close())
	}
	var errs []error
	for rule, location := range open {
		// A rule that says something else now is not ours any more.
		i := slices.IndexFunc(entries, func(e Entry) bool {
			return e.Plain && e.Rule == rule && (location == unplaced || int64(e.Location) == location)
		})
		if i >= 0 {
			if err := t.Delete(entries[i].Location); err != nil && !gone(err) {
				errs = append(errs, err)
				continue
			}
		}
		errs = append(errs, s.ledger.gone(rule))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(fmt.Errorf("rules of an earlier run: %w", err), s.ledger.close())
	}
	return s, nil
}

// gone says that what was to be deleted is not there.
func gone(err error) bool {
	return errors.Is(err, ErrAbsent) || errors.Is(err, ErrNoDevice) || errors.Is(err, ErrNoRules)
}

// Rules returns our rules, by destination.
func (s *Steering) Rules() map[netip.AddrPort]int {
	queues := make(map[netip.AddrPort]int, len(s.ours))
	for dst, e := range s.ours {
		queues[dst] = e.Rule.Queue
	}
	return queues
}

// Steer makes our rules those wanted, one a destination: it deletes what is wanted no more and inserts what is new or was
// lost. Somebody else's rule for the same destination stays; where it says the same, it serves. The error names each rule
// that is not there now; a table that refuses one is not asked for the rest.
func (s *Steering) Steer(want []Rule) error {
	entries, err := s.table.List()
	switch {
	case err != nil && !gone(err):
		return err
	case err != nil && len(want) > 0:
		return errors.Join(err, s.forgetMissing(nil))
	}
	errs := []error{s.forgetMissing(entries)}
	for dst, e := range s.ours {
		if slices.Contains(want, e.Rule) {
			continue
		}
		if err := s.table.Delete(e.Location); err != nil && !gone(err) {
			errs = append(errs, err)
			continue
		}
		delete(s.ours, dst)
		entries = slices.DeleteFunc(entries, func(other Entry) bool { return other == e })
		errs = append(errs, s.ledger.gone(e.Rule))
	}
	var fresh []Entry
	for i, r := range want {
		if _, have := s.ours[r.Dst]; have {
			continue
		}
		if k := slices.IndexFunc(entries, func(e Entry) bool { return e.Plain && e.Rule.Dst == r.Dst }); k >= 0 {
			if e := entries[k]; e.Rule != r {
				errs = append(errs, fmt.Errorf("rule %d, which is not ours, sends %s", e.Location, e.Rule))
			}
			continue
		}
		if err := s.insert(r); err != nil {
			errs = append(errs, err)
			if left := len(want) - i - 1; left > 0 {
				errs = append(errs, fmt.Errorf("%d more rules not tried", left))
			}
			break
		}
		fresh = append(fresh, s.ours[r.Dst])
	}
	return errors.Join(append(errs, s.confirm(fresh))...)
}

// confirm reads back what was inserted. A rule that the table tells otherwise could not be told from others' later, and
// stay for ever: it is taken out now.
func (s *Steering) confirm(fresh []Entry) error {
	if len(fresh) == 0 {
		return nil
	}
	entries, err := s.table.List()
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range fresh {
		if slices.Contains(entries, e) {
			continue
		}
		errs = append(errs, fmt.Errorf("%w: %s is not what is there afterwards", ErrKind, e.Rule))
		if err := s.table.Delete(e.Location); err != nil && !gone(err) {
			errs = append(errs, err) // written down as it is
			continue
		}
		delete(s.ours, e.Rule.Dst)
		errs = append(errs, s.ledger.gone(e.Rule))
	}
	return errors.Join(errs...)
}

// Missing counts our rules that the table does not hold any more.
func (s *Steering) Missing() (int, error) {
	entries, err := s.table.List()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, e := range s.ours {
		if !slices.Contains(entries, e) {
			n++
		}
	}
	return n, nil
}

func (s *Steering) insert(r Rule) error {
	if err := s.ledger.want(r); err != nil {
		return fmt.Errorf("note %s: %w", r, err)
	}
	at, err := s.table.Insert(r)
	if err != nil {
		return errors.Join(err, s.ledger.gone(r))
	}
	s.ours[r.Dst] = Entry{Location: at, Rule: r, Plain: true}
	return s.ledger.have(r, at)
}

// forgetMissing forgets our rules that a list does not show: a reset of the driver takes them.
func (s *Steering) forgetMissing(entries []Entry) error {
	var errs []error
	for dst, e := range s.ours {
		if !slices.Contains(entries, e) {
			delete(s.ours, dst)
			errs = append(errs, s.ledger.gone(e.Rule))
		}
	}
	return errors.Join(errs...)
}

// Close deletes our rules.
func (s *Steering) Close() error { return errors.Join(s.Steer(nil), s.ledger.close()) }
