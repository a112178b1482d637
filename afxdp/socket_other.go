//go:build !linux

package afxdp

import "time"

// Open returns ErrUnsupported.
func Open(Options) (*Socket, error) { return nil, ErrUnsupported }

func (s *Socket) wakeRX() {}

func (s *Socket) kick() error { return ErrUnsupported }

// Flush returns ErrUnsupported.
func (s *Socket) Flush(time.Duration) error { return ErrUnsupported }

// Wait returns ErrUnsupported.
func (s *Socket) Wait(time.Duration) (bool, error) { return false, ErrUnsupported }

// Check returns ErrUnsupported.
func (s *Socket) Check() error { return ErrUnsupported }

// Statistics returns ErrUnsupported.
func (s *Socket) Statistics() (Statistics, error) { return Statistics{}, ErrUnsupported }

// Close returns ErrUnsupported.
func (s *Socket) Close() error { return ErrUnsupported }
