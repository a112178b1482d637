package afxdp

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// UMEMOptions describe the memory. Zero values are defaults.
type UMEMOptions struct {
	Frames     int  // 0 means 4096
	FrameBytes int  // 2048 or 4096, with Unaligned any size from 2048 to 4096; 0 means 4096, which drivers like best
	Headroom   int  // bytes left free at the start of each frame, before what the driver leaves; 0 is fine
	Unaligned  bool // frames need not be powers of two: more of them in the same memory; wants huge pages
	HugePages  bool // try pages of 2 MB; UMEM.Pages says whether that worked
}

// UMEM is memory cut into frames, shared with the kernel. Sockets take frames from it when they open and give them back
// when they close; Close comes after the last of them.
type UMEM struct {
	o     UMEMOptions
	mem   []byte
	pages Pages

	mu      sync.Mutex
	free    []uint64 // addresses of frames that no socket owns
	sockets []*Socket
}

// Pages says what the UMEM's memory is made of.
type Pages struct {
	Huge   bool   // 2 MB pages from the kernel's pool (hugetlb)
	Reason string // why not, when they were asked for
}

const (
	minFrameBytes = 2048
	pageBytes     = 4096
	hugePageBytes = 2 << 20
	// A driver gets at least this much room in front of a frame (XDP_PACKET_HEADROOM), metadata included.
	xdpHeadroom = 256
)

// NewUMEM maps the memory and touches all of it.
func NewUMEM(o UMEMOptions) (*UMEM, error) {
	if o.Frames == 0 {
		o.Frames = 4096
	}
	if o.FrameBytes == 0 {
		o.FrameBytes = 4096
	}
	switch {
	case o.Frames < 0 || o.Frames > 1<<24:
		return nil, fmt.Errorf("UMEM of %d frames: must be 1 to 16777216", o.Frames)
	case o.FrameBytes < minFrameBytes || o.FrameBytes > pageBytes:
		return nil, fmt.Errorf("UMEM frames of %d bytes: must be %d to %d", o.FrameBytes, minFrameBytes, pageBytes)
	case !o.Unaligned && o.FrameBytes&(o.FrameBytes-1) != 0:
		return nil, fmt.Errorf("UMEM frames of %d bytes: must be 2048 or 4096; other sizes need Unaligned", o.FrameBytes)
	case o.Headroom < 0 || o.Headroom > o.FrameBytes-xdpHeadroom-64:
		return nil, fmt.Errorf("UMEM headroom of %d bytes: must be 0 to %d in frames of %d", o.Headroom, o.FrameBytes-xdpHeadroom-64, o.FrameBytes)
	}
	size := o.Frames * o.FrameBytes
	size = (size + pageBytes - 1) &^ (pageBytes - 1)
	mem, pages, err := mapUMEM(size, o.HugePages)
	if err != nil {
		return nil, fmt.Errorf("map a UMEM of %d bytes: %w", size, err)
	}
	u := &UMEM{o: o, mem: mem, pages: pages, free: make([]uint64, 0, o.Frames)}
	// Taken from the end, so that the first socket gets the lowest addresses in order.
	for i := o.Frames - 1; i >= 0; i-- {
		u.free = append(u.free, uint64(i)*uint64(o.FrameBytes))
	}
	return u, nil
}

// Bytes returns the size of the memory.
func (u *UMEM) Bytes() int { return len(u.mem) }

// Pages says whether huge pages were had.
func (u *UMEM) Pages() Pages { return u.pages }

// FreeFrames returns how many frames no socket owns.
func (u *UMEM) FreeFrames() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.free)
}

// take moves n frames out of the free list; the caller checked that they are there, but another socket may be opening.
func (u *UMEM) take(n int) ([]uint64, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if n > len(u.free) {
		return nil, fmt.Errorf("%d frames wanted, the UMEM has %d free: raise UMEMOptions.Frames", n, len(u.free))
	}
	frames := make([]uint64, n)
	for i := range frames {
		frames[i] = u.free[len(u.free)-1]
		u.free = u.free[:len(u.free)-1]
	}
	return frames, nil
}

// give puts frames back, the last first, so that the next taker gets them in the same order.
func (u *UMEM) give(frames []uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := len(frames) - 1; i >= 0; i-- {
		u.free = append(u.free, frames[i])
	}
}

// Close unmaps the memory. Sockets must be closed first; data that batches gave out is gone.
func (u *UMEM) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.sockets) > 0 {
		return fmt.Errorf("close the UMEM: %d sockets still use it, the first on %s; close them first", len(u.sockets), u.sockets[0].where())
	}
	if u.mem == nil {
		return errors.New("close the UMEM: it is closed already")
	}
	err := unmapUMEM(u.mem)
	u.mem, u.free = nil, nil
	return err
}

// forget takes a socket off the list of those that keep the UMEM.
func (u *UMEM) forget(s *Socket) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i := slices.Index(u.sockets, s); i >= 0 {
		u.sockets = slices.Delete(u.sockets, i, i+1)
	}
}
