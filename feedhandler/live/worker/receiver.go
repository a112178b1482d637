package worker

import (
	"wirebook/feedhandler"
	"wirebook/feedhandler/socket"
)

// Receiver is a source of datagrams. It belongs to one worker.
type Receiver interface {
	// Poll hands what waits to the pipelines it is for, at most a batch, and returns how many datagrams that was. It
	// touches each feed that got any, and never blocks.
	Poll(w *Worker) int
	// Backlog says whether the last poll may have left something, and up to when (UTC ns) it got.
	Backlog() (ns uint64, more bool)
	// FD is ready to read when poll would find something.
	FD() int
}

// MostFrames bounds what one queue holds.
const MostFrames = 1 << 16

// Queue is a receiver of frames of any feed, whichever worker owns it: a NIC's queue.
type Queue interface {
	Receiver
	// Empty takes what is there, in bounded number.
	Empty(w *Worker)
	// LeftOver counts what came after the worker's last look. No worker runs any more.
	LeftOver()
	// Publish copies what was counted.
	Publish()
}

// LineReceiver is one line's socket.
type LineReceiver struct {
	Sock *socket.Socket
	Feed *Feed
	full bool
}

func (r *LineReceiver) Poll(w *Worker) int {
	w.Current = r.Feed
	w.From(feedhandler.NoQueue)
	n := r.Sock.Poll(r.Feed.Pipe)
	r.full = r.Sock.Full(n)
	if n > 0 {
		w.Touch(r.Feed)
	}
	return n
}

func (r *LineReceiver) Backlog() (uint64, bool) { return r.Sock.LastNS(), r.full }

func (r *LineReceiver) FD() int { return r.Sock.FD() }
