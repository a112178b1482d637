package afxdp

import "fmt"

// Mode is how frames get between the NIC's queue and the UMEM.
type Mode uint8

// Modes, best first.
const (
	ModeAuto       Mode = iota // asked for: the best that the driver and the program's hook allow
	ModeZeroCopy               // the NIC writes into the UMEM
	ModeNativeCopy             // the kernel copies, below its network stack
	ModeGeneric                // the kernel makes its packet buffer, then copies: works with every driver
)

// String returns "auto", "zero copy", "native copy" or "generic".
func (m Mode) String() string {
	return [...]string{"auto", "zero copy", "native copy", "generic"}[min(m, ModeGeneric)]
}

// Options describe a socket. Zero values are defaults.
type Options struct {
	Ifindex int // interface, numbered in the network namespace of the calling thread
	Queue   int
	UMEM    *UMEM
	Mode    Mode // ModeZeroCopy and ModeNativeCopy are demands: no fallback. ModeAuto falls back and reports why

	// Frames the socket takes from the UMEM for receiving and for sending; it keeps them until Close.
	// RXFrames 0 takes 2048, or what the UMEM has left if TXFrames is 0 too and that is less. Negative means none.
	RXFrames int
	TXFrames int

	// Ring sizes in descriptors, powers of two. 0: as many as the frames need.
	RXRing, FillRing, TXRing, CompletionRing int

	Metadata     bool     // the owner reads Batch.Meta of every packet: fetch its cache line too
	MultiBuffer  bool     // XDP_USE_SG: packets larger than a frame come and go as several descriptors
	NoNeedWakeup bool     // leave out XDP_USE_NEED_WAKEUP: the kernel never asks to be woken, and each send costs a call
	BusyPoll     BusyPoll // drive the NIC's queue from Poll instead of interrupts
}

// BusyPoll asks the kernel to work on the queue only when the socket's owner calls (Poll on an empty ring). The device
// wants /sys/class/net/NAME/napi_defer_hard_irqs (2) and gro_flush_timeout (200000) set, else interrupts come back at once.
type BusyPoll struct {
	Prefer    bool // SO_PREFER_BUSY_POLL
	TimeoutUS int  // SO_BUSY_POLL; 0 means 20 with Prefer
	Budget    int  // SO_BUSY_POLL_BUDGET: packets a call; 0 means 64 with Prefer
}

// withDefaults returns o completed, or which value is wrong and what it must be.
func (o Options) withDefaults() (Options, error) {
	if o.UMEM == nil {
		return o, fmt.Errorf("no UMEM: make one with NewUMEM")
	}
	if o.Ifindex <= 0 {
		return o, fmt.Errorf("interface number %d: name an interface that exists (ip -br link)", o.Ifindex)
	}
	if o.Queue < 0 {
		return o, fmt.Errorf("queue %d: queues count from 0", o.Queue)
	}
	if o.Mode > ModeGeneric {
		return o, fmt.Errorf("mode %d is not one of this package", o.Mode)
	}
	free := o.UMEM.FreeFrames()
	if o.RXFrames == 0 {
		if o.RXFrames = 2048; o.TXFrames <= 0 {
			o.RXFrames = min(o.RXFrames, free)
		}
	}
	o.RXFrames, o.TXFrames = max(o.RXFrames, 0), max(o.TXFrames, 0)
	if o.RXFrames+o.TXFrames == 0 || o.RXFrames+o.TXFrames > free {
		return o, fmt.Errorf("%d frames for receiving and %d for sending, but the UMEM has %d free: raise UMEMOptions.Frames", o.RXFrames, o.TXFrames, free)
	}
	for _, r := range []struct {
		name  string
		size  *int
		least int
		need  bool
	}{
		{"RXRing", &o.RXRing, o.RXFrames, o.RXFrames > 0},
		{"FillRing", &o.FillRing, o.RXFrames, true}, // the kernel wants a fill and a completion ring in any case
		{"TXRing", &o.TXRing, o.TXFrames, o.TXFrames > 0},
		{"CompletionRing", &o.CompletionRing, o.TXFrames, true},
	} {
		if !r.need {
			*r.size = 0
			continue
		}
		if *r.size == 0 {
			*r.size = powerOfTwo(max(r.least, 64))
		}
		if *r.size < 2 || *r.size > 1<<20 || *r.size&(*r.size-1) != 0 {
			return o, fmt.Errorf("%s of %d: must be a power of two from 2 to 1048576", r.name, *r.size)
		}
	}
	// Frames on their way back never wait for room, so Release cannot fail.
	if o.FillRing < o.RXFrames {
		return o, fmt.Errorf("FillRing of %d is smaller than RXFrames %d: it must hold them all", o.FillRing, o.RXFrames)
	}
	if o.CompletionRing < o.TXFrames {
		return o, fmt.Errorf("CompletionRing of %d is smaller than TXFrames %d: it must hold them all", o.CompletionRing, o.TXFrames)
	}
	if b := &o.BusyPoll; b.Prefer {
		if b.TimeoutUS == 0 {
			b.TimeoutUS = 20
		}
		if b.Budget == 0 {
			b.Budget = 64
		}
		if b.TimeoutUS < 0 || b.Budget < 0 || b.Budget > 0xffff {
			return o, fmt.Errorf("busy poll of %d µs and %d packets: both must be positive, packets at most 65535", b.TimeoutUS, b.Budget)
		}
	}
	return o, nil
}

// powerOfTwo returns the least power of two that is not below n.
func powerOfTwo(n int) int {
	p := 1
	for p < n {
		p <<= 1
	}
	return p
}
