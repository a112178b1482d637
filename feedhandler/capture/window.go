package capture

import "io"

const (
	windowBytes = 1 << 20
	// maxRecord bounds what one record may make the window grow to.
	maxRecord = 16 << 20
)

// window is the bytes at hand of a capture: all of a mapped file, or the part of a stream that slides along.
//
// buf[pos:] is unread. A reader looks at it directly and asks for more only where it is too short, so that the walk
// over a mapped file is a walk over memory.
type window struct {
	buf  []byte
	pos  int
	base int64     // offset in the file of buf[0]
	src  io.Reader // nil for a mapped file
	err  error     // why src gives no more; io.EOF where it ended well
}

func mapped(data []byte) window { return window{buf: data, err: io.EOF} }

func streamed(src io.Reader) window {
	return window{buf: make([]byte, 0, windowBytes), src: src}
}

// offset is the file offset of the next unread byte.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// left is how many unread bytes are at hand.
func (w *window) left() int { return len(w.buf) - w.pos }

// fill brings at least n unread bytes to hand and says whether it could. It moves what was handed out before.
func (w *window) fill(n int) bool {
	if w.left() >= n {
		return true
	}
	if w.src == nil || w.err != nil {
		return false
	}
	w.base += int64(w.pos)
	if n > cap(w.buf) {
		grown := make([]byte, w.left(), max(n, 2*cap(w.buf)))
		copy(grown, w.buf[w.pos:])
		w.buf = grown
	} else {
		w.buf = w.buf[:copy(w.buf[:cap(w.buf)], w.buf[w.pos:])]
	}
	w.pos = 0
	for idle := 0; len(w.buf) < n && w.err == nil; {
		got, err := w.src.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+got]
		w.err = err
		if idle++; got > 0 {
			idle = 0
		} else if idle > 100 && err == nil {
			w.err = io.ErrNoProgress
		}
	}
	return len(w.buf) >= n
}

// skip passes n bytes, read or not, and says whether they were there.
func (w *window) skip(n int64) bool {
	for n > int64(w.left()) {
		n -= int64(w.left())
		w.pos = len(w.buf)
		if !w.fill(1) {
			return false
		}
	}
	w.pos += int(n)
	return true
}

// peek gives up to n unread bytes without passing them.
func (w *window) peek(n int) []byte {
	w.fill(n)
	return w.buf[w.pos:min(len(w.buf), w.pos+n)]
}
