package capture

import (
	"errors"
	"io"
)

// merge puts several files into one order: by time, then by place in the list. Each file's next packet waits as a head;
// the heads form a binary heap. The packet last handed out stays the top until the next call, because fetching its
// successor ends its life.
type merge struct {
	sources []Source
	heads   []mergeHead // of files that are not at their end
	started bool
}

type mergeHead struct {
	key  uint64
	time clock
	p    *Packet
	src  Source
}

func newMerge(sources []Source) *merge { return &merge{sources: sources} }

// before is the order of the heap.
func (h *mergeHead) before(o *mergeHead) bool {
	return h.key < o.key || h.key == o.key && h.p.File < o.p.File
}

// fetch reads the head's next packet and its place in time.
func (h *mergeHead) fetch() error {
	if err := h.src.Next(h.p); err != nil {
		return err
	}
	h.key = h.time.of(h.p)
	return nil
}

// Next gives the earliest packet at hand.
func (m *merge) Next(p *Packet) error {
	if !m.started {
		m.started = true
		for i, s := range m.sources {
			h := mergeHead{src: s, p: &Packet{File: i}}
			if err := h.fetch(); err == io.EOF {
				continue
			} else if err != nil {
				return err
			}
			m.heads = append(m.heads, h)
		}
		for i := len(m.heads)/2 - 1; i >= 0; i-- {
			m.sink(i)
		}
	} else if len(m.heads) > 0 {
		if err := m.heads[0].fetch(); err == io.EOF {
			last := len(m.heads) - 1
			m.heads[0] = m.heads[last]
			m.heads = m.heads[:last]
		} else if err != nil {
			return err
		}
		m.sink(0)
	}
	if len(m.heads) == 0 {
		return io.EOF
	}
	*p = *m.heads[0].p
	return nil
}

// sink restores the heap below i.
func (m *merge) sink(i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(m.heads); c++ {
			if m.heads[c].before(&m.heads[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		m.heads[i], m.heads[least] = m.heads[least], m.heads[i]
		i = least
	}
}

// Progress is the sum over the files.
func (m *merge) Progress() (read, total int64) {
	for _, s := range m.sources {
		r, t := s.Progress()
		read, total = read+r, total+t
	}
	return read, total
}

// Files describes all files.
func (m *merge) Files() []FileInfo {
	var all []FileInfo
	for _, s := range m.sources {
		all = append(all, s.Files()...)
	}
	return all
}

// Close closes all files.
func (m *merge) Close() error {
	m.heads, m.started = nil, true
	var all []error
	for _, s := range m.sources {
		all = append(all, s.Close())
	}
	return errors.Join(all...)
}
