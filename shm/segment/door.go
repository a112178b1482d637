package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"wirebook/shm"
)

// door is a reader's place at the readers file: where it shows itself, and where it sleeps. Others may write there anything
// at any time and cut the file short, so nothing is believed, every touch is faultless, and a door that fails is left: the
// reader then polls, unlisted.
type door struct {
	file   *shm.ReadersFile
	m      *mapping
	words  []*uint32 // by source
	places []*shm.Announced
}

const (
	// doorSlice bounds a sleep: the writer's heartbeat is looked at in between, and who plays with the doorbell can make a
	// wake that late and no later.
	doorSlice = 50 * time.Millisecond
	// reportEvery is how many batches pass between two reports of a reader that never waits.
	reportEvery = 64
	// doorTries are looks before a reader goes to sleep: what comes within a few microseconds costs the writer no hand-over.
	doorTries = 40
)

// ErrNoDoorbell says that an instance has no readers file, by errors.Is.
var ErrNoDoorbell = errors.New("no doorbells: set readers in the writer's configuration")

// Doorbell returns nil where the reader's WaitDoorbell sleeps at the writer's doorbell, and otherwise why it does not. It may
// change at a restart of the writer.
func (r *Reader) Doorbell() error { return r.noDoor }

// Announced says whether the reader is listed in the readers file.
func (r *Reader) Announced() bool {
	if r.door == nil {
		return false
	}
	for _, p := range r.door.places {
		if p != nil {
			return true
		}
	}
	return false
}

// enter goes to the readers file as it is now, where the reader wants anything of it.
func (r *Reader) enter() {
	if r.opts.Wait != WaitDoorbell && r.opts.Announce == "" {
		return
	}
	r.leaveDoor()
	d, err := r.view.openDoor()
	if err != nil {
		r.noDoor = err
		return
	}
	d.places = make([]*shm.Announced, len(r.sources))
	for _, s := range r.sources {
		w := d.file.Word(int(s.worker))
		if w == nil && r.noDoor == nil {
			r.noDoor = fmt.Errorf("worker %d has no doorbell, only %d have", s.worker, d.file.Doorbells())
		}
		d.words = append(d.words, w)
	}
	if r.noDoor != nil {
		d.m.close()
		return
	}
	r.door = d
	if r.opts.Announce != "" {
		r.touch(func() { r.announce(nowNS()) })
	}
}

// openDoor maps the readers file for writing.
func (v *View) openDoor() (*door, error) {
	m, err := v.openReaders(true)
	if err != nil {
		return nil, err
	}
	d := &door{m: m}
	if !faultless(m, func() { d.file, err = shm.OpenReadersFile(m.mem) }) {
		err = errCut
	}
	if err != nil {
		m.close()
		return nil, err
	}
	return d, nil
}

var errCut = errors.New("the readers file was cut short by somebody of its group")

func (v *View) openReaders(write bool) (*mapping, error) {
	flags := os.O_RDONLY
	if write {
		flags = os.O_RDWR
	}
	h, err := v.dir.openGroups(readersFile, flags)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoDoorbell
	}
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return mapFile(h, write, false, false)
}

// touch does what reads or writes the readers file, and leaves the door where it is not there any more.
func (r *Reader) touch(what func()) bool {
	if r.door == nil {
		return false
	}
	if faultless(r.door.m, what) {
		return true
	}
	r.door.m.close()
	r.door, r.noDoor = nil, errCut
	return false
}

// announce shows the reader, once for each of its rings that is not listed.
func (r *Reader) announce(now uint64) {
	self := uint32(os.Getpid())
	for i, s := range r.sources {
		if r.door.places[i] != nil {
			continue
		}
		r.door.places[i] = r.door.file.Announce(&shm.Announcement{
			PID: self, ProcessStart: processStart(int(self)), SinceNS: now, Schema: r.opts.Schema, Worker: s.worker,
			Policy: r.opts.Policy, Language: "go", Name: r.opts.Announce,
		}, func(e *shm.ReaderEntry) bool { return deadReader(e, now) })
		if p := r.door.places[i]; p != nil {
			position, lapped := s.progress()
			p.Update(position, lapped, now, false)
		}
	}
}

// report says in the readers file how far the reader is.
func (r *Reader) report(now uint64, asleep bool) {
	if r.door == nil || r.opts.Announce == "" {
		return
	}
	r.touch(func() {
		lost := false
		for i, s := range r.sources {
			position, lapped := s.progress()
			if p := r.door.places[i]; p == nil || !p.Update(position, lapped, now, asleep) {
				r.door.places[i], lost = nil, true
			}
		}
		if lost && !asleep {
			r.announce(now)
		}
	})
}

// leaveDoor takes the reader off the list.
func (r *Reader) leaveDoor() {
	if r.door != nil {
		r.touch(func() {
			for _, p := range r.door.places {
				if p != nil {
					p.Leave()
				}
			}
		})
	}
	if r.door != nil {
		r.door.m.close()
	}
	r.door, r.noDoor = nil, nil
}

// waitAtDoor is Wait at the doorbell, after a look that found before: Empty, or Stopped. Empty with the door left means that
// the caller has to wait otherwise.
func (r *Reader) waitAtDoor(next func() shm.Result, before shm.Result, deadline time.Time) shm.Result {
	for range doorTries {
		shm.Pause(8)
		if res := next(); res != shm.Empty && res != shm.Stopped {
			return res
		}
	}
	stopped := before == shm.Stopped
	for {
		d := r.door
		if d == nil {
			return shm.Empty
		}
		var word *uint32
		var value uint32
		replaced := false
		if !r.touch(func() { word, value, replaced = d.arm() }) {
			return shm.Empty
		}
		if stopped {
			r.checkAt = 0 // the look includes whether there is a next run: its stroke may have been before we armed
		}
		res := next()
		stopped = res == shm.Stopped
		if res != shm.Empty && res != shm.Stopped || res == shm.Stopped && before == shm.Empty {
			return res
		}
		if r.door != d || replaced && r.renewDoor() {
			continue // another door: of a newer run of the writer
		}
		left := time.Until(deadline)
		if left <= 0 {
			return res
		}
		r.report(nowNS(), true)
		if r.door != d {
			continue
		}
		r.sleeps++
		if sleepOn(word, value, min(left, r.slice)) {
			r.overdue++
		}
		r.report(nowNS(), false)
	}
}

// arm says at the doorbells of the reader's workers that it is going to sleep, and returns what to sleep on. Of one worker that is
// its doorbell; of several it is the count of strokes, read before the first is armed.
func (d *door) arm() (word *uint32, value uint32, replaced bool) {
	word = d.file.Round()
	value = atomic.LoadUint32(word)
	for _, w := range d.words {
		armed := shm.Arm(w)
		if len(d.words) == 1 {
			word, value = w, armed
		}
	}
	return word, value, d.file.Replaced()
}

// renewDoor goes to the readers file that took this one's place. False: none did, whatever this one says.
func (r *Reader) renewDoor() bool {
	m, err := r.view.openReaders(false)
	if err == nil {
		same := m.dev == r.door.m.dev && m.inode == r.door.m.inode
		m.close()
		if same {
			return false
		}
	}
	r.enter()
	return true
}

// deadReader says whether an entry's process is no more. One of another PID namespace cannot be seen, and lives as long as it
// says so.
func deadReader(e *shm.ReaderEntry, now uint64) bool {
	const silent = uint64(time.Second)
	pid, start := e.ClaimedBy()
	if alive := processStart(int(pid)); alive != 0 && uint32(alive) == start {
		return false
	}
	return now-e.HeartbeatNS > silent && e.HeartbeatNS-now > silent // the difference, whichever is later
}
