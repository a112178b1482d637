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
			if (wb_load(wb_slot(&l->marks, l->span.at + 1)) <= (wb_committed(l->span.at + 1) | 1))
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

/* Whether the record at p, the first of its channel since a jump, is the first of its unit. What the appliance made is of none. */
static inline int wb_locator_begins(const wb_locator *l, uint64_t pos, uint64_t unit) {
	uint64_t rec[(WB_MAX_PAYLOAD + 7) / 8], before;
	if (unit < l->span.mark.first)
		return 0;
	while (pos-- > l->span.from) {
		int fits;
		if (!wb_ring_peek(l->ring, pos, rec))
			return 0;
		fits = wb_mark_unit(l, &l->span.mark, rec, &before);
		if (fits >= 0) /* what the appliance made is of no unit */
			return fits && before < unit;
	}
	return 1;
}

/* The natural position of the record at pos of the ring (ring.pos - 1 behind WB_RECORD), rec as wb_ring_next left it. To be asked
 * for every record in order, and again for one that was WB_UNMARKED. Who joins or was lapped inside a unit is told from the next on.
 * A new run may have made the marks anew: open the locator again after WB_NEW_EPOCH, and where WB_MARK_GONE does not end. */
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
		if (place == WB_UNMARKED && wb_load32(l->marks.map.mem + offsetof(wb_ring_header, state)) == WB_STATE_REPLACED)
			place = WB_MARK_GONE; /* no mark comes there any more: open the locator anew */
		if (place != WB_PLACED) {
			if (place != WB_UNMARKED) {
				l->next = pos + 1;
				l->round++;
			}
			return place;
		}
	}
	l->next = pos + 1;
	fits = wb_mark_unit(l, m, rec, &n->unit);
	if (fits >= 0 && (m->session == 0 || m->channel == WB_NO_MARK_CHANNEL)) {
		n->unit = 0;
		return WB_ORPHAN;
	}
	n->session = m->session;
	n->channel = m->channel;
	n->filtered = (m->flags & WB_MARK_FILTERED) != 0;
	n->recv_ns = m->ts_recv;
	if (!(m->flags & WB_MARK_UNTIMED)) {
		n->taken_ns = m->ts_recv + (uint64_t)(int64_t)m->taken_after_ns;
		n->commit_ns = n->taken_ns + m->commit_after_ns;
	}
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

