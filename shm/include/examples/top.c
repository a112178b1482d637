/* Prints the best bid and ask of every mbp-1 record of an instance, from now on.
 *
 *   cc -O2 -I shm/include -o top shm/include/examples/top.c
 *   ./top /dev/shm/wirebook/default/mbp-1-0.ring
 */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* strict C99 hides nanosleep, and what the header needs, without it */
#endif
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "wirebook.h"

static void price(int64_t p) {
	if (p == INT64_MAX)
		printf("%12s", "-");
	else
		printf("%12.4f", (double)p / 1e9);
}

int main(int argc, char **argv) {
	char err[256];
	wb_ring ring;
	uint64_t buf[(WB_MAX_PAYLOAD + 7) / 8]; /* records are 8-aligned */
	struct timespec pause = {0, 1000000};

	if (argc != 2) {
		fprintf(stderr, "usage: top RING, such as /dev/shm/wirebook/default/mbp-1-0.ring\n");
		return 2;
	}
	if (wb_ring_open(&ring, argv[1], err, sizeof err)) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	if (ring.schema != WB_SCHEMA_MBP1) {
		fprintf(stderr, "%s is no mbp-1 ring\n", argv[1]);
		return 2;
	}
	for (;;) {
		switch (wb_ring_next(&ring, buf, sizeof buf)) {
		case WB_RECORD: {
			const wb_mbp1 *r = (const wb_mbp1 *)(const void *)buf;
			printf("%10" PRIu32 " %c %c", r->hd.instrument_id, r->action, r->side);
			price(r->levels[0].bid_px);
			printf(" x %-8" PRIu32, r->levels[0].bid_sz);
			price(r->levels[0].ask_px);
			printf(" x %-8" PRIu32 "%s\n", r->levels[0].ask_sz, r->flags & 0x04 ? " maybe bad" : "");
			break;
		}
		case WB_LAPPED:
			printf("lapped: %" PRIu64 " records lost\n", ring.lost);
			break;
		case WB_NEW_EPOCH:
			printf("new epoch: forget every book\n");
			break;
		case WB_STOPPED:
			wb_ring_close(&ring);
			return 0;
		case WB_CORRUPT:
			fprintf(stderr, "the ring is damaged\n");
			return 1;
		default:
			nanosleep(&pause, NULL); /* nothing new */
		}
	}
}
