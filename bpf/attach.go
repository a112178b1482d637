package bpf

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Hook says where the program sits.
type Hook uint8

// Hooks.
const (
	HookAuto    Hook = iota // asked for: native, and generic where the driver cannot
	HookNative              // in the driver, before the kernel makes a packet buffer
	HookGeneric             // above the driver: works everywhere, costs about twice as much per packet
)

// String returns "auto", "native" or "generic".
func (h Hook) String() string { return [...]string{"auto", "native", "generic"}[min(h, HookGeneric)] }

// String returns "hardware", "driver" or "none".
func (s StampSource) String() string {
	switch s {
	case SourceHardware:
		return "hardware"
	case SourceDriver:
		return "driver"
	}
	return "none"
}

// Attempt is one way of attaching that did not work, and why.
type Attempt struct {
	Hook  Hook
	Stamp StampSource
	Err   error
}

// Report says how the program is attached, and what was tried before that.
type Report struct {
	Interface string
	Hook      Hook
	Stamp     StampSource // the best the program asks for; a NIC may still not deliver it: see the Stamp counters
	ProgramID uint32
	Attempts  []Attempt // what failed first, best first
}

// String tells the report in one line.
func (r Report) String() string {
	var b strings.Builder
	stamp := r.Stamp.String()
	if r.Stamp == SourceHardware {
		stamp += " where the NIC gives them, else driver" // packets tell, not the attachment
	}
	fmt.Fprintf(&b, "%s: %s hook, stamps: %s", r.Interface, r.Hook, stamp)
	for _, a := range r.Attempts {
		fmt.Fprintf(&b, "; not %s hook, stamps %s: %v", a.Hook, a.Stamp, a.Err)
	}
	return b.String()
}

// Errors of Check and Attach that a caller may decide on.
var (
	ErrOccupied = errors.New("another XDP program is attached")
	ErrDetached = errors.New("the filter was detached by somebody else, or the interface went away")
	ErrReplaced = errors.New("the filter was replaced by somebody else's program")

	errLoad = errors.New("load")
)

// variant is one program of the object and where it may sit.
type variant struct {
	program     string
	hook        Hook
	stamp       StampSource
	deviceBound bool
}

// variants lists what to try, best first. A device-bound program cannot sit on the generic hook.
func variants(o Options) []variant {
	var all []variant
	for _, hook := range []Hook{HookNative, HookGeneric} {
		if o.Hook != HookAuto && o.Hook != hook {
			continue
		}
		if o.Stamps == StampsCarried {
			all = append(all, variant{filterProgFilterCarried, hook, SourceHardware, false})
			continue
		}
		if o.Stamps == StampsAuto && hook == HookNative {
			all = append(all, variant{filterProgFilterHardware, hook, SourceHardware, true})
		}
		if o.Stamps != StampsNone {
			all = append(all, variant{filterProgFilterDriver, hook, SourceDriver, false})
		}
		all = append(all, variant{filterProgFilterNone, hook, SourceNone, false})
	}
	return all
}

// Attach puts the program on the interface: the native hook with the stamps asked for, then with lesser stamps, then
// the generic hook. The report says what it came to and why not better. The interface must carry no other program.
func (f *Filter) Attach() (Report, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.link != nil {
		return f.report, fmt.Errorf("attach the filter to interface %d: it is attached already", f.o.Ifindex)
	}
	ifi, err := net.InterfaceByIndex(f.o.Ifindex)
	if err != nil {
		return Report{}, fmt.Errorf("attach the filter to interface %d: no such interface in this network namespace (ip -br link): %w", f.o.Ifindex, err)
	}
	r := Report{Interface: ifi.Name}
	refused := HookAuto // by a hook that would not have a program of any kind
	for _, v := range variants(f.o) {
		if v.hook == refused {
			continue
		}
		err := f.try(v)
		if err == nil {
			r.Hook, r.Stamp, r.ProgramID = v.hook, v.stamp, uint32(f.progID)
			f.report = r
			return r, nil
		}
		r.Attempts = append(r.Attempts, Attempt{v.hook, v.stamp, err})
		if taken(err) {
			return r, fmt.Errorf("attach the filter to %s: %w: %s", ifi.Name, ErrOccupied, occupant(f.o.Ifindex))
		}
		if errors.Is(err, os.ErrPermission) {
			break
		}
		if !v.deviceBound && !errors.Is(err, errLoad) {
			refused = v.hook
		}
	}
	return r, fmt.Errorf("attach the filter to %s: %w", ifi.Name, r.Attempts[len(r.Attempts)-1].Err)
}

func (f *Filter) try(v variant) error {
	prog, err := f.load(v)
	if err != nil {
		return fmt.Errorf("%w: %w", errLoad, err)
	}
	flags := link.XDPDriverMode
	if v.hook == HookGeneric {
		flags = link.XDPGenericMode
	}
	l, err := link.AttachXDP(link.XDPOptions{Program: prog, Interface: f.o.Ifindex, Flags: flags})
	if err != nil {
		prog.Close()
		return explainAttach(err)
	}
	info, err := l.Info()
	if err != nil {
		l.Close()
		prog.Close()
		return fmt.Errorf("read back the attachment: %w", err)
	}
	f.prog, f.link, f.progID = prog, l, info.Program
	return nil
}

// occupant names the program on the interface, as far as the kernel tells. Interface numbers repeat in other network
// namespaces and links are everybody's, so the link must be that of the program the interface itself names.
func occupant(ifindex int) string {
	program := attachedProgram(ifindex)
	it := new(link.Iterator)
	defer it.Close()
	for program != 0 && it.Next() {
		info, err := it.Link.Info()
		if err != nil || info.XDP() == nil || int(info.XDP().Ifindex) != ifindex || info.Program != program {
			continue
		}
		name := ""
		if p, err := ebpf.NewProgramFromID(program); err == nil {
			if i, err := p.Info(); err == nil {
				name = " " + i.Name
			}
			p.Close()
		}
		return fmt.Sprintf("program %d%s holds the interface by link %d; stop its owner, or: bpftool link detach id %d", program, name, info.ID, info.ID)
	}
	return "ip -d link shows it; ip link set dev NAME xdp off removes it"
}

// Report returns what Attach reported.
func (f *Filter) Report() Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.report
}

// Check returns nil while the program is attached as Attach left it, ErrDetached or ErrReplaced when somebody has
// interfered. One system call: meant for once a second.
func (f *Filter) Check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.link == nil {
		return fmt.Errorf("interface %d: the filter is not attached", f.o.Ifindex)
	}
	info, err := f.link.Info()
	if err != nil {
		return fmt.Errorf("interface %d: read the filter's attachment: %w", f.o.Ifindex, err)
	}
	if x := info.XDP(); x == nil || int(x.Ifindex) != f.o.Ifindex {
		return fmt.Errorf("interface %d: %w", f.o.Ifindex, ErrDetached)
	}
	if info.Program != f.progID {
		return fmt.Errorf("interface %d: %w (program %d)", f.o.Ifindex, ErrReplaced, info.Program)
	}
	return nil
}

// Detach takes the program off and keeps maps and subscriptions: Attach may follow, after a Check that failed as well.
func (f *Filter) Detach() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.link == nil {
		return nil
	}
	err := errors.Join(f.link.Close(), f.prog.Close())
	f.link, f.prog = nil, nil
	return err
}
