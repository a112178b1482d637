/* Prints the best bid and ask of every mbp-1 record of an instance, from now on, and what a strategy must look at beside them:
 * whether the book can be trusted and why not, and where the record stands in the venue's own numbering.
 *
 *   cc -O2 -I shm/include -o top shm/include/examples/top.c
 *   ./top /dev/shm/wirebook/default/mbp-1-0.ring
 */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* strict C99 hides nanosleep, and what the header needs, without it */
#endif
#include <inttypes.h>
#include <stdio.h>

#include "wirebook.h"

static wb_ring ring;
static wb_control control;
static wb_locator locator; /* large: not on the stack */
static wb_door door;

static void price(int64_t p) {
	if (p == WB_UNDEF_PRICE)
		printf("%12s", "-");
	else
		printf("%12.4f", (double)p / 1e9);
}

/* Why the book of an instrument is not to be traded on. Only asked of records that say so: the table is searched. */
static void why(const wb_record_header *hd) {
	wb_instrument_entry e;
	uint32_t i;
	for (i = 0; i < wb_control_instruments(&control); i++)
		if (wb_control_instrument(&control, i, &e) && e.id == hd->instrument_id && e.publisher_id == hd->publisher_id && e.next == 0) {
			printf(": %s %s %s", wb_instrument_state_name(e.state & 0xFF), wb_reason_name(e.state >> 8 & 0xFF),
			       wb_books_name(e.state >> 16 & 0xFF));
			return;
		}
}

/* The natural position. A record is told as soon as it is there, its mark when the burst is: who needs the position asks again. */
static void where(const void *rec) {
	wb_natural n;
	wb_place place;
	int tries = 0;
	do {
		place = wb_locate(&locator, ring.pos - 1, rec, &n);
	} while (place == WB_UNMARKED && ++tries < 1000);
	if (place == WB_PLACED)
		printf("  session %" PRIu32 " unit %" PRIu64 ".%" PRIu64, n.session, n.unit, n.k);
}

/* The file beside the ring. */
static const char *beside(const char *path, const char *name) {
	static char full[1200];
	const char *slash = strrchr(path, '/');
	snprintf(full, sizeof full, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, name);
	return full;
}

int main(int argc, char **argv) {
	static uint64_t buf[(WB_MAX_PAYLOAD + 7) / 8]; /* records are 8-aligned */
	char err[256], name[32];
	int marks;

	if (argc != 2) {
		fprintf(stderr, "usage: top RING, such as /dev/shm/wirebook/default/mbp-1-0.ring\n");
		return 2;
	}
	if (wb_ring_open(&ring, argv[1], err, sizeof err) || wb_control_open(&control, beside(argv[1], "control"), err, sizeof err)) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	if (ring.schema != WB_SCHEMA_MBP1) {
		fprintf(stderr, "%s is no mbp-1 ring\n", argv[1]);
		return 2;
	}
	snprintf(name, sizeof name, "marks-%" PRIu32 ".ring", ring.worker);
	marks = wb_locator_open(&locator, &ring, beside(argv[1], name), err, sizeof err) == 0;
	if (!marks)
		fprintf(stderr, "no natural positions: %s\n", err);
	if (wb_door_open(&door, &ring, "top.c", WB_POLICY_SKIP, err, sizeof err))
		fprintf(stderr, "looking every millisecond: %s\n", err);
	for (;;) {
		switch (wb_ring_wait(&ring, &door, buf, sizeof buf, 1000000000u)) {
		case WB_RECORD: {
			const wb_mbp1 *r = (const wb_mbp1 *)(const void *)buf;
			printf("%10" PRIu32 " %c %c", r->hd.instrument_id, r->action, r->side);
			price(r->levels[0].bid_px);
			printf(" x %-8" PRIu32, r->levels[0].bid_sz);
			price(r->levels[0].ask_px);
			printf(" x %-8" PRIu32, r->levels[0].ask_sz);
			if (marks)
				where(buf);
			if (r->flags & WB_FLAG_MAYBE_BAD_BOOK) {
				printf("  maybe bad");
				why(&r->hd);
			}
			putchar('\n');
			break;
		}
		case WB_LAPPED:
			printf("lapped: %" PRIu64 " records lost\n", ring.lost);
			break;
		case WB_NEW_EPOCH: /* channels and instruments are in a new control file */
			printf("new epoch: forget every book\n");
			wb_control_close(&control);
			if (wb_control_open(&control, beside(argv[1], "control"), err, sizeof err)) {
				fprintf(stderr, "%s\n", err);
				return 1;
			}
			break;
		case WB_STALE_WRITER:
			printf("nobody beats the heart: the books stand still\n");
			break;
		case WB_STOPPED:
			if (marks)
				wb_locator_close(&locator);
			wb_door_close(&door);
			wb_control_close(&control);
			wb_ring_close(&ring);
			return 0;
		case WB_CORRUPT:
			fprintf(stderr, "the ring is damaged\n");
			return 1;
		default:
			break; /* nothing new */
		}
		fflush(stdout);
	}
}
