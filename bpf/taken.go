package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/cilium/ebpf"
)

// Attached numbers the XDP program that an interface of the calling thread's network namespace has, whoever put it there. 0: none,
// or the system does not tell.
func Attached(ifindex int) uint32 { return uint32(attachedProgram(ifindex)) }

// ErrNotOurs says that a program is no filter of this package, by errors.Is.
var ErrNotOurs = errors.New("the program is no filter of wirebook's")

// Taken lists what an attached filter, of whichever process, sends to its sockets. It needs root's rights.
func Taken(program uint32) ([]Subscription, error) {
	prog, err := ebpf.NewProgramFromID(ebpf.ProgramID(program))
	if err != nil {
		return nil, fmt.Errorf("program %d: %w", program, err)
	}
	defer prog.Close()
	info, err := prog.Info()
	if err != nil {
		return nil, fmt.Errorf("program %d: %w", program, err)
	}
	ids, _ := info.MapIDs()
	for _, id := range ids {
		list, err := subscriptionsIn(id)
		if !errors.Is(err, ErrNotOurs) {
			return list, err
		}
	}
	return nil, fmt.Errorf("program %d: %w", program, ErrNotOurs)
}

func subscriptionsIn(id ebpf.MapID) ([]Subscription, error) {
	m, err := ebpf.NewMapFromID(id)
	if err != nil {
		return nil, fmt.Errorf("map %d: %w", id, err)
	}
	defer m.Close()
	info, err := m.Info()
	if err != nil {
		return nil, fmt.Errorf("map %d: %w", id, err)
	}
	var key filterSubscriptionKey
	var value filterSubscription
	if info.Name != "subscriptions" || m.Type() != ebpf.Hash || int(m.KeySize()) != binary.Size(key) || int(m.ValueSize()) != binary.Size(value) {
		return nil, ErrNotOurs
	}
	var list []Subscription
	address := func(v uint32) netip.Addr {
		var b [4]byte
		binary.NativeEndian.PutUint32(b[:], v)
		return netip.AddrFrom4(b)
	}
	for it := m.Iterate(); it.Next(&key, &value); {
		if value.Id == 0 {
			continue // of a group that is taken by source only
		}
		var port [2]byte
		binary.NativeEndian.PutUint16(port[:], key.Port)
		s := Subscription{Group: netip.AddrPortFrom(address(key.Group), binary.BigEndian.Uint16(port[:])), ID: value.Id, VLAN: key.Vlan}
		if key.Source != 0 {
			s.Source = address(key.Source)
		}
		list = append(list, s)
	}
	return list, nil
}
