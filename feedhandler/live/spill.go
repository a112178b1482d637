package live

// spill polls the kernel sockets of lines that come by AF_XDP. They hold the memberships, and get only what the filter
// passes up: frames of a queue without a socket, and everything while the filter is off the interface. So it looks once a
// tick, with one system call for all of them.
type spill struct {
	wait   *waiter
	lines  []*lineReceiver
	looked uint64
	until  uint64
	more   bool
}

func newSpill() (*spill, error) {
	w, err := newWaiter()
	if err != nil {
		return nil, err
	}
	return &spill{wait: w}, nil
}

func (s *spill) poll(w *worker) int {
	if w.ticked == s.looked && !s.more && !w.draining {
		return 0
	}
	s.looked = w.ticked
	s.more, s.until = false, ^uint64(0)
	n := 0
	for _, e := range s.wait.ready() {
		for _, l := range s.lines {
			if l.fd() != int(e.Fd) {
				continue
			}
			n += l.poll(w)
			if ns, more := l.backlog(); more {
				s.more, s.until = true, min(s.until, ns)
			}
		}
	}
	return n
}

func (s *spill) backlog() (uint64, bool) { return s.until, s.more }

func (s *spill) fd() int { return s.wait.descriptor() }

func (s *spill) add(lines []*lineReceiver) {
	for _, l := range lines {
		s.lines = append(s.lines, l)
		s.wait.add(l.fd())
	}
}

func (s *spill) remove(f *feed) {
	kept := s.lines[:0:0]
	for _, l := range s.lines {
		if l.feed == f {
			s.wait.remove(l.fd())
		} else {
			kept = append(kept, l)
		}
	}
	s.lines = kept
}
