//go:build !linux

package socket

import "wirebook/feedhandler"

// Socket receives one line; only Linux has it.
type Socket struct {
	Counters Counters
	Held     func()
}

// Open fails with ErrUnsupported.
func Open(Options) (*Socket, error) { return nil, ErrUnsupported }

// Poll does nothing.
func (s *Socket) Poll(*feedhandler.Pipeline) int { return 0 }

// Fit does nothing.
func (s *Socket) Fit(int) (swap func()) { return nil }

// Full says no.
func (s *Socket) Full(int) bool { return false }

// LastNS knows none.
func (s *Socket) LastNS() uint64 { return 0 }

// FD has none.
func (s *Socket) FD() int { return -1 }

// Buffer has none.
func (s *Socket) Buffer() int { return 0 }

// Notes has none.
func (s *Socket) Notes() []string { return nil }

// Options has none.
func (s *Socket) Options() Options { return Options{} }

// Drops fails with ErrUnsupported.
func (s *Socket) Drops() (uint32, error) { return 0, ErrUnsupported }

// Join fails with ErrUnsupported.
func (s *Socket) Join() error { return ErrUnsupported }

// Leave does nothing.
func (s *Socket) Leave() error { return nil }

// Joined says no.
func (s *Socket) Joined() bool { return false }

// Close does nothing.
func (s *Socket) Close() error { return nil }

// Rejoin fails with ErrUnsupported.
func (s *Socket) Rejoin() error { return ErrUnsupported }

// SenderOptions describe a Sender.
type SenderOptions struct {
	Interface string
	TTL       int
	Checksums bool
}

// Sender sends datagrams; only Linux has it.
type Sender struct{}

// OpenSender fails with ErrUnsupported.
func OpenSender(SenderOptions) (*Sender, error) { return nil, ErrUnsupported }

// Send fails with ErrUnsupported.
func (s *Sender) Send(uint32, uint16, []byte, *uint64) error { return ErrUnsupported }

// Flush does nothing.
func (s *Sender) Flush() error { return nil }

// Close does nothing.
func (s *Sender) Close() error { return nil }

// FrameSender sends frames; only Linux has it.
type FrameSender struct{}

// OpenFrameSender fails with ErrUnsupported.
func OpenFrameSender(string) (*FrameSender, error) { return nil, ErrUnsupported }

// Send fails with ErrUnsupported.
func (s *FrameSender) Send([]byte) error { return ErrUnsupported }

// Close does nothing.
func (s *FrameSender) Close() error { return nil }

// VLANInterface fails with ErrUnsupported.
func VLANInterface(string, uint16) (string, error) { return "", ErrUnsupported }

// Refused is what the kernel gave to no socket; only Linux tells.
type Refused struct{ NoRoom, UDPChecksum, IPChecksum uint64 }

// RefusedCounts reads Refused.
type RefusedCounts struct{}

// OpenRefused fails with ErrUnsupported.
func OpenRefused() (*RefusedCounts, error) { return nil, ErrUnsupported }

// Read fails with ErrUnsupported.
func (c *RefusedCounts) Read() (Refused, error) { return Refused{}, ErrUnsupported }

// Close does nothing.
func (c *RefusedCounts) Close() error { return nil }
