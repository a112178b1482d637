/* Test program: says what it finds in an instance's files, in lines that the Go test and facts.py say too.
 *
 *	facts open FILE...	how each file opens
 *	facts control FILE	every entry of the control file
 *	facts admin RING	what a ring of admin records holds
 *	facts survive DIR...	reads whatever the files of an instance hold, and comes to an end
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

#define STEPS 3000

static int survive(const char *dir) {
	static const char *const names[] = {"mbo-0.ring", "mbp-10-0.ring", "admin-0.ring", "marks-0.ring"};
	static wb_ring r;
	static wb_locator l;
	static wb_packets p;
	static wb_latest latest;
	static wb_control c;
	static uint64_t buf[(WB_MAX_PAYLOAD + 7) / 8], sum;
	char path[600], marks[600];
	wb_natural n;
	wb_session_entry s;
	wb_instrument_entry e;
	wb_channel_entry ch;
	wb_clock_block clock;
	wb_mbp10 book;
	size_t k;
	uint32_t i;
	int located;
	snprintf(marks, sizeof marks, "%s/marks-0.ring", dir);
	for (k = 0; k < sizeof names / sizeof *names; k++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[k]);
		if (wb_ring_open(&r, path, err, sizeof err))
			continue;
		located = wb_locator_open(&l, &r, marks, err, sizeof err) == 0;
		for (i = 0; i < STEPS; i++) {
			wb_result res = wb_ring_next(&r, buf, sizeof buf);
			if (res == WB_RECORD) {
				sum += wb_content_hash(buf, wb_body_size(&r, buf)) + (wb_as_appliance(&r, buf) != NULL);
				if (located)
					sum += wb_locate(&l, r.pos - 1, buf, &n) + n.unit;
			} else if (res == WB_CORRUPT) {
				wb_ring_seek_oldest(&r);
			}
		}
		if (located)
			wb_locator_close(&l);
		wb_ring_close(&r);
	}
	snprintf(path, sizeof path, "%s/packets-0.ring", dir);
	if (wb_packets_open(&p, path, err, sizeof err) == 0) {
		unsigned char *rec = (unsigned char *)malloc(p.chunk);
		for (i = 0; rec && i < STEPS; i++)
			if (wb_packets_next(&p, rec, p.chunk) == WB_CORRUPT)
				wb_packets_seek_edge(&p);
		free(rec);
		wb_packets_close(&p);
	}
	snprintf(path, sizeof path, "%s/latest", dir);
	if (wb_latest_open(&latest, path, err, sizeof err) == 0) {
		for (i = 0; i < 16; i++)
			wb_latest_read(&latest, i, &book, &sum);
		wb_latest_close(&latest);
	}
	snprintf(path, sizeof path, "%s/control", dir);
	if (wb_control_open(&c, path, err, sizeof err) == 0) {
		for (i = 0; i < 100; i++)
			sum += wb_control_channel(&c, i, &ch) + wb_control_session(&c, i, &s) + wb_control_instrument(&c, i, &e) + wb_control_clock(&c, &clock);
		wb_control_close(&c);
	}
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
	if (strcmp(argv[1], "survive") == 0) {
		for (i = 2; i < argc; i++)
			survive(argv[i]);
		puts("survived");
		return 0;
	}
	return strcmp(argv[1], "control") == 0 ? control(argv[2]) : strcmp(argv[1], "admin") == 0 ? admin(argv[2]) : stale(argv[2]);
}
