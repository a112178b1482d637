/* The latest table: the last book of every instrument. */
typedef struct wb_latest {
	wb_map map;
	uint32_t capacity, schema;
} wb_latest;

static inline int wb_latest_open(wb_latest *l, const char *path, char *err, size_t n) {
	wb_latest_header h;
	memset(l, 0, sizeof *l);
	if (wb_map_file(&l->map, path, WB_MAGIC_LATEST, err, n))
		return -1;
	memcpy(&h, l->map.mem, sizeof h);
	if (h.header_size != WB_HEADER_BYTES || h.slot_size != sizeof(wb_latest_slot) || h.capacity == 0 ||
	    h.capacity > WB_MAX_LATEST || h.position_schema >= WB_SCHEMA_COUNT ||
	    l->map.size < WB_HEADER_BYTES + (uint64_t)h.capacity * sizeof(wb_latest_slot)) {
		wb_unmap(&l->map);
		return wb_fail(err, n, path, "damaged or truncated latest table");
	}
	l->capacity = h.capacity;
	l->schema = h.position_schema;
	return 0;
}

static inline void wb_latest_close(wb_latest *l) { wb_unmap(&l->map); }

/* Copy the last book of slot index. 1 with the ring position to go on from, or 0: no book. */
static inline int wb_latest_read(const wb_latest *l, uint32_t index, wb_mbp10 *book, uint64_t *pos) {
	const uint64_t *s;
	int tries;
	size_t i;
	if (index >= l->capacity)
		return 0;
	s = (const uint64_t *)(l->map.mem + WB_HEADER_BYTES + (size_t)index * sizeof(wb_latest_slot));
	for (tries = 0; tries < 1000; tries++) {
		uint64_t seq = wb_load(s), w, updates;
		if (seq == 0)
			return 0;
		if (seq & 1)
			continue;
		for (i = 0; i < sizeof *book / 8; i++) {
			w = __atomic_load_n(s + 1 + i, __ATOMIC_RELAXED);
			memcpy((unsigned char *)book + 8 * i, &w, 8);
		}
		*pos = __atomic_load_n(s + 1 + i, __ATOMIC_RELAXED);
		updates = __atomic_load_n(s + 2 + i, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(s, __ATOMIC_RELAXED) == seq)
			return updates != 0;
	}
	return 0;
}

