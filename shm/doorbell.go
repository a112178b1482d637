package shm

import "sync/atomic"

// A doorbell wakes readers that sleep. It is an eventcount: the sleeper says so, looks once more, and then sleeps; the
// writer publishes, and then looks whether anybody said so. Each has a full fence between its store and its look, so one of
// the two sees the other's: the sleeper the record, or the writer the sleeper. The generation keeps who said so earlier from
// sleeping through a stroke that another one's arming would hide. doorbell.pml is the model of it that spin checks.
//
// The writer's part is one load a flush. What costs more, waking, is a cold thread's (Ringer).

// Doorbell is the writer's side of one worker's doorbell: it touches memory and nothing else. It belongs to the worker.
//
// The word lies in a file that others may cut short, and then the look raises SIGBUS. On a goroutine where
// debug.SetPanicOnFault is on, that becomes a panic which Ring catches: the doorbell is taken off, and everything else goes
// on. Sleepers then wake by their own timeouts.
type Doorbell struct {
	word   *uint32 // nil: taken off
	low    uintptr // of the file's memory
	high   uintptr
	due    atomic.Uint32 // for the cold thread
	rung   uint64
	off    atomic.Uint32
	ringer *Ringer
}

// Ring looks whether anybody wants to be woken. It comes behind the heads' stores of a flush: they are the fence. A nil
// doorbell is one that nobody hears.
func (d *Doorbell) Ring() {
	if d == nil || d.word == nil {
		return
	}
	defer d.caught()
	w := atomic.LoadUint32(d.word)
	if w&1 == 0 {
		return
	}
	atomic.StoreUint32(d.word, w+1)
	atomic.StoreUint64(&d.rung, d.rung+1)
	d.due.Store(1)
	d.ringer.call()
}

// caught takes the doorbell off where the file was cut short under it. Any other panic goes on.
func (d *Doorbell) caught() {
	r := recover()
	if r == nil {
		return
	}
	fault, ok := r.(interface{ Addr() uintptr })
	if !ok || fault.Addr() < d.low || fault.Addr() >= d.high {
		panic(r)
	}
	d.word = nil
	d.off.Store(1)
}

// Rung returns how often somebody was there to be woken. Anybody may ask.
func (d *Doorbell) Rung() uint64 {
	if d == nil {
		return 0
	}
	return atomic.LoadUint64(&d.rung)
}

// TakenOff says that the file was cut short, and the doorbell rings no more. Anybody may ask.
func (d *Doorbell) TakenOff() bool { return d != nil && d.off.Load() != 0 }

// Ringer is what the workers' doorbells have in common: the thread that wakes sleepers in their place.
type Ringer struct {
	state atomic.Uint32
	bells []*Doorbell
	wake  func()
}

// States of a ringer.
const (
	ringerAwake  = 0
	ringerCalled = 1 // there is something to do
	ringerAsleep = 2 // on State
)

// NewRinger makes the doorbells of a readers file. wake wakes the cold thread that sleeps on State; a worker calls it, at
// most once for each sleep of that thread, so it must not block.
func NewRinger(f *ReadersFile, wake func()) *Ringer {
	r := &Ringer{wake: wake}
	low, high := reach(f.mem)
	for i := range f.bells {
		r.bells = append(r.bells, &Doorbell{word: &f.bells[i].Word, low: low, high: high, ringer: r})
	}
	return r
}

// Doorbell returns worker's doorbell, nil where it has none.
func (r *Ringer) Doorbell(worker int) *Doorbell {
	if r == nil || worker < 0 || worker >= len(r.bells) {
		return nil
	}
	return r.bells[worker]
}

// call has the cold thread look. While it is awake, that is one exchange.
func (r *Ringer) call() {
	if r.state.Swap(ringerCalled) == ringerAsleep {
		r.wake()
	}
}

// Call has the cold thread look, from anywhere.
func (r *Ringer) Call() { r.call() }

// Take says whether worker's doorbell was rung since the last time. The cold thread asks.
func (r *Ringer) Take(worker int) bool { return r.bells[worker].due.Swap(0) != 0 }

// Next says whether the cold thread was called since it last asked. If not, it may sleep while State is Asleep.
func (r *Ringer) Next() bool {
	if r.state.Swap(ringerAwake) == ringerCalled {
		return true
	}
	return !r.state.CompareAndSwap(ringerAwake, ringerAsleep)
}

// State returns the word that the cold thread sleeps on, and the value it has meanwhile.
func (r *Ringer) State() (word *atomic.Uint32, asleep uint32) { return &r.state, ringerAsleep }

// armTries bounds Arm where somebody plays with the word.
const armTries = 64

// Arm says at a doorbell that somebody wants to be woken, and returns the value to sleep on while the word has it. Between
// Arm and the sleep the caller looks at its rings once more; a record found is no reason to take anything back.
func Arm(word *uint32) uint32 {
	w := atomic.LoadUint32(word)
	for try := 0; w&1 == 0 && try < armTries; try++ {
		if atomic.CompareAndSwapUint32(word, w, w|1) {
			return w | 1
		}
		w = atomic.LoadUint32(word)
	}
	return w // armed by another: its store was seen, so the writer sees it too
}
