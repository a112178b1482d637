#if defined(__linux__) && defined(__LP64__)
/* The readers file, where the instance has one: a reader shows itself there, and sleeps at its worker's doorbell.
 *
 * Others may write the file and cut it short at any time. So it is mapped for its addresses only, which the kernel is given: nothing
 * here loads from the mapping or stores to it, and a door that fails is left. wb_ring_wait then polls. */
typedef struct wb_door {
	int fd; /* -1: not there */
	unsigned char *mem;
	size_t size;
	dev_t dev;
	ino_t ino;
	uint32_t doorbells, entries, worker, schema, policy, calls;
	uint64_t claim, start, since_ns;
	uint64_t at;              /* where its entry is in the file; 0: it is not listed */
	uint64_t slice_ns;        /* bounds a sleep, 50 ms: the heartbeat is looked at in between */
	uint64_t sleeps, overdue; /* how often it slept, and of these how often nobody woke it */
	char name[48];
	char path[1024];
} wb_door;

#ifndef __cplusplus
extern long syscall(long number, ...); /* strict C99 hides it */
#endif

static inline uint64_t wb_now_ns(clockid_t clock) {
	struct timespec ts = {0, 0};
	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline void wb_door_close(wb_door *d) {
	uint64_t claim = 0;
	if (d->fd < 0)
		return;
	if (d->at && pread(d->fd, &claim, 8, (off_t)d->at) == 8 && claim == d->claim) {
		claim = 0;
		if (pwrite(d->fd, &claim, 8, (off_t)d->at) != 8)
			d->at = 0;
	}
	if (d->mem)
		munmap(d->mem, d->size);
	close(d->fd);
	d->fd = -1;
	d->mem = NULL;
	d->at = 0;
}

/* When a process started, in clock ticks since boot; 0 where it cannot be told. */
static inline uint64_t wb_process_start(uint32_t pid) {
	char path[40], text[1024], *p;
	ssize_t n;
	int fd, field;
	uint64_t v = 0;
	snprintf(path, sizeof path, "/proc/%u/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	p = strrchr(text, ')'); /* the command may hold anything: count from its end, which is field 2 */
	for (field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	for (; p && *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	return v;
}

/* Copy entry i: what somebody says of himself. 1, or 0 when there is none. */
static inline int wb_door_entry(const wb_door *d, uint32_t i, wb_reader_entry *e) {
	off_t at = (off_t)(WB_HEADER_BYTES + d->doorbells * sizeof(wb_doorbell_line) + i * sizeof *e);
	return i < d->entries && pread(d->fd, e, sizeof *e, at) == (ssize_t)sizeof *e && e->claim != 0;
}

/* Whether an entry's process is no more. One of another PID namespace cannot be seen, and lives as long as it says so. */
static inline int wb_reader_dead(const wb_reader_entry *e, uint64_t now_ns) {
	uint64_t start = wb_process_start((uint32_t)e->claim), apart = now_ns > e->heartbeat_ns ? now_ns - e->heartbeat_ns : e->heartbeat_ns - now_ns;
	return !(start != 0 && (uint32_t)start == (uint32_t)(e->claim >> 32)) && apart > 1000000000u;
}

/* Show the reader in a free entry, or a dead one's. 1, or 0: there is none. Entries are written whole, so that of two who take
 * one at once the last has it, and the other finds that out. */
static inline int wb_door_announce(wb_door *d) {
	wb_reader_entry e, mine;
	uint64_t now = wb_now_ns(CLOCK_REALTIME), back;
	uint32_t i;
	memset(&mine, 0, sizeof mine);
	mine.claim = d->claim;
	mine.process_start = d->start;
	mine.since_ns = d->since_ns;
	mine.schema = d->schema;
	mine.worker = d->worker;
	mine.policy = d->policy;
	mine.heartbeat_ns = now;
	memcpy(mine.language, "c", 1);
	memcpy(mine.name, d->name, sizeof mine.name);
	d->at = 0;
	for (i = 0; i < d->entries; i++) {
		off_t at = (off_t)(WB_HEADER_BYTES + d->doorbells * sizeof(wb_doorbell_line) + i * sizeof e);
		if (wb_door_entry(d, i, &e) && !wb_reader_dead(&e, now))
			continue;
		if (pwrite(d->fd, &mine, sizeof mine, at) == (ssize_t)sizeof mine && pread(d->fd, &back, 8, at) == 8 && back == d->claim) {
			d->at = (uint64_t)at;
			return 1;
		}
	}
	return 0;
}

/* Say how far the reader is. wb_ring_wait does, too. */
static inline void wb_door_report(wb_door *d, const wb_ring *r, int asleep) {
	struct {
		uint64_t position, lapped, heartbeat_ns;
		uint32_t asleep, none;
	} now;
	uint64_t claim;
	if (d->fd < 0 || !d->name[0])
		return;
	if (!d->at || pread(d->fd, &claim, 8, (off_t)d->at) != 8 || claim != d->claim) {
		if (asleep || !wb_door_announce(d)) /* somebody else has the entry */
			return;
	}
	now.position = r->pos;
	now.lapped = r->lost_total;
	now.heartbeat_ns = wb_now_ns(CLOCK_REALTIME);
	now.asleep = (uint32_t)asleep;
	now.none = 0;
	if (pwrite(d->fd, &now, sizeof now, (off_t)(d->at + offsetof(wb_reader_entry, position))) != (ssize_t)sizeof now)
		d->at = 0;
}

static inline int wb_door_enter(wb_door *d, char *err, size_t n) {
	static const char cut[] = "the readers file is damaged or truncated";
	char full[WB_PATH];
	wb_readers_header h;
	struct stat st;
	uid_t owner = 0;
	void *p;
	if (wb_walk(d->path, full, &owner, err, n) != 0)
		return -1;
	d->fd = open(full, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (d->fd < 0)
		return wb_fail(err, n, d->path, strerror(errno));
	if (fstat(d->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 || (st.st_mode & 02) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != owner)) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, "not to be relied on: others than its owner and group may have made or write it");
	}
	if (pread(d->fd, &h, sizeof h, 0) != (ssize_t)sizeof h) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, cut);
	}
	if (h.magic != WB_MAGIC_READERS) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, h.magic ? "foreign file: wrong magic" : "not laid out yet");
	}
	if (h.abi != WB_ABI_VERSION) {
		char what[96];
		snprintf(what, sizeof what, "written with ABI version %u, this reader knows version %u", h.abi, WB_ABI_VERSION);
		wb_door_close(d);
		return wb_fail(err, n, d->path, what);
	}
	if (h.header_size != WB_HEADER_BYTES || h.entry_size != sizeof(wb_reader_entry) || h.entries < 1 || h.entries > WB_MAX_READERS ||
	    h.doorbells < 1 || h.doorbells > WB_MAX_DOORBELLS ||
	    (uint64_t)st.st_size < WB_HEADER_BYTES + h.doorbells * sizeof(wb_doorbell_line) + h.entries * sizeof(wb_reader_entry)) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, cut);
	}
	if (d->worker >= h.doorbells) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, "that worker has no doorbell");
	}
	d->doorbells = h.doorbells;
	d->entries = h.entries;
	d->dev = st.st_dev;
	d->ino = st.st_ino;
	d->size = WB_HEADER_BYTES + (size_t)h.doorbells * sizeof(wb_doorbell_line);
	p = mmap(NULL, d->size, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
	if (p == MAP_FAILED) {
		wb_door_close(d);
		return wb_fail(err, n, d->path, strerror(errno));
	}
	d->mem = (unsigned char *)p;
	if (d->name[0])
		wb_door_announce(d);
	return 0;
}

/* Open the readers file beside a ring. name is what the reader is listed as, NULL for not at all; policy WB_POLICY_...: what it does
 * when it cannot keep up. 0, or -1 with the reason in err: then wb_ring_wait polls. */
static inline int wb_door_open(wb_door *d, const wb_ring *r, const char *name, uint32_t policy, char *err, size_t n) {
	size_t len = strlen(r->heart.beside);
	memset(d, 0, sizeof *d);
	d->fd = -1;
	if (len < sizeof "control" - 1)
		return wb_fail(err, n, "readers", "path too long");
	len -= sizeof "control" - 1;
	memcpy(d->path, r->heart.beside, len);
	memcpy(d->path + len, "readers", sizeof "readers");
	if (name) {
		len = strlen(name);
		memcpy(d->name, name, len < sizeof d->name ? len : sizeof d->name);
	}
	d->worker = r->worker;
	d->schema = r->schema;
	d->policy = policy;
	d->start = wb_process_start((uint32_t)getpid());
	d->claim = (uint64_t)(uint32_t)getpid() | d->start << 32;
	d->slice_ns = 50000000u;
	d->since_ns = wb_now_ns(CLOCK_REALTIME);
	return wb_door_enter(d, err, n);
}

/* Say at the doorbell that somebody wants to be woken, and get the value to sleep on. The kernel sets the bit, with a full fence:
 * a record that is not seen behind this comes with a stroke. 0: the door has failed. */
static inline int wb_door_arm(wb_door *d, uint32_t *value) {
	const size_t at = WB_HEADER_BYTES + d->worker * sizeof(wb_doorbell_line);
	uint32_t none = 0;
	int tries;
	for (tries = 0; tries < 64; tries++) {
		/* FUTEX_WAKE_OP: word |= 1, and wake who waits for -1 there, which nobody does */
		if (syscall(SYS_futex, &none, 5, 0, (void *)0, d->mem + at, (2 << 28) | (1 << 12) | 0xFFF) < 0 ||
		    pread(d->fd, value, 4, (off_t)at) != 4)
			return 0;
		if (*value & 1)
			break;
	}
	return 1;
}

/* Sleep while the doorbell has the value, at most so long. */
static inline void wb_door_sleep(wb_door *d, uint32_t value, uint64_t ns) {
	struct timespec ts;
	ts.tv_sec = (time_t)(ns / 1000000000u);
	ts.tv_nsec = (long)(ns % 1000000000u);
	d->sleeps++;
	if (syscall(SYS_futex, d->mem + WB_HEADER_BYTES + d->worker * sizeof(wb_doorbell_line), 0, value, &ts, (void *)0, 0) != 0 && errno == ETIMEDOUT)
		d->overdue++;
}

/* Go to the readers file that took this one's place. 0 where none did. */
static inline int wb_door_renew(wb_door *d) {
	uint32_t state = 0;
	struct stat st;
	if (pread(d->fd, &state, 4, (off_t)offsetof(wb_readers_header, state)) == 4 && state != WB_STATE_REPLACED)
		return 0;
	if (stat(d->path, &st) == 0 && st.st_dev == d->dev && st.st_ino == d->ino)
		return 0; /* whatever it says */
	wb_door_close(d);
	wb_door_enter(d, NULL, 0);
	return 1;
}

/* wb_ring_next that waits at most so long for something other than WB_EMPTY: at the doorbell, or where there is none (d is NULL, or
 * failed) by looking again every 50 microseconds to 1 ms. */
static inline wb_result wb_ring_wait(wb_ring *r, wb_door *d, void *dst, size_t size, uint64_t timeout_ns) {
	uint64_t begin, left, past, nap = 50000;
	uint32_t value = 0;
	struct timespec ts;
	wb_result res;
	int i;
	if (d && ++d->calls % 64 == 0)
		wb_door_report(d, r, 0);
	for (i = 0; i < 40; i++) { /* what comes within a few microseconds costs the writer nothing */
		res = wb_ring_next(r, dst, size);
		if (res == WB_NEW_EPOCH && d && d->fd < 0 && d->path[0])
			wb_door_enter(d, NULL, 0); /* the new run may have one */
		if (res != WB_EMPTY)
			return res;
#if defined(__x86_64__)
		__builtin_ia32_pause();
#endif
	}
	begin = wb_now_ns(CLOCK_MONOTONIC);
	for (;;) {
		int door = d && d->fd >= 0;
		if (door && !wb_door_arm(d, &value)) {
			wb_door_close(d);
			door = 0;
		}
		res = wb_ring_next(r, dst, size);
		past = wb_now_ns(CLOCK_MONOTONIC) - begin;
		if (res != WB_EMPTY || past >= timeout_ns)
			return res;
		left = timeout_ns - past;
		if (door) {
			if (wb_door_renew(d))
				continue;
			wb_door_report(d, r, 1);
			wb_door_sleep(d, value, left < d->slice_ns ? left : d->slice_ns);
			wb_door_report(d, r, 0);
		} else {
			ts.tv_sec = 0;
			ts.tv_nsec = (long)(left < nap ? left : nap);
			nanosleep(&ts, NULL);
			nap += nap < 1000000 ? nap / 2 : 0;
		}
	}
}
#endif /* Linux */

