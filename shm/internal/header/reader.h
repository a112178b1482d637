
/* The largest payload wb_ring_next copies: an admin slot without its sequence. */
#define WB_MAX_PAYLOAD 568

/* What a reader's call found. */
typedef enum wb_result {
	WB_EMPTY = 0,        /* nothing new */
	WB_RECORD = 1,       /* a whole record was copied */
	WB_LAPPED = 2,       /* ring.lost records were overwritten unread; ring.pos is where it goes on */
	WB_NEW_EPOCH = 3,    /* records from here on come from a newer run: forget every book */
	WB_STALE_WRITER = 4, /* nothing new, and the writer's heartbeat is old: said once for each silence */
	WB_STOPPED = 5,      /* nothing new ever in this file: the writer ended in good order, or made a new file */
	WB_CORRUPT = 6,      /* no writer of ours left this */
	WB_SHORT_BUFFER = 7
} wb_result;

typedef struct wb_map {
	const unsigned char *mem;
	size_t size;
} wb_map;

/* What tells whether the writer lives: the control file beside a ring. Without one nothing is said. */
typedef struct wb_heart {
	uint64_t stale_ns; /* how old a heartbeat may be; 0 to never say WB_STALE_WRITER */
	uint64_t check_at, stale_at;
	wb_map control;
	char beside[1024];
} wb_heart;

typedef struct wb_ring {
	wb_map map;
	const unsigned char *slots;
	uint64_t mask, slot_size, payload, body;
	uint64_t pos;   /* of the record the next call reads */
	uint64_t epoch; /* acknowledged */
	uint64_t lost;  /* by the last WB_LAPPED */
	uint64_t lost_total;
	uint64_t missed; /* records of the epoch that were overwritten before this reader began (wb_ring_seek_oldest) */
	uint32_t schema, worker;
	wb_heart heart;
} wb_ring;

static inline uint64_t wb_load(const void *p) { return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE); }
static inline uint32_t wb_load32(const void *p) { return __atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE); }

/* Copy word by word, so that no word is torn. */
static inline void wb_copy(void *dst, const void *src, size_t size) {
	size_t i;
	uint64_t w;
	for (i = 0; i < size / 8; i++) {
		w = __atomic_load_n((const uint64_t *)src + i, __ATOMIC_RELAXED);
		memcpy((unsigned char *)dst + 8 * i, &w, 8);
	}
}

static inline int wb_fail(char *err, size_t n, const char *path, const char *what) {
	if (err && n)
		snprintf(err, n, "%s: %s", path, what);
	return -1;
}

static inline void wb_unmap(wb_map *m) {
	if (m->mem)
		munmap((void *)m->mem, m->size);
	m->mem = NULL;
	m->size = 0;
}

/* An absolute path without empty steps, "." and "..". */
static inline void wb_clean(char *path) {
	char *out = path, *in = path;
	while (*in) {
		size_t len;
		while (*in == '/')
			in++;
		len = strcspn(in, "/");
		if (len == 2 && in[0] == '.' && in[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (len && !(len == 1 && in[0] == '.')) {
			*out++ = '/';
			memmove(out, in, len);
			out += len;
		}
		in += len;
	}
	*out = 0;
}

#define WB_PATH 4096

/* Walk from / to a file and see who may have put it there: a folder that others may write must be sticky, and what lies in it
 * must be root's, ours or the folder owner's. Links are followed where that holds. full gets the path without links, owner
 * that of its folder. 0, or -1 with the reason in err. */
static inline int wb_walk(const char *path, char full[WB_PATH], uid_t *owner, char *err, size_t n) {
	char target[WB_PATH], why[96];
	struct stat dir, st;
	char *at, *end;
	int hidden, links = 0;
	uid_t self = geteuid(), also = self;
	size_t have = 0;
	if (path[0] != '/') {
		if (!getcwd(full, WB_PATH))
			return wb_fail(err, n, path, strerror(errno));
		have = strlen(full);
		full[have++] = '/';
	}
	if (have + strlen(path) >= WB_PATH)
		return wb_fail(err, n, path, "path too long");
	memcpy(full + have, path, strlen(path) + 1);
again:
	wb_clean(full);
	if (lstat("/", &dir) != 0)
		return wb_fail(err, n, "/", strerror(errno));
	for (at = full, hidden = 0; *at; at = end) {
		char rest;
		end = at + 1 + strcspn(at + 1, "/");
		rest = *end;
		*end = 0;
		if (lstat(full, &st) != 0)
			return wb_fail(err, n, full, strerror(errno));
		if (!hidden && (dir.st_mode & 022) != 0) {
			if ((dir.st_mode & 01000) == 0) {
				*at = 0;
				return wb_fail(err, n, at == full ? "/" : full, "not to be relied on: others than its owner may write in it");
			}
			if (st.st_uid != 0 && st.st_uid != self && st.st_uid != also && st.st_uid != dir.st_uid) {
				snprintf(why, sizeof why, "not to be relied on: uid %lu made it where anybody could", (unsigned long)st.st_uid);
				return wb_fail(err, n, full, why);
			}
		}
		if (S_ISLNK(st.st_mode)) {
			ssize_t len = readlink(full, target, sizeof target);
			*end = rest;
			if (len <= 0 || ++links > 20)
				return wb_fail(err, n, path, "a link that leads nowhere");
			if (!rest)
				also = dir.st_uid; /* a ring on huge pages: its link is the folder owner's word */
			have = target[0] == '/' ? 0 : (size_t)(at - full) + 1;
			if (have + (size_t)len + strlen(end) >= WB_PATH)
				return wb_fail(err, n, path, "path too long");
			memmove(full + have + len, end, strlen(end) + 1);
			memcpy(full + have, target, (size_t)len);
			goto again;
		}
		*end = rest;
		if (!rest)
			break;
		hidden |= (st.st_mode & 011) == 0;
		dir = st;
	}
	*owner = dir.st_uid;
	return 0;
}

/* Map a file read-only and check that it is ours and of our version. 0, or -1 with a message in err. */
static inline int wb_map_file(wb_map *m, const char *path, uint64_t magic, char *err, size_t n) {
	struct stat st;
	char full[WB_PATH];
	void *p;
	uint64_t got;
	uint32_t abi;
	uid_t owner = 0;
	int fd;
	m->mem = NULL;
	m->size = 0;
	if (wb_walk(path, full, &owner, err, n) != 0)
		return -1;
	fd = open(full, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return wb_fail(err, n, path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)WB_HEADER_BYTES) {
		close(fd);
		return wb_fail(err, n, path, "shorter than its header, or not a regular file");
	}
	if (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != owner) {
		close(fd);
		return wb_fail(err, n, path, "not to be relied on: it belongs to another user than its folder");
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return wb_fail(err, n, path, strerror(errno));
	m->mem = (const unsigned char *)p;
	m->size = (size_t)st.st_size;
	got = wb_load(m->mem);
	memcpy(&abi, m->mem + 8, 4);
	if (got != magic) {
		wb_unmap(m);
		return wb_fail(err, n, path, got ? "foreign file: wrong magic" : "not laid out yet");
	}
	if (abi != WB_ABI_VERSION) {
		char what[96];
		snprintf(what, sizeof what, "written with ABI version %u, this reader knows version %u", abi, WB_ABI_VERSION);
		wb_unmap(m);
		return wb_fail(err, n, path, what);
	}
	return 0;
}

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

/* Natural positions: a record's place in the venue's own numbering, by the marks of the ring's worker. */
typedef enum wb_place {
	WB_PLACED = 0,
	WB_UNMARKED = 1,       /* newer than the newest mark, which comes microseconds later: ask again */
	WB_INSIDE = 2,         /* inside a unit whose beginning this reader did not see: the next one's place is known */
	WB_MARK_GONE = 3,      /* its mark was overwritten, or never written */
	WB_RECORD_GONE = 4,    /* never said of a record in hand */
	WB_ORPHAN = 5,         /* the writer died after the record and before its mark */
	WB_APPLIANCE_MADE = 6, /* no venue's record: its own fields say after which unit it stands */
	WB_DAMAGED = 7         /* mark and record do not fit each other */
} wb_place;

typedef struct wb_natural {
	uint64_t unit;      /* the venue's number of the message or packet */
	uint64_t k;         /* the record's place among those of the unit in this channel and schema, from 0 */
	uint64_t recv_ns;   /* when the newest packet of its burst was received, UTC; the record's own is its ts_recv */
	uint64_t taken_ns;  /* the worker took the burst; 0 where no clock was there to say */
	uint64_t commit_ns; /* its records were committed; 0 likewise */
	uint32_t session;   /* wb_control_session */
	uint16_t channel;   /* wb_control_channel */
	uint8_t filtered;   /* only some instruments are published: k counts those alone */
} wb_natural;

/* One mark and the records that it covers. */
typedef struct wb_span {
	uint64_t at, from, to;
	wb_mark mark;
} wb_span;

/* Turns positions of one ring into natural ones. It is large: make it static, or allocate it. */
typedef struct wb_locator {
	const wb_ring *ring; /* only asked where its records are; must stay open */
	wb_ring marks;
	wb_span span;
	int valid;
	uint32_t round;
	uint64_t next;
	struct {
		uint64_t unit, k;
		uint32_t session, round;
		int inside;
	} seen[WB_MAX_CHANNELS];
} wb_locator;

/* Copy the payload at a position, wherever the reader stands. 1 when it was there. */
static inline int wb_ring_peek(const wb_ring *r, uint64_t pos, void *dst) {
	const uint64_t *slot = wb_slot(r, pos);
	if (wb_load(slot) != wb_committed(pos))
		return 0;
	wb_copy(dst, slot + 1, r->payload);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(slot, __ATOMIC_RELAXED) == wb_committed(pos);
}

/* Open the marks ring (marks-0.ring beside mbo-0.ring) for a ring of the same worker. 0, or -1 with a message in err. */
static inline int wb_locator_open(wb_locator *l, const wb_ring *ring, const char *marks, char *err, size_t n) {
	memset(l, 0, sizeof *l);
	if (wb_ring_open(&l->marks, marks, err, n))
		return -1;
	if (l->marks.schema != WB_SCHEMA_MARKS || ring->schema >= WB_SCHEMA_COUNT || l->marks.worker != ring->worker) {
		wb_ring_close(&l->marks);
		return wb_fail(err, n, marks, "not the marks of that ring's worker");
	}
	l->ring = ring;
	l->round = 1;
	return 0;
}

static inline void wb_locator_close(wb_locator *l) { wb_ring_close(&l->marks); }

static inline uint32_t wb_mark_head(const wb_locator *l, const wb_mark *m) { return m->heads[l->ring->schema]; }

/* The unit of a record by its mark. 1; 0 when they do not fit; -1 when the appliance made it. */
static inline int wb_mark_unit(const wb_locator *l, const wb_mark *m, const void *rec, uint64_t *unit) {
	static const uint8_t sequences[] = {offsetof(wb_mbo, sequence), offsetof(wb_mbp1, sequence), offsetof(wb_mbp10, sequence),
	                                    offsetof(wb_trade, sequence)};
	const unsigned char *b = (const unsigned char *)rec;
	uint64_t end = m->first + m->units, last = end - 1;
	uint32_t low;
	if (l->ring->schema == WB_SCHEMA_ADMIN) {
		memcpy(unit, b + offsetof(wb_slot_admin, unit) - 8, 8);
		return b[offsetof(wb_record_header, rtype)] == WB_RTYPE_APPLIANCE ? -1 : *unit < end;
	}
	memcpy(&low, b + sequences[l->ring->schema], 4);
	*unit = last - (uint32_t)((uint32_t)last - low);
	return end != 0 && *unit <= last;
}

/* Take the mark behind the one in hand. */
static inline int wb_locator_follow(const wb_locator *l, wb_span *s) {
	wb_mark m;
	if (!wb_ring_peek(&l->marks, s->at + 1, &m))
		return 0;
	s->at++;
	s->from = s->to;
	s->to += (uint32_t)(wb_mark_head(l, &m) - (uint32_t)s->to);
	s->mark = m;
	return 1;
}

/* Find the mark of position p from the newest one backwards: in steps that double, then by halves. Low halves of heads are
 * compared over at most 8192 marks, so that no more than 2^32 records lie between. */
static inline wb_place wb_locator_seek(wb_locator *l, uint64_t p) {
	int tries;
	for (tries = 0; tries < 8; tries++) {
		uint64_t end = wb_ring_edge(&l->marks), edge, step, oldest, gone;
		wb_span hi, lo, mid;
		uint32_t head;
		int overtaken = 0;
		if (end == 0)
			return WB_UNMARKED;
		hi.at = end - 1;
		if (!wb_ring_peek(&l->marks, hi.at, &hi.mark))
			continue;
		edge = wb_ring_edge(l->ring);
		head = wb_mark_head(l, &hi.mark);
		hi.to = (uint32_t)(head - (uint32_t)edge) < (uint32_t)1 << 31 ? edge + (uint32_t)(head - (uint32_t)edge)
		                                                              : edge - (uint32_t)((uint32_t)edge - head);
		if (hi.to >= (uint64_t)1 << 62)
			continue;
		if (p >= hi.to)
			return WB_UNMARKED;
		for (step = 1;; step = step < 4096 ? 2 * step : 8192) {
			end = wb_ring_edge(&l->marks);
			oldest = end > l->marks.mask + 1 ? end - l->marks.mask : 0;
			if (hi.at <= oldest)
				return WB_MARK_GONE;
			lo.at = hi.at - (step < hi.at ? step : hi.at);
			if (lo.at < oldest)
				lo.at = oldest;
			if (!wb_ring_peek(&l->marks, lo.at, &lo.mark)) {
				overtaken = 1;
				break;
			}
			gone = (uint32_t)((uint32_t)hi.to - wb_mark_head(l, &lo.mark));
			if (gone > hi.to)
				return WB_DAMAGED;
			lo.to = hi.to - gone;
			if (lo.to <= p)
				break;
			hi = lo;
		}
		if (overtaken)
			continue;
		while (hi.at - lo.at > 1) {
			mid.at = lo.at + (hi.at - lo.at) / 2;
			if (!wb_ring_peek(&l->marks, mid.at, &mid.mark))
				break;
			mid.to = hi.to - (uint32_t)((uint32_t)hi.to - wb_mark_head(l, &mid.mark));
			if (mid.to > p)
				hi = mid;
			else
				lo = mid;
		}
		if (hi.at - lo.at == 1 && lo.to <= p && p < hi.to) {
			hi.from = lo.to;
			l->span = hi;
			l->valid = 1;
			return WB_PLACED;
		}
	}
	return WB_MARK_GONE;
}

/* Make the mark of position p the one in hand. */
static inline wb_place wb_locator_move(wb_locator *l, uint64_t p) {
	uint64_t i;
	if (!l->valid || p < l->span.from) {
		l->valid = 0;
		return wb_locator_seek(l, p);
	}
	for (i = 0; i <= l->marks.mask; i++) {
		if (!wb_locator_follow(l, &l->span)) {
			if (wb_load(wb_slot(&l->marks, l->span.at + 1)) <= wb_committed(l->span.at + 1))
				return WB_UNMARKED;
			l->valid = 0; /* lapped */
			l->round++;
			return wb_locator_seek(l, p);
		}
		if (p < l->span.to) {
			if (p < l->span.from)
				break; /* heads that go back */
			return WB_PLACED;
		}
	}
	l->valid = 0;
	return WB_DAMAGED;
}

/* Whether the record at p, the first of its channel since a jump, is the first of its unit. */
static inline int wb_locator_begins(const wb_locator *l, uint64_t p, uint64_t unit) {
	uint64_t rec[(WB_MAX_PAYLOAD + 7) / 8], before;
	if (unit < l->span.mark.first)
		return 0;
	if (p == l->span.from)
		return 1;
	return wb_ring_peek(l->ring, p - 1, rec) && wb_mark_unit(l, &l->span.mark, rec, &before) == 1 && before < unit;
}

/* The natural position of the record at pos of the ring (ring.pos - 1 behind WB_RECORD), rec as wb_ring_next left it. To be asked
 * for every record in order, and again for one that was WB_UNMARKED. Who joins or was lapped inside a unit is told from the next on. */
static inline wb_place wb_locate(wb_locator *l, uint64_t pos, const void *rec, wb_natural *n) {
	const wb_mark *m = &l->span.mark;
	wb_place place;
	int fits;
	memset(n, 0, sizeof *n);
	if (pos != l->next) {
		l->round++;
		l->next = pos;
	}
	if (!l->valid || pos < l->span.from || pos >= l->span.to) {
		place = wb_locator_move(l, pos);
		if (place != WB_PLACED) {
			if (place != WB_UNMARKED) {
				l->next = pos + 1;
				l->round++;
			}
			return place;
		}
	}
	l->next = pos + 1;
	if (m->session == 0 || m->channel == WB_NO_MARK_CHANNEL)
		return WB_ORPHAN;
	n->session = m->session;
	n->channel = m->channel;
	n->filtered = (m->flags & WB_MARK_FILTERED) != 0;
	n->recv_ns = m->ts_recv;
	if (!(m->flags & WB_MARK_UNTIMED)) {
		n->taken_ns = m->ts_recv + (uint64_t)(int64_t)m->taken_after_ns;
		n->commit_ns = n->taken_ns + m->commit_after_ns;
	}
	fits = wb_mark_unit(l, m, rec, &n->unit);
	if (fits < 0)
		return WB_APPLIANCE_MADE;
	if (!fits || m->channel >= WB_MAX_CHANNELS)
		return WB_DAMAGED;
	{
		int running = l->seen[m->channel].round == l->round;
		int same = running && l->seen[m->channel].session == m->session && l->seen[m->channel].unit == n->unit;
		if (same) {
			l->seen[m->channel].k++;
		} else {
			l->seen[m->channel].unit = n->unit;
			l->seen[m->channel].k = 0;
			l->seen[m->channel].session = m->session;
			l->seen[m->channel].round = l->round;
			l->seen[m->channel].inside = !running && !wb_locator_begins(l, pos, n->unit);
		}
		if (l->seen[m->channel].inside)
			return WB_INSIDE;
		n->k = l->seen[m->channel].k;
	}
	return WB_PLACED;
}

/* Set digests: the sum modulo 2^128 of a hash of each record's natural position and content, so that any parts, in any order,
 * add up to the whole. wb_channel_entry.digests[schema] has what the writer counted (docs/adr/0006-digests.md). */
typedef struct wb_set {
	uint64_t lo, hi;
} wb_set;

/* What the positions of one stream and schema have in common. */
typedef struct wb_key {
	uint64_t a, b;
} wb_key;

#define WB_DIGEST_K0 0xA0761D6478BD642FULL
#define WB_DIGEST_K1 0xE7037ED1A0B428DBULL
#define WB_DIGEST_K2 0x8EBC6AF09C88C6E3ULL

static inline uint64_t wb_product(uint64_t a, uint64_t b, uint64_t *hi) {
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 p = (unsigned __int128)a * b;
	*hi = (uint64_t)(p >> 64);
	return (uint64_t)p;
#else
	uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32, low = al * bl, mid = ah * bl + (low >> 32);
	uint64_t cross = al * bh + (uint32_t)mid;
	*hi = ah * bh + (mid >> 32) + (cross >> 32);
	return cross << 32 | (uint32_t)low;
#endif
}

static inline uint64_t wb_fold(uint64_t a, uint64_t b) {
	uint64_t hi, lo = wb_product(a, b, &hi);
	return hi ^ lo;
}

/* The hash of a body of size bytes, a multiple of 8, whose receiver fields are zero. */
static inline uint64_t wb_record_hash(const void *body, size_t size) {
	uint64_t h = size, seed = WB_DIGEST_K1, w[2];
	const unsigned char *p = (const unsigned char *)body;
	for (; size >= 16; size -= 16, p += 16) {
		memcpy(w, p, 16);
		h ^= wb_fold(w[0] ^ seed, w[1] ^ WB_DIGEST_K0);
		seed += WB_DIGEST_K2;
	}
	if (size >= 8) {
		memcpy(w, p, 8);
		h ^= wb_fold(w[0] ^ seed, WB_DIGEST_K2);
	}
	return h;
}

/* Its hash as it stands in a ring: what tells of its receiving (ts_recv, ts_in_delta, BAD_TS_RECV) counts as zero. */
static inline uint64_t wb_content_hash(const void *body, size_t size) {
	unsigned char b[WB_MAX_PAYLOAD];
	size_t from = 0, to = 0, flags = 0;
	if (size > sizeof(wb_definition))
		size = sizeof(wb_definition);
	memcpy(b, body, size);
	if (size < sizeof(wb_record_header))
		return wb_record_hash(b, size);
	switch (b[offsetof(wb_record_header, rtype)]) {
	case WB_RTYPE_MBO:
		if (size >= sizeof(wb_mbo)) {
			flags = offsetof(wb_mbo, flags);
			from = offsetof(wb_mbo, ts_recv);
			to = from + 12;
		}
		break;
	case WB_RTYPE_TRADE:
	case WB_RTYPE_MBP1:
	case WB_RTYPE_MBP10:
		if (size >= sizeof(wb_trade)) {
			flags = offsetof(wb_trade, flags);
			from = offsetof(wb_trade, ts_recv);
			to = from + 12;
		}
		break;
	case WB_RTYPE_STATISTICS:
		if (size >= sizeof(wb_statistics)) {
			memset(b + offsetof(wb_statistics, ts_in_delta), 0, 4);
			from = offsetof(wb_statistics, ts_recv);
			to = from + 8;
		}
		break;
	case WB_RTYPE_STATUS:
	case WB_RTYPE_IMBALANCE:
	case WB_RTYPE_DEFINITION:
		if (size >= sizeof(wb_status)) {
			from = offsetof(wb_status, ts_recv);
			to = from + 8;
		}
		break;
	}
	if (flags)
		b[flags] &= (unsigned char)~WB_FLAG_BAD_TS_RECV;
	memset(b + from, 0, to - from);
	return wb_record_hash(b, size);
}

/* The key of a session's records in one schema, as the writer's set digests of that run have it. */
static inline wb_key wb_session_key(const wb_session_entry *e, uint32_t schema) {
	unsigned char b[40];
	size_t len = 0;
	wb_key k;
	memset(b, 0, sizeof b);
	memcpy(b, &e->publisher_id, 2);
	b[2] = e->channel_id;
	b[3] = (unsigned char)schema;
	memcpy(b + 4, &e->run_resets, 4);
	while (len < sizeof e->name && e->name[len])
		len++;
	memcpy(b + 8, e->name, len);
	k.a = wb_record_hash(b, sizeof b);
	k.b = wb_fold(k.a ^ WB_DIGEST_K1, WB_DIGEST_K2);
	return k;
}

static inline void wb_set_merge(wb_set *s, wb_set o) {
	s->lo += o.lo;
	s->hi += o.hi + (s->lo < o.lo);
}

/* Take in one record: where it stands (wb_locate) and its wb_content_hash. What the appliance made is in no digest. */
static inline void wb_set_add(wb_set *s, wb_key key, uint64_t unit, uint64_t k, uint64_t hash) {
	uint64_t x = wb_fold(unit ^ key.a, k ^ key.b);
	wb_set one;
	one.lo = wb_product(x, hash ^ WB_DIGEST_K2, &one.hi) ^ x;
	one.hi ^= hash;
	wb_set_merge(s, one);
}

/* Bytes of the body in rec, as wb_ring_next left it; 0 where it says nonsense. */
static inline size_t wb_body_size(const wb_ring *r, const void *rec) {
	size_t n = *(const unsigned char *)rec * (size_t)4;
	if (r->schema == WB_SCHEMA_MARKS)
		return sizeof(wb_mark);
	return n < sizeof(wb_record_header) || n > r->body ? 0 : n;
}

#endif /* WIREBOOK_H */
