package segment

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"

	"wirebook/shm"
)

// awaitEvent waits in epoll, and fails where nothing comes for ten seconds: nobody would mend that.
func awaitEvent(t *testing.T, epoll int) {
	t.Helper()
	var ready [4]unix.EpollEvent
	for {
		n, err := unix.EpollWait(epoll, ready[:], 10_000)
		if n > 0 {
			return
		}
		if err != nil && errors.Is(err, unix.EINTR) {
			continue
		}
		t.Fatal("nothing became readable: ", err)
	}
}

// TestEventsReachEpoll publishes a record, waits for it in epoll, publishes the next: a stroke that did not reach the descriptor
// would be the last. Two workers; then the writer ends, another run begins, and it goes on.
func TestEventsReachEpoll(t *testing.T) {
	root := shmRoot(t)
	inst := belled(t, root, 2)
	r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, Worker: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	e, err := OpenEvents(root, "test")
	if err != nil {
		t.Fatal(err)
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(epoll)
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, e.FD(), &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(e.FD())}); err != nil {
		t.Fatal(err)
	}
	buf := alignedBytes(r.PayloadSize())
	await := func(want shm.Result) {
		t.Helper()
		for {
			awaitEvent(t, epoll)
			e.Clear()
			for res := r.Next(buf); ; res = r.Next(buf) {
				if res == want {
					return
				}
				if res == shm.Empty || res == shm.Stopped {
					break
				}
			}
		}
	}
	for n := range 3000 {
		shm.Pause(uint32(n*7919) % 1024)
		publishAndRing(inst, uint16(n%2))
		await(shm.Record)
	}
	if err := inst.Close(); err != nil {
		t.Fatal(err)
	}
	await(shm.Stopped)
	again := belled(t, root, 2)
	await(shm.NewEpoch)
	for n := range 300 {
		publishAndRing(again, uint16(n%2))
		await(shm.Record)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal("closing twice: ", err)
	}
}

// Without doorbells there are no events, and whoever cuts them short ends nothing.
func TestEventsOfNoDoorbell(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // as a worker has it
	root := shmRoot(t)
	inst := belled(t, root, 1)
	e, err := OpenEvents(root, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(root, "test", readersFile), 0); err != nil {
		t.Fatal(err)
	}
	publishAndRing(inst, 0)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := inst.Close(); err != nil {
		t.Fatal(err)
	}
	plain, err := Create(Options{Root: root, Name: "plain", Rings: []RingSpec{{Schema: shm.SchemaMBO, Slots: 256}}, Instruments: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := OpenEvents(root, "plain"); !errors.Is(err, ErrNoDoorbell) {
		t.Errorf("without doorbells: %v", err)
	}
}
