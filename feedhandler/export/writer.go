package export

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Formats are the output formats.
var Formats = []string{"dbn", "csv", "json"}

// Options describe an export.
type Options struct {
	Schema  Schema
	Format  string
	Version int // of DBN: 2 or 3; 0 is 3
	Dataset string
	Pretty  bool // CSV and JSON: decimal prices and ISO times
	Strings bool // JSON: integers of 64 bits as strings, as DBN's own JSON has them
	Zstd    bool // compress the whole file
	// Only records received from From on and before Until (ns, 0: no bound), of instruments that have one of Symbols when the
	// record is made (none: all).
	From, Until uint64
	Symbols     []string
}

// Writer writes the records of one schema, each under the name its instrument had then. Records and names come by its
// Channels. Errors stick: Err tells them at once, Close at the end.
type Writer struct {
	opts    Options
	path    string
	spool   *os.File // records, until Close; nil where they go straight to out
	out     *File
	zip     *zstd.Encoder
	buf     *bufio.Writer
	columns []column
	recvAt  int // offset of ts_recv
	line    []byte
	older   [sizeDefinitionV2]byte
	names   map[uint64]*history
	start   uint64
	end     uint64
	err     error

	// Records counts what was written.
	Records uint64
	// Misnamed counts records of a DBN file whose instrument had two names in one day (UTC), and which have the earlier: DBN
	// names ids by the day, so these read as the later. Known after Close.
	Misnamed uint64
}

// NewWriter starts an export to path, or to standard output when path is "" or "-". Records wait in a nameless file
// beside the output; only text for a pipe or standard output goes there as it comes.
func NewWriter(path string, opts Options) (*Writer, error) {
	if !slices.Contains(Formats, opts.Format) {
		return nil, fmt.Errorf("format %q: must be one of %s", opts.Format, strings.Join(Formats, ", "))
	}
	if opts.Version != 0 && opts.Version != 2 && opts.Version != 3 {
		return nil, fmt.Errorf("DBN version %d: must be 3, or 2 for older readers", opts.Version)
	}
	resolved, direct, err := target(path)
	if err != nil {
		return nil, err
	}
	w := &Writer{opts: opts, path: path, names: map[uint64]*history{}, columns: columnsOf(opts.Schema.RType)}
	for _, c := range w.columns {
		if c.name == "ts_recv" {
			w.recvAt = c.off
		}
	}
	var sink io.Writer
	if direct && opts.Format != "dbn" {
		if w.out, err = Create(path); err != nil {
			return nil, err
		}
		if sink, err = w.pack(w.out); err != nil {
			return nil, err
		}
	} else {
		dir := os.TempDir()
		if !direct {
			dir = filepath.Dir(resolved)
		}
		if w.spool, err = spool(dir); err != nil {
			return nil, fmt.Errorf("export: make a temporary file: %w", err)
		}
		sink = w.spool
	}
	w.buf = bufio.NewWriterSize(sink, 1<<20)
	if opts.Format == "csv" {
		w.header()
	}
	return w, nil
}

// pack puts the compressor between, where one is asked for.
func (w *Writer) pack(out io.Writer) (io.Writer, error) {
	if !w.opts.Zstd {
		return out, nil
	}
	var err error
	w.zip, err = zstd.NewWriter(out)
	return w.zip, err
}

// Err says what went wrong so far. Nothing is written after an error.
func (w *Writer) Err() error { return w.err }

// record writes a record of the schema and ignores others that share its ring.
func (w *Writer) record(c *Channel, body []byte) {
	if body[1] != w.opts.Schema.RType || w.err != nil {
		return
	}
	n := c.named(body)
	if !w.wanted(n, body) {
		return
	}
	w.Records++
	if ts := binary.LittleEndian.Uint64(body[w.recvAt:]); ts != math.MaxUint64 {
		if w.end == 0 || ts < w.start {
			w.start = ts
		}
		w.end = max(w.end, ts+1)
		n.history.note(ts, n)
	} else {
		n.history.note(w.end, n) // as late as the newest record
	}
	switch w.opts.Format {
	case "dbn":
		if w.opts.Version == 2 {
			if body, w.err = toVersion2(&w.older, body); w.err != nil {
				return
			}
		}
		_, w.err = w.buf.Write(body)
		return
	case "csv":
		w.csv(body, n.symbol)
	case "json":
		w.json(body, n.symbol)
	}
	_, w.err = w.buf.Write(w.line)
}

// wanted says whether a record is of the part that is exported.
func (w *Writer) wanted(n *named, body []byte) bool {
	o := &w.opts
	if len(o.Symbols) > 0 && !slices.Contains(o.Symbols, n.symbol) {
		return false
	}
	if o.From == 0 && o.Until == 0 {
		return true
	}
	ts := binary.LittleEndian.Uint64(body[w.recvAt:])
	return ts >= o.From && (o.Until == 0 || ts < o.Until)
}

func (w *Writer) header() {
	for i := range w.columns {
		w.line = append(append(w.line, w.columns[i].name...), ',')
	}
	w.line = append(w.line, "symbol\n"...)
	_, w.err = w.buf.Write(w.line)
}

func (w *Writer) csv(body []byte, symbol string) {
	b := w.line[:0]
	for i := range w.columns {
		at := len(b)
		b = w.columns[i].appendValue(b, body, w.opts.Pretty)
		if k := w.columns[i].kind; k == char || k == text {
			b = quoteCSV(b, at)
		}
		b = append(b, ',')
	}
	at := len(b)
	b = quoteCSV(append(b, symbol...), at)
	w.line = append(b, '\n')
}

// quoteCSV puts the field that begins at at into quotes where it needs them (RFC 4180).
func quoteCSV(b []byte, at int) []byte {
	if !bytes.ContainsAny(b[at:], "\",\r\n") {
		return b
	}
	value := string(b[at:])
	b = append(b[:at], '"')
	b = append(b, strings.ReplaceAll(value, `"`, `""`)...)
	return append(b, '"')
}

func (w *Writer) json(body []byte, symbol string) {
	b := appendFields(append(w.line[:0], '{'), w.columns, body, Text{Pretty: w.opts.Pretty, Strings: w.opts.Strings})
	b = append(b, `,"symbol":`...)
	b = AppendJSONString(b, symbol)
	w.line = append(b, '}', '\n')
}

// Close finishes the file: metadata, then the records, under the final name. After an error nothing is left behind.
func (w *Writer) Close() error {
	err := w.finish()
	if err != nil {
		w.Abort()
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

func (w *Writer) finish() error {
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	if w.err != nil {
		if w.spool != nil {
			return fmt.Errorf("temporary file in %s: %w", filepath.Dir(w.spool.Name()), cause(w.err))
		}
		return w.err
	}
	if w.spool != nil {
		if err := w.assemble(); err != nil {
			return err
		}
		w.spool.Close()
	}
	if w.zip != nil {
		if err := w.zip.Close(); err != nil {
			return err
		}
	}
	return w.out.Commit()
}

// assemble puts the output together: for DBN the metadata, then what waited.
func (w *Writer) assemble() error {
	_, err := w.spool.Seek(0, io.SeekStart)
	if err != nil {
		return err
	}
	if w.out, err = Create(w.path); err != nil {
		return err
	}
	out, err := w.pack(w.out)
	if err != nil {
		return err
	}
	if w.opts.Format == "dbn" {
		if _, err := out.Write(w.metadata().Append(nil)); err != nil {
			return err
		}
	}
	_, err = io.Copy(out, w.spool)
	return err
}

// metadata says what the file holds.
func (w *Writer) metadata() *Metadata {
	m := &Metadata{Version: uint8(w.opts.Version), Dataset: w.opts.Dataset, Schema: w.opts.Schema.Code, Start: w.start, End: w.end}
	w.Misnamed = 0
	for key, h := range w.names {
		if uint32(key) == 0 {
			continue // the channel as a whole has no symbol
		}
		var misnamed uint64
		m.Mappings, misnamed = h.mappings(m.Mappings, uint32(key))
		w.Misnamed += misnamed
	}
	return m
}

// Abort drops what was written so far.
func (w *Writer) Abort() {
	if w.spool != nil {
		w.spool.Close()
	}
	if w.out != nil {
		w.out.Abort()
	}
}
