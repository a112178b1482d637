/* Test program: says what it finds in an instance's files, in lines that the Go test and facts.py say too.
 *
 *	facts open FILE...	how each file opens
 *	facts control FILE	every entry of the control file
 *	facts admin RING	what a ring of admin records holds
 *	facts stale RING	asks the ring once for every line of its input
 */
#include "wirebook.h"

#include <inttypes.h>
#include <stdlib.h>

static char err[256];

static int opens(const char *path) {
	wb_ring r;
	wb_latest l;
	wb_control c;
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	int bad;
	if (strcmp(name, "control") == 0) {
		if (!(bad = wb_control_open(&c, path, err, sizeof err)))
			wb_control_close(&c);
	} else if (strcmp(name, "latest") == 0) {
		if (!(bad = wb_latest_open(&l, path, err, sizeof err)))
			wb_latest_close(&l);
	} else if (!(bad = wb_ring_open(&r, path, err, sizeof err))) {
		wb_ring_close(&r);
	}
	printf("%s: %s\n", name, bad ? err : "good");
	return 0;
}

static int control(const char *path) {
	static wb_control c;
	wb_channel_entry ch;
	wb_line_entry line;
	wb_counter_entry counter;
	wb_instrument_entry in;
	wb_session_entry s;
	wb_ring_entry ring;
	wb_clock_block clock;
	uint32_t i;
	if (wb_control_open(&c, path, err, sizeof err))
		return puts(err), 1;
	for (i = 0; wb_control_ring(&c, i, &ring); i++)
		printf("ring %.48s schema %u worker %u\n", (const char *)ring.file, ring.schema, ring.worker);
	for (i = 0; wb_control_channel(&c, i, &ch); i++)
		printf("channel %.48s worker %u %s %s after %" PRIu64 " session %u set %" PRIx64 " %" PRIx64 " appliance %" PRIu64 "\n",
		       (const char *)ch.name, ch.worker, wb_channel_state_name(ch.state), wb_reason_name(ch.reason), ch.state_unit, ch.session,
		       ch.digests[4].set_lo, ch.digests[4].set_hi, ch.appliance);
	for (i = 0; wb_control_line(&c, i, &line); i++)
		printf("line %.32s of %u received %" PRIu64 "\n", (const char *)line.name, line.channel, line.received);
	for (i = 0; wb_control_counter(&c, i, &counter); i++)
		printf("counter %.48s %.64s %" PRIu64 "\n", (const char *)counter.name, (const char *)counter.label, counter.value);
	for (i = 0; wb_control_instrument(&c, i, &in); i++)
		printf("instrument %.72s %s %s %s\n", (const char *)in.symbol, wb_instrument_state_name(in.state & 0xFF),
		       wb_reason_name(in.state >> 8 & 0xFF), wb_books_name(in.state >> 16 & 0xFF));
	for (i = 0; i < 12; i++)
		if (wb_control_session(&c, i, &s))
			printf("session %u %.32s of %.48s first %" PRIu64 " mark %" PRIu64 " since %" PRIu64 "\n", s.number, (const char *)s.name,
			       (const char *)s.channel_name, s.first, s.mark, s.since[4]);
	if (wb_control_clock(&c, &clock))
		printf("clock %s %.32s bound %" PRIu64 "\n", wb_clock_state_name(clock.state), (const char *)clock.device, clock.bound_ns);
	wb_control_close(&c);
	return 0;
}

static int admin(const char *path) {
	static wb_ring r;
	static uint64_t buf[(WB_MAX_PAYLOAD + 7) / 8];
	if (wb_ring_open(&r, path, err, sizeof err))
		return puts(err), 1;
	while (wb_ring_next(&r, buf, sizeof buf) == WB_RECORD) {
		const wb_appliance *a = wb_as_appliance(&r, buf);
		const wb_record_header *h = (const wb_record_header *)buf;
		if (a)
			printf("appliance %s %s of channel %u session %u number %" PRIu64 " after %" PRIu64 " first %" PRIu64 " count %" PRIu64 "\n",
			       wb_appliance_name(a->kind), wb_reason_name(a->reason), a->channel, a->session, a->counter, a->unit, a->first, a->count);
		else
			printf("record %u of %u\n", h->rtype, h->instrument_id);
	}
	wb_ring_close(&r);
	return 0;
}

static int stale(const char *path) {
	static const char *const names[] = {"empty", "record", "lapped", "new_epoch", "stale_writer", "stopped", "corrupt", "short_buffer"};
	static wb_ring r;
	static uint64_t buf[(WB_MAX_PAYLOAD + 7) / 8];
	char line[64];
	if (wb_ring_open(&r, path, err, sizeof err))
		return puts(err), 1;
	while (fgets(line, sizeof line, stdin)) {
		r.heart.check_at = 0;
		puts(names[wb_ring_next(&r, buf, sizeof buf)]);
		fflush(stdout);
	}
	wb_ring_close(&r);
	return 0;
}

int main(int argc, char **argv) {
	int i;
	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "open") == 0) {
		for (i = 2; i < argc; i++)
			opens(argv[i]);
		return 0;
	}
	return strcmp(argv[1], "control") == 0 ? control(argv[2]) : strcmp(argv[1], "admin") == 0 ? admin(argv[2]) : stale(argv[2]);
}
