package live

import (
	"fmt"
	"sync/atomic"
)

// subscribers are the feeds by subscription ID: the name that the filter writes in front of a frame, the same on every
// interface. The handler gives names and takes them; workers look them up.
type subscribers struct {
	feeds [maxSubscriptions]atomic.Pointer[feed]
	end   atomic.Int32 // IDs were given below this
}

// feed returns the channel of a name, nil when there is none (any more).
func (s *subscribers) feed(id uint16) *feed {
	if int(id) >= len(s.feeds) {
		return nil
	}
	return s.feeds[id].Load()
}

// name gives a feed its ID, once. 0 is nobody's: a frame that claims it is of no channel.
func (s *subscribers) name(f *feed) error {
	if f.id != 0 {
		return nil
	}
	for id := 1; id < len(s.feeds); id++ {
		if s.feeds[id].Load() == nil {
			f.id = uint16(id)
			s.end.Store(max(s.end.Load(), int32(id)+1))
			s.feeds[id].Store(f)
			return nil
		}
	}
	return fmt.Errorf("more than %d channels by AF_XDP", len(s.feeds)-1)
}

// forget takes a feed's name away. What is still under way under it is nobody's.
func (s *subscribers) forget(f *feed) {
	if f.id != 0 {
		s.feeds[f.id].Store(nil)
		f.id = 0
	}
}
