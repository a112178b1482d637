/* Test reader: reads a ring to its end and checks every record by its own content.
 *
 *	reader RING LATEST CONTROL
 *
 * Prints "ready", then "start N read N lost N torn N epochs N pos N latest N instrument SYMBOL" when the writer has stopped.
 */
#include "wirebook.h"

#include <stdlib.h>

static uint64_t word_of(uint64_t pos, uint64_t i) { return (pos + 1 + (i << 40)) * 0x9E3779B97F4A7C15ULL; }

static int whole(const unsigned char *rec, uint64_t size, uint64_t pos) {
	uint64_t i, w, want;
	for (i = 0; i + 8 <= size; i += 8) {
		memcpy(&w, rec + i, 8);
		want = word_of(pos, i);
		if (i == 0)
			want = (want & ~(uint64_t)0xFF) | size / 4;
		if (w != want)
			return 0;
	}
	return 1;
}

int main(int argc, char **argv) {
	static unsigned char rec[WB_MAX_PAYLOAD];
	wb_ring ring;
	wb_latest latest;
	wb_control control;
	wb_mbp10 book;
	wb_instrument_entry instrument;
	uint64_t start, n = 0, torn = 0, epochs = 0, latest_pos = 0;
	char err[256];
	int stopped = 0;

	if (argc != 4)
		return 2;
	if (wb_ring_open(&ring, argv[1], err, sizeof err) || wb_latest_open(&latest, argv[2], err, sizeof err) ||
	    wb_control_open(&control, argv[3], err, sizeof err)) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	start = ring.pos;
	printf("ready\n");
	fflush(stdout);
	while (!stopped) {
		switch (wb_ring_next(&ring, rec, sizeof rec)) {
		case WB_RECORD:
			n++;
			torn += !whole(rec, ring.body, ring.pos - 1);
			torn += ring.schema != WB_SCHEMA_MBO && wb_ring_extra(&ring, rec) != ring.pos - 1;
			break;
		case WB_NEW_EPOCH:
			epochs++;
			break;
		case WB_STOPPED:
			stopped = 1;
			break;
		case WB_EMPTY:
		case WB_LAPPED:
		case WB_STALE_WRITER:
			break;
		default:
			fprintf(stderr, "unexpected result\n");
			return 1;
		}
	}
	if (!wb_latest_read(&latest, 1, &book, &latest_pos) || !whole((unsigned char *)&book, sizeof book, latest_pos))
		torn++;
	if (wb_latest_read(&latest, 0, &book, &latest_pos) || wb_latest_read(&latest, latest.capacity, &book, &latest_pos))
		torn++;
	wb_latest_read(&latest, 1, &book, &latest_pos);
	if (!wb_control_instrument(&control, 0, &instrument) || wb_control_instrument(&control, 1, &instrument))
		memcpy(instrument.symbol, "?", 2);
	printf("start %llu read %llu lost %llu torn %llu epochs %llu pos %llu latest %llu instrument %s\n", (unsigned long long)start, (unsigned long long)n,
	       (unsigned long long)ring.lost_total, (unsigned long long)torn, (unsigned long long)epochs,
	       (unsigned long long)ring.pos, (unsigned long long)latest_pos, (const char *)instrument.symbol);
	wb_ring_close(&ring);
	wb_latest_close(&latest);
	wb_control_close(&control);
	return 0;
}
