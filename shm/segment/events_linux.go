package segment

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Events is a file descriptor that becomes readable when a writer's doorbell was rung: for programs that wait in poll or epoll for
// much else besides. A goroutine of its own sleeps at the doorbells of all the instance's workers, so the writer pays what it pays
// for any sleeper.
//
//	e, err := segment.OpenEvents("", "default") // ErrNoDoorbell: poll instead
//	...                                         // put e.FD() into the epoll set
//	for {
//		unix.EpollWait(epoll, ready, -1)
//		e.Clear()                           // first
//		for r.Next(buf) == shm.Record {     // then all there is
//		}
//	}
//
// It is readable once at the start, after whatever was published before the goroutine lay down, at the writer's end and when a new
// run has begun; now and then for nothing.
type Events struct {
	root, name string
	fd         int
	stop       atomic.Bool
	ended      chan struct{}
}

// OpenEvents opens the doorbells of an instance. It fails with ErrNoDoorbell where there are none, by errors.Is, or as Open does.
func OpenEvents(root, name string) (*Events, error) {
	d, err := openDoorOf(root, name)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		d.m.close()
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	e := &Events{root: root, name: name, fd: fd, ended: make(chan struct{})}
	go e.run(d)
	return e, nil
}

// openDoorOf opens the doorbells of all workers.
func openDoorOf(root, name string) (*door, error) {
	v, err := Open(root, name)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	d, err := v.openDoor()
	if err != nil {
		return nil, err
	}
	for worker := range d.file.Doorbells() {
		d.words = append(d.words, d.file.Word(worker))
	}
	return d, nil
}

// FD returns the descriptor, to wait on and not to close.
func (e *Events) FD() int { return e.fd }

// Clear makes the descriptor wait for the next stroke. It comes before the ring is read: what is published behind that rings again.
func (e *Events) Clear() {
	var count [8]byte
	_, _ = unix.Read(e.fd, count[:])
}

// Close ends the goroutine and closes the descriptor; it takes as long as a sleep does at most, 50 ms.
func (e *Events) Close() error {
	if e.stop.Swap(true) {
		return nil
	}
	<-e.ended
	return unix.Close(e.fd)
}

func (e *Events) tell() { _, _ = unix.Write(e.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// run sleeps at the doorbells until the end, and goes to those of the next run when there is one.
func (e *Events) run(d *door) {
	defer close(e.ended)
	for !e.stop.Load() {
		if d == nil || !e.watch(d) {
			if d != nil {
				d.m.close()
			}
			if d, _ = openDoorOf(e.root, e.name); d == nil {
				e.nap()
			}
			e.tell() // whoever reads learns what became of the writer
		}
	}
	if d != nil {
		d.m.close()
	}
}

// watch waits for one stroke. It tells before it lies down: what was published before the doorbells were armed rang for nobody.
// False: these are no doorbells any more.
func (e *Events) watch(d *door) (there bool) {
	var word *uint32
	var value uint32
	replaced := false
	if !faultless(d.m, func() { word, value, replaced = d.arm() }) || replaced {
		return false
	}
	e.tell()
	for sleepOn(word, value, doorSlice) && !e.stop.Load() {
		if !faultless(d.m, func() { replaced = d.file.Replaced() }) || replaced {
			return false
		}
	}
	return true
}

func (e *Events) nap() { unix.Nanosleep(&unix.Timespec{Nsec: int64(doorSlice)}, nil) }
