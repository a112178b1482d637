package sim

// arrival is a frame on its way.
type arrival struct {
	atNS  uint64
	order uint64
	frame int32
	line  int32
}

func (a *arrival) before(b *arrival) bool {
	if a.atNS != b.atNS {
		return a.atNS < b.atNS
	}
	return a.order < b.order
}

// arrivals is a binary heap, the earliest first. It holds what a few delays' worth of packets need.
type arrivals []arrival

func (h *arrivals) push(a arrival) {
	q := append(*h, a)
	i := len(q) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !q[i].before(&q[up]) {
			break
		}
		q[i], q[up] = q[up], q[i]
		i = up
	}
	*h = q
}

func (h *arrivals) pop() arrival {
	q := *h
	first := q[0]
	last := len(q) - 1
	q[0] = q[last]
	q = q[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if right := down + 1; right < last && q[right].before(&q[down]) {
			down = right
		}
		if !q[down].before(&q[i]) {
			break
		}
		q[i], q[down] = q[down], q[i]
		i = down
	}
	*h = q
	return first
}
