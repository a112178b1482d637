/* The doorbell as doorbell.go and segment's ringer and door make it: a writer that never waits, a cold thread that wakes in its
 * place, sleepers of which one waits on the word and one on the word or, with -DROUND, on the count of strokes.
 *
 * Each processor has a store buffer (total store order): a plain store waits in it, its own loads see it, others do not until it
 * drains, at any moment or at a fence. Exchange and compare-and-swap drain it and act on memory. The kernel's futex compares
 * and queues at once.
 *
 * "make model" runs it (scripts/model). As it is it holds, and so it does with
 *
 *	-DROUND      the second sleeper follows several workers' rings
 *	-DDIES       the second sleeper may die at any point
 *	-DSTALLED    there is no cold thread: sleepers sleep on, and the writer comes to its end
 *	-DHOSTILE -DTIMEOUT   somebody stores anything into the word; sleeps end by themselves, late (doorSlice)
 *
 * and it must fail, or it would prove nothing, with
 *
 *	-DNOFENCE    there is no fence between the head's store and the look
 *	-DNOARMFENCE the sleeper arms by a plain store
 *	-DNOLOOK     the sleeper does not look again behind its arming
 *	-DFLAG       the word is a flag, and has no generations
 *	-DLATECLEAR  the cold thread forgets the stroke behind the wake and not before it
 *	-DHOSTILE    without the time-out: what that is for
 */
#ifndef BURSTS
#define BURSTS 2
#endif
#define NONE 255

byte head;              /* records published */
byte word;              /* generation * 2 | armed */
byte round;             /* strokes, of any worker */
byte headBuffer = NONE; /* the writer's stores that nobody else sees yet; the head's is the older */
byte wordBuffer = NONE;
byte armBuffer[2] = { NONE, NONE }; /* the sleepers' */

bool due;     /* the worker's stroke, for the cold thread */
byte ringer;  /* its state */
#define AWAKE  0
#define CALLED 1
#define ASLEEP 2
bool coldSleeps;

byte read[2];    /* what each sleeper has read up to */
bool sleeps[2];  /* in the kernel's queue */
bool finished;   /* the writer */

inline drainWriter() {
	if
	:: headBuffer != NONE -> head = headBuffer; headBuffer = NONE
	:: else
	fi;
	if
	:: wordBuffer != NONE -> word = wordBuffer; wordBuffer = NONE
	:: else
	fi
}

proctype Buffers() {
end:	do
	:: atomic { headBuffer != NONE -> head = headBuffer; headBuffer = NONE }
	:: atomic { headBuffer == NONE && wordBuffer != NONE -> word = wordBuffer; wordBuffer = NONE }
	:: atomic { armBuffer[0] != NONE -> word = armBuffer[0]; armBuffer[0] = NONE }
	:: atomic { armBuffer[1] != NONE -> word = armBuffer[1]; armBuffer[1] = NONE }
	od
}

/* Nothing in it waits for anybody: every statement can always be executed. */
proctype Writer() {
	byte n, w, was;
	do
	:: n < BURSTS ->
		n++;
#ifdef NOFENCE
		atomic { drainWriter(); headBuffer = n };
#else
		atomic { drainWriter(); head = n };        /* Flush: XCHG */
#endif
		w = (wordBuffer != NONE -> wordBuffer : word); /* Ring: the look */
		if
		:: w % 2 == 1 ->
#ifdef FLAG
			wordBuffer = 0;
#else
			wordBuffer = w + 1;
#endif
			atomic { drainWriter(); due = true };
			atomic { was = ringer; ringer = CALLED };
			if
			:: was == ASLEEP -> coldSleeps = false /* FUTEX_WAKE */
			:: else
			fi;
			was = 0
		:: else
		fi;
		w = 0
	:: else -> break
	od;
	atomic { drainWriter(); finished = true }
}

proctype Cold() {
	byte was;
	bool struck;
end:	do
	:: atomic { was = ringer; ringer = AWAKE };
		if
		:: was != CALLED ->
			atomic {
				if
				:: ringer == AWAKE -> ringer = ASLEEP; was = ASLEEP
				:: else
				fi
			};
			if
			:: was == ASLEEP ->
				atomic { coldSleeps = (ringer == ASLEEP) }; /* FUTEX_WAIT */
endcold:			!coldSleeps
			:: else
			fi
		:: else
		fi;
#ifdef LATECLEAR
		struck = due;
#else
		atomic { struck = due; due = false };
#endif
		was = 0;
		if
		:: struck ->
#ifdef ROUND
			sleeps[0] = false; /* FUTEX_WAKE of the word */
			round++;
			sleeps[1] = false  /* and of the count */
#else
			atomic { sleeps[0] = false; sleeps[1] = false }
#endif
#ifdef LATECLEAR
			; due = false
#endif
		:: else
		fi;
		struck = false
	od
}

#ifdef DIES
#define MAYDIE if :: me == 1 -> goto gone :: true fi
#else
#define MAYDIE skip
#endif

proctype Sleeper(byte me) {
	byte w, g;
	do
	:: read[me] == BURSTS -> break
	:: else ->
		MAYDIE;
		g = round;
		w = word; /* Arm */
		if
		:: w % 2 == 0 ->
			MAYDIE;
#ifdef NOARMFENCE
			w = w + 1;
			armBuffer[me] = w
#else
			atomic {
				if
				:: word == w -> w = w + 1; word = w
				:: else -> w = NONE /* another was faster, or struck: once more */
				fi
			}
#endif
		:: else
		fi;
		MAYDIE;
		if
		:: w == NONE
#ifndef NOLOOK
		:: w != NONE && head != read[me] -> read[me] = head
		:: w != NONE && head == read[me] ->
#else
		:: w != NONE ->
#endif
			MAYDIE;
			atomic { /* FUTEX_WAIT: a system call is a fence */
				if
				:: armBuffer[me] != NONE -> word = armBuffer[me]; armBuffer[me] = NONE
				:: else
				fi;
#ifdef ROUND
				sleeps[me] = (me == 0 -> word == w : round == g)
#else
				sleeps[me] = (word == w)
#endif
			};
#ifdef STALLED
endsleep:
#endif
			if
			:: !sleeps[me]
#ifdef TIMEOUT
			:: atomic { sleeps[me] && finished -> sleeps[me] = false } /* at the latest */
#endif
#ifdef DIES
			:: me == 1 -> goto gone
#endif
			fi;
			read[me] = head
		fi;
		w = 0;
		g = 0
	od;
gone:	sleeps[me] = false
}

#ifdef HOSTILE
/* Anything, but bounded in number, so that there is an end to look at. */
proctype Hostile() {
	byte n;
	do
	:: n == 2 -> break
	:: n < 2 ->
		n++;
		if :: word = 0 :: word = 1 :: word = 2 fi
	od
}
#endif

init {
	atomic {
		run Buffers();
		run Writer();
#ifndef STALLED
		run Cold();
#endif
		run Sleeper(0);
		run Sleeper(1);
#ifdef HOSTILE
		run Hostile();
#endif
	}
}

/* What is checked is one property of safety: no reachable state in which nothing can happen any more has a process that is not at
 * its end (spin's invalid end states). The writer's end is that it published all BURSTS; a sleeper's, that it has read all of them;
 * the cold thread's, that it sleeps on an empty hand. Why that is "no wake missed": a sleeper in the kernel's queue leaves it by a
 * wake alone (but with TIMEOUT). Had it missed the one that was its own, it would be in the queue with records unread
 * when the writer and the cold thread have come to rest, and that is such a state: the search is of all interleavings
 * and drains of the store buffers, so it would be met. A miss that a later burst
 * mends is not an error here (it is a wake that came late); it is found where the same comes about at the last burst.
 *
 * That everything comes to rest, and does not spin for ever between two states, needs no property of its own: each turn of a loop
 * takes a burst, an arming or a stroke, whose numbers are bounded by BURSTS; the only loop that can turn on its own is an
 * arming that another was faster at, and then that other one's succeeded. What is not checked: how long anything takes, and the
 * wrap of the word's generation, after 2^31 strokes between one sleeper's look and its sleep.
 */
