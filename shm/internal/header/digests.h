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

