/* Test program: reads a packets ring.
 *
 *	packets dump RING	every record in hexadecimal, with its position
 *	packets follow RING	reads to the end and checks every record by its own content
 */
#include "wirebook.h"

#include <inttypes.h>
#include <stdlib.h>

static uint64_t word_of(uint64_t pos, uint64_t i) { return (pos + 1 + (i << 40)) * 0x9E3779B97F4A7C15ULL; }

/* As the Go test fills it: value is the position, the payload words of the position and the place. */
static int whole(const unsigned char *rec, uint64_t pos) {
	wb_packet_header h;
	uint64_t i, w;
	memcpy(&h, rec, sizeof h);
	if (h.sequence != (pos | WB_PACKET_WHOLE) || h.value != pos || h.kind != WB_PACKET_FRAME || h.wire_bytes != h.bytes)
		return 0;
	for (i = 0; i + 8 <= h.bytes; i += 8) {
		memcpy(&w, rec + sizeof h + i, 8);
		if (w != word_of(pos, i))
			return 0;
	}
	return 1;
}

int main(int argc, char **argv) {
	static wb_packets r;
	char err[256];
	unsigned char *rec;
	uint64_t start, read = 0, torn = 0, epochs = 0, i;
	int follow, more = 1;
	if (argc != 3)
		return 2;
	follow = strcmp(argv[1], "follow") == 0;
	if (wb_packets_open(&r, argv[2], err, sizeof err)) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	rec = (unsigned char *)malloc(r.chunk);
	if (!rec)
		return 1;
	start = r.pos;
	if (follow) {
		puts("ready");
		fflush(stdout);
	}
	while (more) {
		switch (wb_packets_next(&r, rec, r.chunk)) {
		case WB_RECORD:
			read++;
			if (follow) {
				torn += !whole(rec, r.at);
				break;
			}
			printf("%" PRIu64 " ", r.at);
			for (i = 0; i < sizeof(wb_packet_header) + ((const wb_packet_header *)(const void *)rec)->bytes; i++)
				printf("%02x", rec[i]);
			putchar('\n');
			break;
		case WB_NEW_EPOCH:
			epochs++;
			break;
		case WB_STOPPED:
			more = 0;
			break;
		case WB_EMPTY:
			more = follow;
			break;
		case WB_LAPPED:
		case WB_STALE_WRITER:
			break;
		default:
			fprintf(stderr, "unexpected result\n");
			return 1;
		}
	}
	printf("start %" PRIu64 " read %" PRIu64 " lost %" PRIu64 " torn %" PRIu64 " epochs %" PRIu64 " pos %" PRIu64 " missed %" PRIu64 "\n",
	       start, read, r.lost_total, torn, epochs, r.pos, r.missed);
	free(rec);
	wb_packets_close(&r);
	return 0;
}
