package export

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/klauspost/compress/zstd"

	"wirebook/shm"
)

// Formats are the output formats.
var Formats = []string{"dbn", "csv", "json"}

// Options describe an export.
type Options struct {
	Schema  Schema
	Format  string
	Dataset string
	Pretty  bool // CSV and JSON: decimal prices and ISO times
	Zstd    bool // DBN: compress the whole file
	// Symbol names an instrument; it is asked once per instrument and at the end.
	Symbol func(publisher uint16, instrument uint32) string
}

// Writer is a feedhandler.Tap that writes one schema. Errors stick and come out of Close.
type Writer struct {
	opts    Options
	path    string // "" is standard output
	spool   *os.File
	buf     *bufio.Writer
	columns []column
	line    []byte
	symbols map[uint64]string
	start   uint64
	end     uint64
	err     error

	// Records counts what was written.
	Records uint64
}

// NewWriter starts an export to path, or to standard output when path is "" or "-".
func NewWriter(path string, opts Options) (*Writer, error) {
	if opts.Format != "dbn" && opts.Format != "csv" && opts.Format != "json" {
		return nil, fmt.Errorf("format %q: must be dbn, csv or json", opts.Format)
	}
	if path == "-" {
		path = ""
	}
	w := &Writer{opts: opts, path: path, symbols: map[uint64]string{}, columns: columnsOf(opts.Schema.RType)}
	dir := os.TempDir()
	if path != "" {
		dir = filepath.Dir(path)
	}
	spool, err := os.CreateTemp(dir, ".wirebook-export-*")
	if err != nil {
		return nil, fmt.Errorf("spool for %s: %w", w.name(), err)
	}
	w.spool = spool
	w.buf = bufio.NewWriterSize(spool, 1<<20)
	if opts.Format == "csv" {
		w.header()
	}
	return w, nil
}

func (w *Writer) name() string {
	if w.path == "" {
		return "standard output"
	}
	return w.path
}

// Record writes a record of the schema and ignores others that share its ring.
func (w *Writer) Record(_ shm.Schema, body []byte, _ uint64) {
	if body[1] != w.opts.Schema.RType || w.err != nil {
		return
	}
	w.Records++
	publisher, instrument := binary.LittleEndian.Uint16(body[2:]), binary.LittleEndian.Uint32(body[4:])
	w.span(body)
	key := uint64(publisher)<<32 | uint64(instrument)
	symbol, known := w.symbols[key]
	if !known {
		symbol = w.opts.Symbol(publisher, instrument)
		w.symbols[key] = symbol
	}
	switch w.opts.Format {
	case "dbn":
		_, w.err = w.buf.Write(body)
		return
	case "csv":
		w.csv(body, symbol)
	case "json":
		w.json(body, symbol)
	}
	_, w.err = w.buf.Write(w.line)
}

// span widens the file's time range by the record's ts_recv, the time DBN files are ordered by.
func (w *Writer) span(body []byte) {
	for i := range w.columns {
		if c := &w.columns[i]; c.name == "ts_recv" {
			ts := binary.LittleEndian.Uint64(body[c.off:])
			if w.Records == 1 || ts < w.start {
				w.start = ts
			}
			if ts+1 > w.end {
				w.end = ts + 1
			}
			return
		}
	}
}

func (w *Writer) header() {
	for i := range w.columns {
		w.line = append(append(w.line, w.columns[i].name...), ',')
	}
	w.line = append(w.line, "symbol\n"...)
	_, w.err = w.buf.Write(w.line)
}

func (w *Writer) csv(body []byte, symbol string) {
	w.line = w.line[:0]
	for i := range w.columns {
		w.line = append(w.columns[i].appendValue(w.line, body, w.opts.Pretty), ',')
	}
	w.line = append(append(w.line, symbol...), '\n')
}

func (w *Writer) json(body []byte, symbol string) {
	b := appendFields(append(w.line[:0], '{'), w.columns, body, w.opts.Pretty)
	b = append(b, `,"symbol":`...)
	b = AppendJSONString(b, symbol)
	w.line = append(b, '}', '\n')
}

// Close finishes the file: metadata, then the records, under the final name. After an error nothing is left behind.
func (w *Writer) Close() error {
	defer os.Remove(w.spool.Name())
	defer w.spool.Close()
	if err := errors.Join(w.err, w.buf.Flush()); err != nil {
		return fmt.Errorf("export to %s: %w", w.name(), err)
	}
	if w.opts.Format != "dbn" && w.path != "" {
		return w.publish(w.spool)
	}
	if _, err := w.spool.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("export to %s: %w", w.name(), err)
	}
	out := os.Stdout
	if w.path != "" {
		final, err := os.CreateTemp(filepath.Dir(w.path), ".wirebook-export-*")
		if err != nil {
			return fmt.Errorf("export to %s: %w", w.name(), err)
		}
		defer os.Remove(final.Name())
		defer final.Close()
		out = final
	}
	if err := w.assemble(out); err != nil {
		return fmt.Errorf("export to %s: %w", w.name(), err)
	}
	if w.path == "" {
		return nil
	}
	return w.publish(out)
}

// publish gives a finished temporary file its name.
func (w *Writer) publish(f *os.File) error {
	if err := f.Chmod(0o644); err != nil {
		return fmt.Errorf("export to %s: %w", w.name(), err)
	}
	if err := os.Rename(f.Name(), w.path); err != nil {
		return fmt.Errorf("export to %s: %w", w.name(), err)
	}
	return nil
}

// Abort drops what was written so far.
func (w *Writer) Abort() {
	w.spool.Close()
	os.Remove(w.spool.Name())
}

func (w *Writer) assemble(out io.Writer) error {
	if w.opts.Format != "dbn" {
		_, err := io.Copy(out, w.spool)
		return err
	}
	if w.opts.Zstd {
		z, err := zstd.NewWriter(out)
		if err != nil {
			return err
		}
		if err := w.dbn(z); err != nil {
			return err
		}
		return z.Close()
	}
	return w.dbn(out)
}

func (w *Writer) dbn(out io.Writer) error {
	m := Metadata{Dataset: w.opts.Dataset, Schema: w.opts.Schema.Code, Start: w.start, End: w.end}
	for key := range w.symbols {
		publisher, instrument := uint16(key>>32), uint32(key)
		if instrument == 0 {
			continue // the channel as a whole has no symbol
		}
		m.Mappings = append(m.Mappings, Mapping{Symbol: w.opts.Symbol(publisher, instrument), ID: strconv.FormatUint(uint64(instrument), 10)})
	}
	if _, err := out.Write(m.Append(nil)); err != nil {
		return err
	}
	_, err := io.Copy(out, w.spool)
	return err
}
