// Package ntupletest plays a NIC that takes flow rules, for tests on machines without one.
package ntupletest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"wirebook/feedhandler/live/ntuple"
)

// Table holds rules in memory.
type Table struct {
	Room   int   // most rules
	Refuse error // of every call, where not nil
	Recast bool  // tells rules as something else than what was inserted
	DieAt  int   // panics with Killed at this change, counted from 1; a change counts before and after it is made

	mu      sync.Mutex
	rules   map[uint32]ntuple.Entry
	changes int
	Closed  int
}

// Killed is what a Table panics with: the process ends here.
type Killed struct{}

// New makes a table with room for so many rules, holding these.
func New(room int, rules ...ntuple.Entry) *Table {
	t := &Table{Room: room, rules: map[uint32]ntuple.Entry{}}
	for _, e := range rules {
		t.rules[e.Location] = e
	}
	return t
}

func (t *Table) step() {
	if t.changes++; t.changes == t.DieAt {
		panic(Killed{})
	}
}

// Put sets a location's rule, as somebody else does.
func (t *Table) Put(e ntuple.Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules[e.Location] = e
}

// Reset forgets every rule, as some drivers do.
func (t *Table) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.rules)
}

// List returns the rules by location.
func (t *Table) List() ([]ntuple.Entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Refuse != nil {
		return nil, t.Refuse
	}
	return slices.SortedFunc(maps.Values(t.rules), func(a, b ntuple.Entry) int { return int(a.Location) - int(b.Location) }), nil
}

// Insert takes the first free location.
func (t *Table) Insert(r ntuple.Rule) (uint32, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Refuse != nil {
		return 0, t.Refuse
	}
	t.step()
	for at := range uint32(t.Room) {
		if _, taken := t.rules[at]; !taken {
			t.rules[at] = ntuple.Entry{Location: at, Rule: r, Plain: !t.Recast}
			t.step()
			return at, nil
		}
	}
	return 0, ntuple.ErrFull
}

// Delete removes a rule.
func (t *Table) Delete(at uint32) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Refuse != nil {
		return t.Refuse
	}
	t.step()
	if _, ok := t.rules[at]; !ok {
		return ntuple.ErrAbsent
	}
	delete(t.rules, at)
	t.step()
	return nil
}

// Count returns how many rules there are and how many there can be.
func (t *Table) Count() (rules, most int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.rules), t.Room, t.Refuse
}

// Close counts itself.
func (t *Table) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Closed++
	return nil
}

// String lists the rules: "0 239.1.1.1:1000 to queue 1; ...".
func (t *Table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b []string
	for _, at := range slices.Sorted(maps.Keys(t.rules)) {
		e := t.rules[at]
		if e.Plain {
			b = append(b, fmt.Sprintf("%d %s", at, e.Rule))
		} else {
			b = append(b, fmt.Sprintf("%d another", at))
		}
	}
	return strings.Join(b, "; ")
}
