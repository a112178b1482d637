package bpf

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
)

// Options say what to load and what to settle for.
type Options struct {
	Ifindex          int    // interface, numbered in the network namespace of the calling thread
	Queues           int    // sockets for queues 0..Queues-1 may be set; 0 means 64
	MaxSubscriptions int    // 0 means 4096
	Hook             Hook   // HookAuto tries native, then generic
	Stamps           Stamps // StampsAuto tries hardware, then driver, then none
}

// Stamps says which stamps to try for.
type Stamps uint8

// What to try for.
const (
	StampsAuto    Stamps = iota // hardware, else driver, else none
	StampsDriver                // driver, else none
	StampsNone                  // none
	StampsCarried               // lab only: those in the metadata that the sender's program put on the frame (veth), else driver
)

// Filter is the loaded program, its maps, and where it is attached.
type Filter struct {
	o    Options
	spec *ebpf.CollectionSpec
	maps struct{ subscriptions, subscriptionCounts, counts, sockets *ebpf.Map }
	cpus int

	mu        sync.Mutex
	groups    map[place]group
	slots     int
	freeSlots []uint32
	prog      *ebpf.Program
	progID    ebpf.ProgramID
	link      link.Link
	report    Report
}

// Load makes the maps. Nothing is attached yet; missing rights show here.
func Load(o Options) (*Filter, error) {
	if o.Ifindex <= 0 {
		return nil, fmt.Errorf("load the filter: interface number %d: name an interface that exists (ip -br link)", o.Ifindex)
	}
	if o.Queues == 0 {
		o.Queues = 64
	}
	if o.MaxSubscriptions == 0 {
		o.MaxSubscriptions = 4096
	}
	if o.Queues < 0 || o.MaxSubscriptions < 0 {
		return nil, fmt.Errorf("load the filter: %d queues and %d subscriptions: neither may be negative", o.Queues, o.MaxSubscriptions)
	}
	// Kernels before 5.11 charge maps to RLIMIT_MEMLOCK. If lifting it is not allowed, the map creation says so below.
	memlock := rlimit.RemoveMemlock()
	spec, err := loadFilter()
	if err != nil {
		return nil, fmt.Errorf("load the filter: %w", err)
	}
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return nil, fmt.Errorf("load the filter: count CPUs: %w", err)
	}
	f := &Filter{o: o, spec: spec, cpus: cpus, groups: map[place]group{}, slots: o.MaxSubscriptions}
	// A group subscribed by source only takes an entry of its own beside those of its sources, and one that says of other VLANs
	// that they are.
	spec.Maps[filterMapSubscriptions].MaxEntries = uint32(3 * o.MaxSubscriptions)
	spec.Maps[filterMapSubscriptionCounts].MaxEntries = uint32(o.MaxSubscriptions)
	spec.Maps[filterMapSockets].MaxEntries = uint32(o.Queues)
	for name, at := range map[string]**ebpf.Map{
		filterMapSubscriptions:      &f.maps.subscriptions,
		filterMapSubscriptionCounts: &f.maps.subscriptionCounts,
		filterMapCounts:             &f.maps.counts,
		filterMapSockets:            &f.maps.sockets,
	} {
		if *at, err = ebpf.NewMap(spec.Maps[name]); err != nil {
			if memlock != nil && errors.Is(err, os.ErrPermission) {
				err = errors.Join(err, memlock)
			}
			f.Close()
			return nil, fmt.Errorf("load the filter: make map %s: %w", name, explain(err))
		}
	}
	for slot := o.MaxSubscriptions; slot > 0; slot-- {
		f.freeSlots = append(f.freeSlots, uint32(slot-1))
	}
	return f, nil
}

// explain adds what to do to an error of the kernel.
func explain(err error) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w (needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, or root; kernels before 5.11 also a high RLIMIT_MEMLOCK)", err)
	}
	return err
}

// load loads one variant of the program over the filter's maps.
func (f *Filter) load(v variant) (*ebpf.Program, error) {
	p := f.spec.Programs[v.program].Copy()
	if v.deviceBound {
		const xdpDevBoundOnly = 1 << 6 // BPF_F_XDP_DEV_BOUND_ONLY
		p.Ifindex = uint32(f.o.Ifindex)
		p.Flags |= xdpDevBoundOnly
	}
	spec := &ebpf.CollectionSpec{Maps: map[string]*ebpf.MapSpec{}, Programs: map[string]*ebpf.ProgramSpec{v.program: p},
		Types: f.spec.Types, ByteOrder: f.spec.ByteOrder}
	have := map[string]*ebpf.Map{filterMapSubscriptions: f.maps.subscriptions, filterMapSubscriptionCounts: f.maps.subscriptionCounts,
		filterMapCounts: f.maps.counts, filterMapSockets: f.maps.sockets}
	for name := range have {
		spec.Maps[name] = f.spec.Maps[name].Copy()
	}
	c, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: have})
	if err != nil {
		return nil, explain(err)
	}
	defer c.Close()
	return c.DetachProgram(v.program), nil
}

// SetSocket makes fd, an AF_XDP socket bound to the queue, the receiver of what is redirected there.
// Without a socket, subscribed packets of the queue pass up (counter NoSocket).
func (f *Filter) SetSocket(queue, fd int) error {
	if queue < 0 || queue >= f.o.Queues {
		return fmt.Errorf("set the socket of queue %d: the filter has room for queues 0 to %d; raise Options.Queues", queue, f.o.Queues-1)
	}
	if err := f.maps.sockets.Put(uint32(queue), uint32(fd)); err != nil {
		return fmt.Errorf("set the socket of queue %d to fd %d: %w", queue, fd, explain(err))
	}
	return nil
}

// ClearSocket takes the queue's socket out; one that closed has left by itself, which is no error.
func (f *Filter) ClearSocket(queue int) error {
	if err := f.maps.sockets.Delete(uint32(queue)); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("clear the socket of queue %d: %w", queue, err)
	}
	return nil
}

// Close detaches the program and frees it. Nothing was pinned, so the end of the process does the same.
func (f *Filter) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	if f.link != nil {
		errs = append(errs, f.link.Close())
		f.link = nil
	}
	if f.prog != nil {
		errs = append(errs, f.prog.Close())
		f.prog = nil
	}
	for _, m := range []**ebpf.Map{&f.maps.subscriptions, &f.maps.subscriptionCounts, &f.maps.counts, &f.maps.sockets} {
		if *m != nil {
			errs = append(errs, (*m).Close())
			*m = nil
		}
	}
	return errors.Join(errs...)
}
