//go:build !linux

package xdpsend

import "wirebook/afxdp"

// Sender is not to be had here.
type Sender struct{}

// Open returns afxdp.ErrUnsupported.
func Open(Options) (*Sender, error) { return nil, afxdp.ErrUnsupported }

// Send returns afxdp.ErrUnsupported.
func (s *Sender) Send(_ uint32, _ uint16, _ []byte, failed *uint64) error {
	*failed++
	return afxdp.ErrUnsupported
}

// Flush returns afxdp.ErrUnsupported.
func (s *Sender) Flush() error { return afxdp.ErrUnsupported }

// Close returns afxdp.ErrUnsupported.
func (s *Sender) Close() error { return afxdp.ErrUnsupported }

func (s *Sender) String() string { return "" }
