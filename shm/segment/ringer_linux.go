package segment

import (
	"runtime"
	"sync/atomic"

	"wirebook/shm"
)

// ringer is the cold thread that wakes sleepers for the workers: they hand a stroke of a doorbell over, and never wait.
type ringer struct {
	file    *shm.ReadersFile
	m       *mapping
	hands   *shm.Ringer
	words   []*uint32
	round   *uint32
	ending  atomic.Bool
	ended   chan struct{}
	strokes atomic.Uint64 // hand-overs taken
}

func newRinger(m *mapping, cfg shm.ReadersConfig) (*ringer, error) {
	file, err := shm.NewReadersFile(m.mem, cfg)
	if err != nil {
		return nil, err
	}
	g := &ringer{file: file, m: m, round: file.Round(), ended: make(chan struct{})}
	for w := range file.Doorbells() {
		g.words = append(g.words, file.Word(w))
	}
	g.hands = shm.NewRinger(file, func() {
		word, _ := g.hands.State()
		wakeOwn(word)
	})
	go g.run()
	return g, nil
}

func (g *ringer) doorbell(worker uint16) *shm.Doorbell {
	if g == nil {
		return nil
	}
	return g.hands.Doorbell(int(worker))
}

func (g *ringer) run() {
	defer close(g.ended)
	runtime.LockOSThread() // it sleeps in the kernel: a thread of its own wakes sooner than one that has to be found
	defer runtime.UnlockOSThread()
	word, asleep := g.hands.State()
	for !g.ending.Load() {
		if !g.hands.Next() {
			sleepOnOwn(word, asleep)
			continue
		}
		g.strokes.Add(1)
		struck := false
		for w := range g.words {
			if g.hands.Take(w) {
				wakeAt(g.words[w])
				struck = true
			}
		}
		if struck {
			faultless(g.m, func() { atomic.AddUint32(g.round, 1) })
			wakeAt(g.round)
		}
	}
}

// wakeAll wakes everybody who sleeps at any of the doorbells.
func (g *ringer) wakeAll() {
	if g != nil {
		strikeAll(g.file, g.m, shm.StateRunning)
	}
}

// stop ends the thread, and says at the doorbells that they ring no more.
func (g *ringer) stop(state uint32) {
	if g == nil || g.ending.Swap(true) {
		return
	}
	g.hands.Call()
	<-g.ended
	strikeAll(g.file, g.m, state)
}

func strikeAll(f *shm.ReadersFile, m *mapping, state uint32) {
	faultless(m, func() { f.StrikeAll(state) })
	for w := range f.Doorbells() {
		wakeAt(f.Word(w))
	}
	wakeAt(f.Round())
}

// endDoorbells tells whoever sleeps at a former readers file that it is none any more.
func endDoorbells(m *mapping, state uint32) {
	var f *shm.ReadersFile
	faultless(m, func() { f, _ = shm.OpenReadersFile(m.mem) })
	if f != nil {
		strikeAll(f, m, state)
	}
}
