
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
	if (err && n && snprintf(err, n, "%s: %s", path, what) >= (int)n)
		err[n - 1] = 0; /* cut: gcc warns of a cut that nobody looks at */
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

