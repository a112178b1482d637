//go:build !linux

package live

import (
	"errors"

	"wirebook/feedhandler/config"
)

var errLinux = errors.New("live receive needs Linux")

type waiter struct{}

func newWaiter() (*waiter, error) { return nil, errLinux }
func (*waiter) add(int)           {}
func (*waiter) remove(int)        {}
func (*waiter) sleep(int)         {}
func (*waiter) yield()            {}
func (*waiter) close()            {}
func (*waiter) ready() []event    { return nil }
func (*waiter) descriptor() int   { return -1 }

func (*waiter) addBell(*bell) error { return errLinux }

type event struct{ Fd int32 }

type bell struct{}

func newBell() (*bell, error) { return nil, errLinux }
func (*bell) ring()           {}
func (*bell) close()          {}

func xdpRights() error    { return errLinux }
func rxQueues(string) int { return 1 }

func ntupleOff(string) bool             { return false }
func networkNamespace() (uint64, error) { return 0, errLinux }

func (w *worker) settle() error       { return errLinux }
func clearCPUs([]int) (string, error) { return "", errLinux }
func lockMemory() error               { return errLinux }
func dropPrivileges() (string, error) { return "", errLinux }

// Check fails: only Linux receives.
func Check(*config.Config) error { return errLinux }
