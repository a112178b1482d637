package ntuple

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// Rule brings UDP over IPv4 for one address and port to a queue.
type Rule struct {
	Dst   netip.AddrPort
	Queue int
}

func (r Rule) String() string { return fmt.Sprintf("%s to queue %d", r.Dst, r.Queue) }

// Entry is a rule in a NIC's table.
type Entry struct {
	Location uint32
	Rule     Rule
	Plain    bool // the Rule is all of it; else it matches something else, or more, or does something else
}

// Table holds a NIC's rules.
type Table interface {
	List() ([]Entry, error)
	Insert(Rule) (location uint32, err error)
	Delete(location uint32) error
}

// Errors of tables, by errors.Is.
var (
	ErrNoRules  = errors.New("the driver has no flow rules")
	ErrKind     = errors.New("the driver takes no rule of this kind (UDP over IPv4 by address and port)")
	ErrFull     = errors.New("the NIC's rule table is full")
	ErrNoDevice = errors.New("the interface is gone")
	ErrAbsent   = errors.New("no such rule")
)

// spec is the rule as the kernel takes it. The location is the caller's.
func (r Rule) spec() flowSpec {
	dst := r.Dst.Addr().As4()
	s := flowSpec{FlowType: udp4Flow, RingCookie: uint64(r.Queue)}
	copy(s.Header[dstOffset:], dst[:])
	binary.BigEndian.PutUint16(s.Header[dstPortOffset:], r.Dst.Port())
	copy(s.Mask[dstOffset:dstOffset+4], []byte{0xFF, 0xFF, 0xFF, 0xFF})
	copy(s.Mask[dstPortOffset:dstPortOffset+2], []byte{0xFF, 0xFF})
	return s
}

// entry reads a rule that the kernel gave.
func (s *flowSpec) entry() Entry {
	e := Entry{Location: s.Location}
	kind := s.FlowType
	if s.MaskExt == [len(s.MaskExt)]byte{} {
		kind &^= extended // ixgbe tells every rule so, also where no bit of those fields must match
	}
	if kind != udp4Flow || s.RingCookie > mostQueues {
		return e
	}
	e.Rule = Rule{
		Dst:   netip.AddrPortFrom(netip.AddrFrom4([4]byte(s.Header[dstOffset:dstOffset+4])), binary.BigEndian.Uint16(s.Header[dstPortOffset:])),
		Queue: int(s.RingCookie),
	}
	// What lies under no mask may be anything.
	want := e.Rule.spec()
	e.Plain = s.Mask == want.Mask
	return e
}
