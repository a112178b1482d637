// Package bench measures the feed handler on the machine at hand, next to what that machine can do at best.
//
// The nouns: an [Input] is packets in memory and what carries them (a generated day, a capture, a user's file). A stage
// is one piece of the path, run over an input: walk, demux, arbitrate, decode, book, publish, path, rings between
// processes. A floor is the least the machine needs for the like work, written by hand and measured in the same
// minute: a framing walk, a decode of every field without checks, a dependent random load, a cache line's way to the
// other core and back. What counts is the ratio of a stage to its floor; nanoseconds change with the machine and with
// its mood.
//
//	report, err := bench.Run(ctx, bench.Options{Messages: 30_000_000, Runs: 3})
//	report.WriteText(os.Stdout)
//
// # How time is taken
//
// Work on one thread is timed by the CPU time of that pinned thread: on a quiet machine that is the wall clock, on a
// shared one it leaves out the time other programs had the core, though not what they did to its caches. Work
// that takes two threads or processes is timed by the wall clock, with SCHED_FIFO at both ends where the user may:
// elsewhere other programs show. Percentiles are of
// windows of about a thousand messages for stages that run through an input, and of single round trips or records for
// ring-rtt and paced; an HDR histogram of three digits keeps them.
//
// A stage that needs a second process starts this program again with Options.Child; [Child] is what runs there.
//
// The trap: never compare nanoseconds of two runs. The cores of a virtual machine may be near each other in one
// minute and far apart in the next, which is a factor of five for anything that crosses between them.
package bench
