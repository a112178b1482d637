static inline const uint64_t *wb_slot(const wb_ring *r, uint64_t pos) {
	return (const uint64_t *)(r->slots + (pos & r->mask) * r->slot_size);
}

static inline const wb_ring_header *wb_ring_head(const wb_ring *r) { return (const wb_ring_header *)r->map.mem; }

/* The sequence word of a whole record at a position. With bit 0 set: being written. */
static inline uint64_t wb_committed(uint64_t pos) { return (pos + 1) << 1; }

/* The position the next record will get, as far as can be seen. */
static inline uint64_t wb_ring_edge(const wb_ring *r) {
	uint64_t i, v, p, head = wb_load(&wb_ring_head(r)->head);
	if (head >= (uint64_t)1 << 62)
		head = 0;
	else if (head && wb_load(wb_slot(r, head - 1)) < wb_committed(head - 1))
		return 0;
	for (i = 0; i <= r->mask; i++) {
		v = wb_load(wb_slot(r, head));
		p = (v >> 1) - 1;
		if (v < wb_committed(head) || (p & r->mask) != (head & r->mask) || p >= (uint64_t)1 << 62)
			break;
		head = p;
		if (v & 1)
			break;
		head++;
	}
	return head;
}

static inline uint64_t wb_ring_seek_edge(wb_ring *r) {
	r->missed = 0;
	return r->pos = wb_ring_edge(r);
}

/* The oldest record of the running epoch: what an earlier run of the writer left in front of it is not told.
 * r->missed says how many records of this run were overwritten before. */
static inline uint64_t wb_ring_seek_oldest(wb_ring *r) {
	uint64_t head = wb_ring_edge(r), start = wb_load(&wb_ring_head(r)->epoch_start);
	r->pos = head > r->mask + 1 ? head - r->mask - 1 : 0;
	r->missed = 0;
	if (start <= head) {
		if (start > r->pos)
			r->pos = start;
		r->missed = r->pos - start;
	}
	return r->pos;
}

#define WB_STALE_NS 2000000000u /* how old a heartbeat may be, unless heart.stale_ns says otherwise */
#define WB_CHECK_NS 50000000u

static inline uint32_t wb_header_state(const wb_map *control) { return wb_load32(&((const wb_control_header *)control->mem)->state); }

static inline int wb_header_stale(const wb_map *control, uint64_t now_ns, uint64_t limit_ns) {
	uint64_t beat = wb_load(&((const wb_control_header *)control->mem)->heartbeat_ns);
	return wb_header_state(control) < WB_STATE_STOPPED && now_ns > beat && now_ns - beat > limit_ns;
}

/* Map the control file as it is now. Without one, or while a new writer is at work on it, the old one stays. */
static inline void wb_heart_find(wb_heart *h) {
	wb_map m;
	if (h->beside[0] && wb_map_file(&m, h->beside, WB_MAGIC_CONTROL, NULL, 0) == 0) {
		wb_unmap(&h->control);
		h->control = m;
	}
}

static inline void wb_heart_open(wb_heart *h, const char *ring) {
	const char *slash = strrchr(ring, '/');
	size_t len = slash ? (size_t)(slash - ring) + 1 : 0;
	h->stale_ns = WB_STALE_NS;
	if (len + sizeof "control" > sizeof h->beside)
		return;
	memcpy(h->beside, ring, len);
	memcpy(h->beside + len, "control", sizeof "control");
	wb_heart_find(h);
}

/* WB_EMPTY, or WB_STALE_WRITER once for each silence. Looks every 50 ms. */
static inline wb_result wb_heart_ask(wb_heart *h) {
	struct timespec ts;
	uint64_t now, beat;
	if (!h->control.mem || h->stale_ns == 0 || clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return WB_EMPTY;
	now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
	if (now < h->check_at && h->check_at - now <= WB_CHECK_NS) /* or the clock was set back */
		return WB_EMPTY;
	h->check_at = now + WB_CHECK_NS;
	if (wb_header_state(&h->control) >= WB_STATE_STOPPED || wb_header_stale(&h->control, now, h->stale_ns))
		wb_heart_find(h); /* a newer run may have made another */
	beat = wb_load(&((const wb_control_header *)h->control.mem)->heartbeat_ns);
	if (!wb_header_stale(&h->control, now, h->stale_ns) || beat == h->stale_at)
		return WB_EMPTY;
	h->stale_at = beat;
	return WB_STALE_WRITER;
}

/* Open a ring, standing at its oldest record. 0, or -1 with a message in err. */
static inline int wb_ring_open(wb_ring *r, const char *path, char *err, size_t n) {
	wb_ring_header h;
	memset(r, 0, sizeof *r);
	if (wb_map_file(&r->map, path, WB_MAGIC_RING, err, n))
		return -1;
	memcpy(&h, r->map.mem, sizeof h);
	if (h.header_size != WB_HEADER_BYTES || h.schema > WB_SCHEMA_MARKS || h.slot_size != wb_slot_sizes[h.schema] ||
	    h.body_size != wb_body_sizes[h.schema] || h.slot_count < 2 || h.slot_count > WB_MAX_SLOTS ||
	    (h.slot_count & (h.slot_count - 1)) != 0 ||
	    r->map.size < WB_HEADER_BYTES + (uint64_t)h.slot_count * h.slot_size) {
		wb_unmap(&r->map);
		return wb_fail(err, n, path, "damaged or truncated ring header");
	}
	r->slots = r->map.mem + WB_HEADER_BYTES;
	r->mask = h.slot_count - 1;
	r->slot_size = h.slot_size;
	r->payload = h.slot_size - 8;
	r->body = h.body_size;
	r->schema = h.schema;
	r->worker = h.worker;
	r->epoch = wb_load(&wb_ring_head(r)->epoch);
	wb_ring_seek_oldest(r);
	wb_heart_open(&r->heart, path);
	return 0;
}

static inline void wb_ring_close(wb_ring *r) {
	wb_unmap(&r->map);
	wb_unmap(&r->heart.control);
}

static inline wb_result wb_ring_look(wb_ring *r) {
	uint64_t p = r->pos, want = wb_committed(p), seq = wb_load(wb_slot(r, p));
	uint64_t epoch = wb_load(&wb_ring_head(r)->epoch), next, head;
	if (epoch != r->epoch) {
		uint64_t start = wb_load(&wb_ring_head(r)->epoch_start);
		if (p >= start) {
			r->epoch = epoch;
			if (p > wb_ring_edge(r) && start < (uint64_t)1 << 62)
				r->pos = start;
			return WB_NEW_EPOCH;
		}
	}
	if (seq == want)
		return WB_RECORD;
	if (seq < want || seq == (want | 1)) {
		if (seq == 1 || (seq && (((seq >> 1) - 1) & r->mask) != (p & r->mask)))
			return WB_CORRUPT;
		if (seq < want && wb_load32(&wb_ring_head(r)->state) >= WB_STATE_STOPPED && wb_ring_edge(r) <= p)
			return WB_STOPPED;
		return WB_EMPTY;
	}
	next = seq >> 1;
	if (((next - 1) & r->mask) != (p & r->mask) || next > (uint64_t)1 << 62)
		return WB_CORRUPT;
	head = wb_ring_edge(r);
	if (head > next)
		next = head;
	next -= (r->mask + 1) / 2;
	if (next <= p)
		next = p + 1;
	r->lost = next - p;
	r->lost_total += r->lost;
	r->pos = next;
	return WB_LAPPED;
}

/* Copy the record at r->pos into dst (r->payload bytes: body, then extras) and move on.
 * Copy, then check again: the writer marks a slot before it touches the payload, so a torn copy never passes. */
static inline wb_result wb_ring_next(wb_ring *r, void *dst, size_t size) {
	const uint64_t *slot = wb_slot(r, r->pos);
	uint64_t want = wb_committed(r->pos);
	wb_result res;
	if (size < r->payload)
		return WB_SHORT_BUFFER;
	if (wb_load(slot) != want || wb_load(&wb_ring_head(r)->epoch) != r->epoch) {
		res = wb_ring_look(r);
		if (res == WB_EMPTY)
			return wb_heart_ask(&r->heart);
		if (res != WB_RECORD)
			return res;
	}
	wb_copy(dst, slot + 1, r->payload);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(slot, __ATOMIC_RELAXED) != want) {
		res = wb_ring_look(r);
		return res == WB_RECORD ? WB_EMPTY : res;
	}
	r->pos++;
	return WB_RECORD;
}

/* The trade id in a payload, 0 where there is none. */
static inline uint64_t wb_ring_extra(const wb_ring *r, const void *payload) {
	uint64_t v = 0;
	if (r->body + 8 <= r->payload)
		memcpy(&v, (const unsigned char *)payload + r->body, 8);
	return v;
}

