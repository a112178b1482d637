package book

// pool hands out blocks of 4, 8, 16, … entries from one array. Each side of a book keeps its sorted prices in one
// block and moves to the next size when full, so that a binary search stays inside one run of memory. Freed blocks
// are kept by size; a larger one is split when none of the size is left.
type pool[T any] struct {
	mem    []T
	links  []uint32 // next free block of the same size, by block number
	free   [poolClasses]uint32
	next   uint32 // first block not handed out since the last reset
	used   uint32 // the furthest next was before
	max    uint32 // blocks mem may grow to
	growth uint64
	advise func([]byte) // of Config
}

const (
	poolBlock   = 4 // entries in the smallest block, and the unit of offsets
	poolClasses = 28
)

func newPool[T any](initial, max int, advise func([]byte)) pool[T] {
	if initial > max {
		initial = max
	}
	return pool[T]{
		mem:    newTable[T]((initial+1)*poolBlock, advise),
		links:  newTable[uint32](initial+1, advise),
		next:   1, // block 0 means none
		max:    uint32(max) + 1,
		advise: advise,
	}
}

// get returns a block of a class, or 0 when there is no room.
func (p *pool[T]) get(class uint32) uint32 {
	if class >= poolClasses {
		return 0
	}
	if b := p.free[class]; b != 0 {
		p.free[class] = p.links[b]
		return b
	}
	n := uint32(1) << class
	if p.next+n <= uint32(len(p.links)) || p.grow(n) {
		b := p.next
		p.next += n
		return b
	}
	for c := class + 1; c < poolClasses; c++ {
		b := p.free[c]
		if b == 0 {
			continue
		}
		p.free[c] = p.links[b]
		for c > class {
			c--
			p.put(b+1<<c, c)
		}
		return b
	}
	return 0
}

// put takes a block back.
func (p *pool[T]) put(b, class uint32) {
	p.links[b] = p.free[class]
	p.free[class] = b
}

// grow doubles the array, within max, until n more blocks fit.
func (p *pool[T]) grow(n uint32) bool {
	need := uint64(p.next) + uint64(n)
	if need > uint64(p.max) {
		return false
	}
	size := uint64(len(p.links))
	for size < need {
		size *= 2
	}
	size = min(size, uint64(p.max))
	mem := newTable[T](int(size*poolBlock), p.advise)
	copy(mem, p.mem)
	p.mem = mem
	links := newTable[uint32](int(size), p.advise)
	copy(links, p.links)
	p.links = links
	p.growth++
	return true
}

// reset takes every block back.
func (p *pool[T]) reset() {
	p.used, p.next = max(p.used, p.next), 1
	p.free = [poolClasses]uint32{}
}

// run is a block and how many of its entries are used.
type run struct {
	block uint32
	size  uint32 // length << 5 | class
}

func (r run) len() int { return int(r.size >> 5) }

// butLast is the run without its last entry, for a look: nothing is given back.
func (r run) butLast() run { return run{r.block, r.size - 1<<5} }

// entries returns the used entries of a run.
func (p *pool[T]) entries(r run) []T {
	off := int(r.block) * poolBlock
	return p.mem[off : off+r.len()]
}

// insert makes room for one entry at index i and returns false when there is none. The entry is not cleared.
func (p *pool[T]) insert(r *run, i int) bool {
	n, class := r.len(), r.size&31
	if r.block == 0 || n == poolBlock<<class {
		next := class + 1
		if r.block == 0 {
			next = 0
		}
		b := p.get(next)
		if b == 0 {
			return false
		}
		if r.block != 0 {
			copy(p.mem[int(b)*poolBlock:], p.entries(*r))
			p.put(r.block, class)
		}
		r.block, class = b, next
	}
	r.size = uint32(n+1)<<5 | class
	es := p.entries(*r)
	copy(es[i+1:], es[i:n])
	return true
}

// remove takes out the entry at index i. A run that fell to a quarter of its block moves to half of it.
func (p *pool[T]) remove(r *run, i int) {
	es := p.entries(*r)
	copy(es[i:], es[i+1:])
	p.cut(r, len(es)-1)
}

// cut shortens a run to its first n entries.
func (p *pool[T]) cut(r *run, n int) {
	class := r.size & 31
	if n == 0 {
		if r.block != 0 {
			p.put(r.block, class)
		}
		*r = run{}
		return
	}
	r.size = uint32(n)<<5 | class
	if class == 0 || n > poolBlock<<class/4 {
		return
	}
	if b := p.get(class - 1); b != 0 {
		copy(p.mem[int(b)*poolBlock:], p.entries(*r))
		p.put(r.block, class)
		r.block, r.size = b, uint32(n)<<5|(class-1)
	}
}
