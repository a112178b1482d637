/* The stores of the MBO ring in C: mark, seven words, commit, with the orders C11 atomics ask for.
 * Prints nanoseconds per record: bench SLOTS RECORDS */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct slot {
	uint64_t sequence;
	uint64_t body[7];
};

static __attribute__((noinline)) void publish(struct slot *slots, uint64_t mask, uint64_t pos, const uint64_t *body) {
	struct slot *s = &slots[pos & mask];
	uint64_t done = (pos + 1) << 1;
	int i;
	__atomic_store_n(&s->sequence, done | 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (i = 0; i < 7; i++)
		__atomic_store_n(&s->body[i], body[i], __ATOMIC_RELAXED);
	__atomic_store_n(&s->sequence, done, __ATOMIC_RELEASE);
}

int main(int argc, char **argv) {
	uint64_t slots = argc > 1 ? strtoull(argv[1], NULL, 10) : 1024, n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, i;
	struct slot *ring = aligned_alloc(64, slots * sizeof *ring);
	volatile uint64_t body[7] = {0};
	struct timespec a, b;
	if (!ring)
		return 1;
	memset(ring, 0, slots * sizeof *ring);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < n; i++) {
		body[2] = i;
		publish(ring, slots - 1, i, (const uint64_t *)body);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.3f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / (double)n);
	return 0;
}
