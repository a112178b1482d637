package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is how a file is packed.
type Compression uint8

// Compressions.
const (
	Plain Compression = iota
	Gzip
	Zstd
)

// String returns the compression's name.
func (c Compression) String() string {
	return [...]string{"plain", "gzip", "zstd"}[min(c, Zstd)]
}

// input is one opened file as a window of unpacked bytes.
type input struct {
	w       window
	packing Compression
	size    int64        // of the file itself, 0 where it has none (a pipe)
	packed  atomic.Int64 // read of it, for streams
	regular bool
	pipe    *readAhead     // of what can be read once only
	closers []func() error // called last to first
}

// Stdin names standard input in a list of files.
const Stdin = "-"

// nameOf is what a file of a list is called in messages.
func nameOf(path string) string {
	if path == Stdin {
		return "standard input"
	}
	return path
}

// ReadOnce says whether a path is something that can be read only once, front to back: standard input, a pipe, a device.
func ReadOnce(path string) bool {
	if path == Stdin {
		return true
	}
	st, err := os.Stat(path)
	return err == nil && !st.Mode().IsRegular() && !st.IsDir()
}

// openInput opens path, maps it where it can and unpacks it where it must. Waiting for a pipe ends with done.
func openInput(path string, done <-chan struct{}) (in *input, err error) {
	in = new(input)
	f := os.Stdin
	if path != Stdin {
		if f, err = os.Open(path); err != nil {
			return nil, err
		}
		in.closers = append(in.closers, f.Close)
	}
	name := nameOf(path)
	defer func() {
		if err != nil {
			_ = in.close()
			in = nil
		}
	}()
	st, err := f.Stat()
	if err != nil {
		return in, err
	}
	if st.IsDir() {
		return in, fmt.Errorf("%s: is a directory: name the capture files in it", name)
	}
	var raw io.Reader = f
	if in.regular = st.Mode().IsRegular() && path != Stdin; in.regular {
		in.size = st.Size()
	} else {
		in.pipe = newPipeAhead(f, done)
		raw = in.pipe
	}
	head := make([]byte, 8)
	n, err := io.ReadFull(raw, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return in, fmt.Errorf("%s: %w", name, err)
	}
	head = head[:n]
	if in.packing, err = packing(head); err != nil {
		return in, fmt.Errorf("%s: %w", name, err)
	}
	if in.packing == Plain && in.regular && in.size > 0 {
		if data, unmap, merr := mapFile(f, in.size); merr == nil {
			in.w = mapped(data)
			in.closers = append(in.closers, unmap)
			return in, nil
		}
	}
	return in, in.stream(name, io.MultiReader(bytes.NewReader(head), raw))
}

// stream sets up the window over raw, unpacked as need be.
func (in *input) stream(path string, raw io.Reader) error {
	var src io.Reader = &counted{r: raw, n: &in.packed}
	switch in.packing {
	case Gzip:
		z, err := gzip.NewReader(src)
		if err != nil {
			return fmt.Errorf("%s: gzip header: %w", path, err)
		}
		src = z
	case Zstd:
		z, err := zstd.NewReader(src)
		if err != nil {
			return fmt.Errorf("%s: zstd: %w", path, err)
		}
		in.closers = append(in.closers, func() error { z.Close(); return nil })
		in.w = streamed(z) // it unpacks ahead by itself
		return nil
	default:
		in.w = streamed(src)
		return nil
	}
	ahead := newReadAhead(src, in.pipe != nil)
	in.closers = append(in.closers, func() error { ahead.Close(); return nil })
	in.w = streamed(ahead)
	return nil
}

// progress is how much of the file has been used, in its own (packed) bytes.
func (in *input) progress() int64 {
	if in.w.src == nil {
		return in.w.offset()
	}
	return in.packed.Load()
}

func (in *input) close() error {
	var all []error
	if in.pipe != nil {
		in.pipe.leave() // first: who unpacks may be waiting for it
	}
	for i := len(in.closers) - 1; i >= 0; i-- {
		all = append(all, in.closers[i]())
	}
	in.closers = nil
	in.w = window{err: io.EOF}
	return errors.Join(all...)
}

// packing recognises a compressed file by its first bytes.
func packing(head []byte) (Compression, error) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return Gzip, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		len(head) >= 4 && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18}): // skippable frame
		return Zstd, nil
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return Plain, errors.New("is compressed with xz: unpack it, or pack it with gzip or zstd")
	case bytes.HasPrefix(head, []byte("BZh")):
		return Plain, errors.New("is compressed with bzip2: unpack it, or pack it with gzip or zstd")
	case bytes.HasPrefix(head, []byte{0x04, 0x22, 0x4d, 0x18}):
		return Plain, errors.New("is compressed with lz4: unpack it, or pack it with gzip or zstd")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return Plain, errors.New("is a zip archive: unpack it, or pack it with gzip or zstd")
	}
	return Plain, nil
}

// counted counts what passes; the unpacking goroutine reads, Progress looks.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
