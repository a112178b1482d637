package worker

import (
	"fmt"
	"sync/atomic"
)

// MaxSubscriptions bounds the names, and what a filter can hold.
const MaxSubscriptions = 4096

// Subscribers are the feeds by subscription ID: the name that the filter writes in front of a frame, the same on every
// interface. The handler gives names and takes them; workers look them up.
type Subscribers struct {
	feeds [MaxSubscriptions]atomic.Pointer[Feed]
	End   atomic.Int32 // IDs were given below this
}

// Feed returns the channel of a name, nil when there is none (any more).
func (s *Subscribers) Feed(id uint16) *Feed {
	if int(id) >= len(s.feeds) {
		return nil
	}
	return s.feeds[id].Load()
}

// Name gives a feed its ID, once. 0 is nobody's: a frame that claims it is of no channel.
func (s *Subscribers) Name(f *Feed) error {
	if f.ID != 0 {
		return nil
	}
	for id := 1; id < len(s.feeds); id++ {
		if s.feeds[id].Load() == nil {
			f.ID = uint16(id)
			s.End.Store(max(s.End.Load(), int32(id)+1))
			s.feeds[id].Store(f)
			return nil
		}
	}
	return fmt.Errorf("more than %d channels by AF_XDP", len(s.feeds)-1)
}

// Forget takes a feed's name away. What is still under way under it is nobody's.
func (s *Subscribers) Forget(f *Feed) {
	if f.ID != 0 {
		s.feeds[f.ID].Store(nil)
		f.ID = 0
	}
}
