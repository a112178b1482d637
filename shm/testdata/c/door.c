/* Test program: follows a ring at the doorbell, and says every result.
 *
 *	door RING NAME MILLISECONDS
 *
 * It sleeps at most so long at a time: with an hour nothing but the doorbell wakes it, and a wake that is missed hangs it.
 */
#include "wirebook.h"

#include <inttypes.h>
#include <stdlib.h>

int main(int argc, char **argv) {
	static const char *const names[] = {"empty", "record", "lapped", "new_epoch", "stale_writer", "stopped", "corrupt", "short_buffer"};
	static wb_ring ring;
	static wb_door door;
	static uint64_t buf[(WB_MAX_PAYLOAD + 7) / 8];
	wb_result res;
	char err[256];
	if (argc != 4)
		return 2;
	if (wb_ring_open(&ring, argv[1], err, sizeof err) || wb_door_open(&door, &ring, argv[2], WB_POLICY_SKIP, err, sizeof err)) {
		puts(err);
		return 1;
	}
	door.slice_ns = strtoull(argv[3], NULL, 10) * 1000000u;
	puts("ready");
	do {
		fflush(stdout);
		res = wb_ring_wait(&ring, &door, buf, sizeof buf, 3600000000000u);
		printf("%s %" PRIu64 " open %d listed %d\n", names[res], ring.pos, door.fd >= 0, door.at != 0);
	} while (res != WB_STOPPED);
	printf("sleeps %" PRIu64 " overdue %" PRIu64 "\n", door.sleeps, door.overdue);
	wb_door_close(&door);
	wb_ring_close(&ring);
	return 0;
}
