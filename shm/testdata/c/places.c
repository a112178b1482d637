/* Test program: the natural positions of the records of a ring.
 *
 *	places dump RING MARKS [RING MARKS...]	every record, from the oldest on
 *	places sums RING MARKS CONTROL	set digests by channel, and what the control file says of them
 *	places follow RING MARKS	reads to the end; the records tell the truth themselves: see the Go test
 */
#include "wirebook.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const names[] = {"placed", "unmarked", "inside_unit", "mark_gone", "record_gone", "orphan", "appliance", "damaged"};
static wb_ring ring;
static wb_locator locator;
static uint64_t buf[(WB_MAX_PAYLOAD + 7) / 8], read_all, wrong;
static uint64_t places[8];

static wb_place locate(int follow, wb_natural *n) {
	wb_place place;
	for (;;) {
		int last = wb_load32(&wb_ring_head(&ring)->state) >= WB_STATE_STOPPED;
		place = wb_locate(&locator, ring.pos - 1, buf, n);
		if (place != WB_UNMARKED || !follow || last)
			return place;
	}
}

static int run(int follow, const char *path, const char *marks) {
	char err[256];
	uint64_t truth;
	wb_natural n;
	int more = 1, i;
	if (wb_ring_open(&ring, path, err, sizeof err) || wb_locator_open(&locator, &ring, marks, err, sizeof err)) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	if (follow) {
		puts("ready");
		fflush(stdout);
	}
	while (more) {
		switch (wb_ring_next(&ring, buf, sizeof buf)) {
		case WB_RECORD: {
			wb_place place = locate(follow, &n);
			read_all++;
			places[place]++;
			if (!follow) {
				printf("%" PRIu64 " %s", ring.pos - 1, names[place]);
				if (place == WB_PLACED)
					printf(" session %u channel %u unit %" PRIu64 " k %" PRIu64 " times %" PRIu64 " %" PRIu64 " %" PRIu64 " filtered %d",
					       n.session, n.channel, n.unit, n.k, n.recv_ns, n.taken_ns, n.commit_ns, n.filtered);
				putchar('\n');
				break;
			}
			truth = ((const wb_record_header *)buf)->ts_event;
			if (place == WB_PLACED && truth != ((uint64_t)n.session << 48 | (uint64_t)n.channel << 44 | (n.unit & 0xFFFFFFFFF) << 8 | n.k))
				wrong++;
			break;
		}
		case WB_STOPPED:
			more = 0;
			break;
		case WB_EMPTY:
			more = follow;
			break;
		case WB_NEW_EPOCH:
		case WB_LAPPED:
		case WB_STALE_WRITER:
			break;
		default:
			fprintf(stderr, "unexpected result\n");
			return 1;
		}
	}
	if (follow) {
		printf("read %" PRIu64 " lost %" PRIu64 " wrong %" PRIu64, read_all, ring.lost_total, wrong);
		for (i = 0; i < 8; i++)
			printf(" %" PRIu64, places[i]);
		putchar('\n');
	}
	wb_locator_close(&locator);
	wb_ring_close(&ring);
	return 0;
}

static int sums(const char *path, const char *marks, const char *file) {
	static wb_control control;
	static wb_set set[WB_MAX_CHANNELS];
	wb_session_entry session;
	wb_channel_entry channel;
	wb_natural n;
	char err[256];
	uint32_t i;
	if (wb_ring_open(&ring, path, err, sizeof err) || wb_locator_open(&locator, &ring, marks, err, sizeof err) ||
	    wb_control_open(&control, file, err, sizeof err)) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	while (wb_ring_next(&ring, buf, sizeof buf) == WB_RECORD) {
		wb_place place = wb_locate(&locator, ring.pos - 1, buf, &n);
		if (place == WB_APPLIANCE_MADE)
			continue;
		if (place != WB_PLACED || !wb_control_session(&control, n.session, &session)) {
			fprintf(stderr, "%s\n", names[place]);
			return 1;
		}
		wb_set_add(&set[n.channel], wb_session_key(&session, ring.schema), n.unit, n.k, wb_content_hash(buf, wb_body_size(&ring, buf)));
	}
	for (i = 0; wb_control_channel(&control, i, &channel); i++)
		printf("channel %u %016" PRIx64 "%016" PRIx64 " %016" PRIx64 "%016" PRIx64 "\n", i, set[i].hi, set[i].lo,
		       channel.digests[ring.schema].set_hi, channel.digests[ring.schema].set_lo);
	wb_control_close(&control);
	wb_locator_close(&locator);
	wb_ring_close(&ring);
	return 0;
}

int main(int argc, char **argv) {
	int i;
	if (argc == 5 && strcmp(argv[1], "sums") == 0)
		return sums(argv[2], argv[3], argv[4]);
	if (argc < 4 || argc % 2)
		return 2;
	for (i = 2; i < argc; i += 2)
		if (run(strcmp(argv[1], "follow") == 0, argv[i], argv[i + 1]))
			return 1;
	return 0;
}
