//go:build !linux

package worker

import "errors"

var errLinux = errors.New("live receive needs Linux")

type waiter struct{}

func newWaiter() (*waiter, error) { return nil, errLinux }
func (*waiter) Add(int)           {}
func (*waiter) Remove(int)        {}
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
func (*bell) Close()          {}

func (w *Worker) settle() error { return errLinux }
