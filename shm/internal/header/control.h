/* The control file: who writes, and what the ids mean. */
typedef struct wb_control {
	wb_map map;
	wb_control_header h; /* the checked copy */
} wb_control;

static inline int wb_section_ok(const wb_control *c, const wb_section *s, uint64_t stride, uint32_t most) {
	return s->stride == stride && s->capacity <= most && s->offset % 8 == 0 && s->offset >= WB_HEADER_BYTES &&
	       s->offset <= c->h.file_size && (uint64_t)s->capacity * stride <= c->h.file_size - s->offset;
}

static inline int wb_control_open(wb_control *c, const char *path, char *err, size_t n) {
	memset(c, 0, sizeof *c);
	if (wb_map_file(&c->map, path, WB_MAGIC_CONTROL, err, n))
		return -1;
	memcpy(&c->h, c->map.mem, sizeof c->h);
	if (c->h.header_size != WB_HEADER_BYTES || c->h.file_size > c->map.size ||
	    !wb_section_ok(c, &c->h.rings, sizeof(wb_ring_entry), WB_MAX_RINGS) ||
	    !wb_section_ok(c, &c->h.channels, sizeof(wb_channel_entry), WB_MAX_CHANNELS) ||
	    !wb_section_ok(c, &c->h.lines, sizeof(wb_line_entry), WB_MAX_LINES) ||
	    !wb_section_ok(c, &c->h.counters, sizeof(wb_counter_entry), WB_MAX_COUNTERS) ||
	    !wb_section_ok(c, &c->h.instruments, sizeof(wb_instrument_entry), WB_MAX_INSTRUMENTS) ||
	    !wb_section_ok(c, &c->h.sessions, sizeof(wb_session_entry), WB_MAX_SESSIONS)) {
		wb_unmap(&c->map);
		return wb_fail(err, n, path, "damaged or truncated control file");
	}
	return 0;
}

static inline void wb_control_close(wb_control *c) { wb_unmap(&c->map); }

static inline const wb_control_header *wb_control_live(const wb_control *c) { return (const wb_control_header *)c->map.mem; }

static inline uint64_t wb_control_epoch(const wb_control *c) { return wb_load(&wb_control_live(c)->epoch); }

/* WB_STATE_REPLACED: a newer run made new files; open everything again. */
static inline uint32_t wb_control_state(const wb_control *c) { return wb_load32(&wb_control_live(c)->state); }

/* 1 when the writer's heartbeat is more than limit_ns old at now_ns (UTC), though it did not end in good order. */
static inline int wb_control_stale(const wb_control *c, uint64_t now_ns, uint64_t limit_ns) {
	return wb_header_stale(&c->map, now_ns, limit_ns);
}

/* Entries of a table: a section of the checked copy, such as &c->h.channels. */
static inline uint32_t wb_control_count(const wb_control *c, const wb_section *s) {
	size_t at = (size_t)((const unsigned char *)s - (const unsigned char *)&c->h) + offsetof(wb_section, count);
	uint32_t n = wb_load32(c->map.mem + at);
	return n < s->capacity ? n : s->capacity;
}

static inline int wb_control_entry(const wb_control *c, const wb_section *s, uint32_t i, void *dst) {
	if (i >= wb_control_count(c, s))
		return 0;
	wb_copy(dst, c->map.mem + s->offset + (size_t)i * s->stride, s->stride);
	return 1;
}

/* Copy an entry of size bytes that starts with its sequence lock. 1, or 0 while it does not stand still. */
static inline int wb_locked(const void *src, void *dst, size_t size) {
	int tries;
	for (tries = 0; tries < 1000; tries++) {
		uint64_t lock = wb_load(src);
		if (lock & 1)
			continue;
		wb_copy(dst, src, size);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n((const uint64_t *)src, __ATOMIC_RELAXED) == lock)
			return 1;
	}
	return 0;
}

/* Copy entry i of a table. 1, or 0 when there is none. */
static inline int wb_control_ring(const wb_control *c, uint32_t i, wb_ring_entry *e) {
	return wb_control_entry(c, &c->h.rings, i, e);
}

static inline int wb_control_channel(const wb_control *c, uint32_t i, wb_channel_entry *e) {
	return wb_control_entry(c, &c->h.channels, i, e);
}

static inline int wb_control_line(const wb_control *c, uint32_t i, wb_line_entry *e) {
	return wb_control_entry(c, &c->h.lines, i, e);
}

static inline int wb_control_counter(const wb_control *c, uint32_t i, wb_counter_entry *e) {
	return wb_control_entry(c, &c->h.counters, i, e);
}

/* What the writer knows of its clock. 1, or 0 while it cannot be read whole. */
static inline int wb_control_clock(const wb_control *c, wb_clock_block *b) {
	return wb_locked(&wb_control_live(c)->clock, b, sizeof *b);
}

static inline uint32_t wb_control_instruments(const wb_control *c) { return wb_control_count(c, &c->h.instruments); }

/* Copy entry i of the instrument table. 1, or 0 when there is none. An entry whose next is not 0 is what its id meant before,
 * and next - 1 is the entry that followed it; a record at a position of a ring means the entry of its publisher and id with
 * the largest since[schema] that is not beyond the position. The low byte of state is WB_INSTRUMENT_..., the next the reason. */
static inline int wb_control_instrument(const wb_control *c, uint32_t i, wb_instrument_entry *e) {
	if (i >= wb_control_instruments(c))
		return 0;
	return wb_locked(c->map.mem + c->h.instruments.offset + (size_t)i * sizeof *e, e, sizeof *e);
}

/* Copy what the session number of a mark means. 1, or 0 when it never was, is forgotten, or changes all the time. */
static inline int wb_control_session(const wb_control *c, uint32_t number, wb_session_entry *e) {
	const wb_section *s = &c->h.sessions;
	if (number == 0 || s->capacity == 0)
		return 0;
	return wb_locked(c->map.mem + s->offset + (size_t)(number % s->capacity) * sizeof *e, e, sizeof *e) && e->number == number;
}

/* What the appliance made itself, in the admin ring, or NULL for a record of the venue's. rec as wb_ring_next left it. */
static inline const wb_appliance *wb_as_appliance(const wb_ring *r, const void *rec) {
	const wb_appliance *a = (const wb_appliance *)rec;
	return r->schema == WB_SCHEMA_ADMIN && a->hd.rtype == WB_RTYPE_APPLIANCE && a->hd.length * 4u >= sizeof *a ? a : NULL;
}

