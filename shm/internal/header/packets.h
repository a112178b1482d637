/* The packets ring: every input of the worker, in the order in which it was taken. Positions, lost and missed count bytes. */
typedef struct wb_packets {
	wb_map map;
	const unsigned char *chunks;
	uint64_t chunk; /* bytes of one: no record is larger */
	uint64_t mask;  /* bytes of all, less 1 */
	uint64_t pos;   /* of the record the next call reads */
	uint64_t at;    /* of the record the last call copied */
	uint64_t epoch, lost, lost_total, missed;
	uint32_t worker;
	wb_heart heart;
} wb_packets;

#define WB_MAX_POSITION ((uint64_t)1 << 62)

static inline const wb_packets_header *wb_packets_head(const wb_packets *r) { return (const wb_packets_header *)r->map.mem; }

static inline const uint64_t *wb_packets_word(const wb_packets *r, uint64_t p) {
	return (const uint64_t *)(r->chunks + (p & r->mask));
}

/* What a record with n bytes of payload takes. */
static inline uint64_t wb_packet_size(uint64_t n) { return (sizeof(wb_packet_header) + n + 15) & ~(uint64_t)15; }

static inline uint64_t wb_packets_reach(const wb_packets *r) { return wb_load(&wb_packets_head(r)->reach); }

/* Whether the writer may have touched the record at p, having announced reach. */
static inline int wb_packets_gone(const wb_packets *r, uint64_t p, uint64_t reach) { return reach > p + r->mask + 1; }

static inline uint64_t wb_packets_next_chunk(const wb_packets *r, uint64_t p) { return (p & ~(r->chunk - 1)) + r->chunk; }

/* The newest chunk that begins with a whole record. */
static inline uint64_t wb_packets_newest(const wb_packets *r) {
	uint64_t newest = 0, i, v, p;
	for (i = 0; i <= r->mask; i += r->chunk) {
		v = wb_load(wb_packets_word(r, i));
		p = v & ~(uint64_t)15;
		if (v == (p | WB_PACKET_WHOLE) && (p & r->mask) == i && p < WB_MAX_POSITION && p > newest)
			newest = p;
	}
	return newest;
}

/* The end of the records that follow one another from p on: at most as many as the ring can have. */
static inline uint64_t wb_packets_walk(const wb_packets *r, uint64_t p) {
	uint64_t far = p + r->mask, v, end;
	while (p < far) {
		v = wb_load(wb_packets_word(r, p));
		end = wb_packets_next_chunk(r, p);
		if (v == (p | WB_PACKET_WHOLE)) {
			uint64_t behind = p + wb_packet_size((uint32_t)wb_load(wb_packets_word(r, p + 8)));
			if (behind > end)
				break;
			end = behind;
		} else if (v != (p | WB_PACKET_SKIP) || (p & (r->chunk - 1)) == 0) {
			break;
		}
		p = end;
	}
	return p;
}

/* The position the next record will get, as far as can be seen. */
static inline uint64_t wb_packets_edge(const wb_packets *r) {
	uint64_t reach, head, edge;
	int tries;
	for (tries = 0; tries < 4; tries++) {
		head = wb_load(&wb_packets_head(r)->head);
		if (head >= WB_MAX_POSITION || head % 16 != 0 || wb_packets_gone(r, head, wb_packets_reach(r)))
			head = wb_packets_newest(r);
		edge = wb_packets_walk(r, head);
		if (!wb_packets_gone(r, head, wb_packets_reach(r)))
			return edge; /* nothing that was walked over has been touched since */
	}
	reach = wb_packets_reach(r);
	return reach >= WB_MAX_POSITION || reach < r->mask + 1 ? 0 : reach & ~(r->chunk - 1);
}

static inline uint64_t wb_packets_seek_edge(wb_packets *r) {
	r->missed = 0;
	return r->pos = wb_packets_edge(r);
}

static inline uint64_t wb_packets_seek_oldest(wb_packets *r) {
	uint64_t reach = wb_packets_reach(r) & ~(r->chunk - 1), start = wb_load(&wb_packets_head(r)->epoch_start) & ~(uint64_t)15;
	r->pos = reach > r->mask + 1 && reach < WB_MAX_POSITION ? reach - r->mask - 1 : 0;
	r->missed = 0;
	if (start < WB_MAX_POSITION && start <= reach) {
		uint64_t oldest = r->pos;
		if (start > r->pos)
			r->pos = start;
		r->missed = oldest > start ? oldest - start : 0;
	}
	return r->pos;
}

/* Open a packets ring, standing at its oldest record. 0, or -1 with a message in err. */
static inline int wb_packets_open(wb_packets *r, const char *path, char *err, size_t n) {
	wb_packets_header h;
	memset(r, 0, sizeof *r);
	if (wb_map_file(&r->map, path, WB_MAGIC_PACKETS, err, n))
		return -1;
	memcpy(&h, r->map.mem, sizeof h);
	if (h.header_size != WB_HEADER_BYTES || h.chunk_bytes < WB_MIN_CHUNK_BYTES || h.chunk_bytes > WB_MAX_CHUNK_BYTES ||
	    (h.chunk_bytes & (h.chunk_bytes - 1)) != 0 || h.chunk_count < WB_MIN_CHUNKS || h.chunk_count > WB_MAX_CHUNKS ||
	    (h.chunk_count & (h.chunk_count - 1)) != 0 ||
	    r->map.size < WB_HEADER_BYTES + (uint64_t)h.chunk_bytes * h.chunk_count) {
		wb_unmap(&r->map);
		return wb_fail(err, n, path, "damaged or truncated packets ring header");
	}
	r->chunks = r->map.mem + WB_HEADER_BYTES;
	r->chunk = h.chunk_bytes;
	r->mask = (uint64_t)h.chunk_bytes * h.chunk_count - 1;
	r->worker = h.worker;
	r->epoch = wb_load(&wb_packets_head(r)->epoch);
	wb_packets_seek_oldest(r);
	wb_heart_open(&r->heart, path);
	return 0;
}

static inline void wb_packets_close(wb_packets *r) {
	wb_unmap(&r->map);
	wb_unmap(&r->heart.control);
}

/* Move to a chunk's begin half a ring behind the writer: surely where a record begins. */
static inline wb_result wb_packets_lapped(wb_packets *r, uint64_t reach) {
	uint64_t resume;
	if (reach >= WB_MAX_POSITION)
		return WB_CORRUPT;
	resume = (reach - (r->mask + 1) / 2) & ~(r->chunk - 1);
	r->lost = resume - r->pos;
	r->lost_total += r->lost;
	r->pos = resume;
	return WB_LAPPED;
}

static inline wb_result wb_packets_look(wb_packets *r) {
	const wb_packets_header *h = wb_packets_head(r);
	int tries, stopped, behind;
	for (tries = 0; tries < 4; tries++) {
		uint64_t p = r->pos, seq = wb_load(wb_packets_word(r, p)), epoch = wb_load(&h->epoch), start, reach, head;
		if (epoch != r->epoch && p >= (start = wb_load(&h->epoch_start))) {
			r->epoch = epoch;
			if (p > wb_packets_edge(r) && start < WB_MAX_POSITION)
				r->pos = start & ~(uint64_t)15;
			return WB_NEW_EPOCH;
		}
		reach = wb_packets_reach(r);
		if (wb_packets_gone(r, p, reach))
			return wb_packets_lapped(r, reach);
		if (seq == (p | WB_PACKET_WHOLE))
			return WB_RECORD;
		if (seq == (p | WB_PACKET_SKIP) && (p & (r->chunk - 1)) != 0) {
			r->pos = wb_packets_next_chunk(r, p);
			continue;
		}
		stopped = wb_load32(&h->state) >= WB_STATE_STOPPED;
		head = wb_load(&h->head);
		behind = p < head && head < WB_MAX_POSITION;
		if ((stopped || behind) && wb_load(wb_packets_word(r, p)) != seq)
			continue; /* something has come since */
		if (behind) {
			reach = wb_packets_reach(r);
			return wb_packets_gone(r, p, reach) ? wb_packets_lapped(r, reach) : WB_CORRUPT;
		}
		return stopped ? WB_STOPPED : WB_EMPTY;
	}
	return WB_EMPTY;
}

/* Copy the record at r->pos into dst (a buffer of r->chunk bytes): its wb_packet_header, then the payload. Move on.
 * The sequence word says that a whole record was there; reach, loaded behind the copy, that it was there to the end. */
static inline wb_result wb_packets_next(wb_packets *r, void *dst, size_t size) {
	uint64_t p = r->pos, n, whole, reach;
	uint32_t bytes;
	wb_result res;
	int fits;
	if (size < r->chunk)
		return WB_SHORT_BUFFER;
	if (wb_load(wb_packets_word(r, p)) != (p | WB_PACKET_WHOLE) || wb_load(&wb_packets_head(r)->epoch) != r->epoch) {
		res = wb_packets_look(r);
		if (res == WB_EMPTY)
			return wb_heart_ask(&r->heart);
		if (res != WB_RECORD)
			return res;
		p = r->pos;
	}
	bytes = (uint32_t)wb_load(wb_packets_word(r, p + 8)); /* once: the memory may say something else by now */
	n = wb_packet_size(bytes);
	fits = (p & (r->chunk - 1)) + n <= r->chunk;
	if (fits)
		wb_copy(dst, wb_packets_word(r, p), n);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	reach = wb_packets_reach(r);
	if (wb_packets_gone(r, p, reach))
		return wb_packets_lapped(r, reach);
	if (!fits)
		return WB_CORRUPT;
	whole = p | WB_PACKET_WHOLE;
	memcpy(dst, &whole, 8);
	memcpy((unsigned char *)dst + 8, &bytes, 4);
	r->at = p;
	r->pos = p + n;
	return WB_RECORD;
}

