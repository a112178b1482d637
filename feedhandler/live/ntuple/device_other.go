//go:build !linux

package ntuple

// Device is a NIC's table, on Linux.
type Device struct{}

// Open fails: only Linux has flow rules.
func Open(string) (*Device, error)                  { return nil, ErrNoRules }
func (*Device) Close() error                        { return nil }
func (*Device) Count() (rules, most int, err error) { return 0, 0, ErrNoRules }
func (*Device) List() ([]Entry, error)              { return nil, ErrNoRules }
func (*Device) Insert(Rule) (uint32, error)         { return 0, ErrNoRules }
func (*Device) Delete(uint32) error                 { return ErrNoRules }
