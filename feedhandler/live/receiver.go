package live

import (
	"wirebook/feedhandler/socket"
)

// receiver is a source of datagrams. It belongs to one worker.
type receiver interface {
	// poll hands what waits to the pipelines it is for, at most a batch, and returns how many datagrams that was. It
	// touches each feed that got any, and never blocks.
	poll(w *worker) int
	// backlog says whether the last poll may have left something, and up to when (UTC ns) it got.
	backlog() (ns uint64, more bool)
	// fd is ready to read when poll would find something.
	fd() int
}

// lineReceiver is one line's socket.
type lineReceiver struct {
	sock *socket.Socket
	feed *feed
	full bool
}

func (r *lineReceiver) poll(w *worker) int {
	w.current = r.feed
	n := r.sock.Poll(r.feed.pipe)
	r.full = r.sock.Full(n)
	if n > 0 {
		w.touch(r.feed)
	}
	return n
}

func (r *lineReceiver) backlog() (uint64, bool) { return r.sock.LastNS(), r.full }

func (r *lineReceiver) fd() int { return r.sock.FD() }
