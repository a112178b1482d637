package worker

// spill polls the kernel sockets of lines that come by AF_XDP. They hold the memberships, and get only what the filter
// passes up: frames of a queue without a socket, and everything while the filter is off the interface. So it looks once a
// tick, with one system call for all of them.
type spill struct {
	wait   *waiter
	lines  []*LineReceiver
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

// TakeSpill makes a worker ready for lines that come by a NIC's queues. It does not run yet.
func (w *Worker) TakeSpill() (err error) {
	if w.spill, err = newSpill(); err != nil {
		return err
	}
	w.Receivers = append(w.Receivers, w.spill)
	w.Wait.Add(w.spill.FD())
	return nil
}

func (s *spill) Poll(w *Worker) int {
	if w.ticked == s.looked && !s.more && !w.draining {
		return 0
	}
	s.looked = w.ticked
	s.more, s.until = false, ^uint64(0)
	n := 0
	for _, e := range s.wait.ready() {
		for _, l := range s.lines {
			if l.FD() != int(e.Fd) {
				continue
			}
			n += l.Poll(w)
			if ns, more := l.Backlog(); more {
				s.more, s.until = true, min(s.until, ns)
			}
		}
	}
	return n
}

func (s *spill) Backlog() (uint64, bool) { return s.until, s.more }

func (s *spill) FD() int { return s.wait.descriptor() }

func (s *spill) add(lines []*LineReceiver) {
	for _, l := range lines {
		s.lines = append(s.lines, l)
		s.wait.Add(l.FD())
	}
}

func (s *spill) remove(f *Feed) {
	kept := s.lines[:0:0]
	for _, l := range s.lines {
		if l.Feed == f {
			s.wait.Remove(l.FD())
		} else {
			kept = append(kept, l)
		}
	}
	s.lines = kept
}
