package main

import (
	"fmt"
	"io"
	"strings"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/export"
)

// outputs are files that get their names only when all of them are whole.
type outputs struct {
	list []*output
}

type output struct {
	file *export.File
	w    *capture.Writer
}

// WriteFrame implements sim.Sink.
func (o *output) WriteFrame(ts uint64, frame []byte) error { return o.w.Write(ts, frame) }

func (o *outputs) create(path string) (*output, error) {
	for _, out := range o.list {
		if out.file.Name() == path || export.NotSource(path, []string{out.file.Name()}) != nil {
			return nil, usageError{fmt.Errorf("%s is named for two outputs", path)}
		}
	}
	f, err := export.Create(path)
	if err != nil {
		return nil, err
	}
	out := &output{file: f}
	o.list = append(o.list, out)
	return out, nil
}

func (o *outputs) capture(path string) (*output, error) {
	out, err := o.create(path)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".pcapng") {
		out.w, err = capture.NewNGWriter(out.file)
	} else {
		out.w, err = capture.NewWriter(out.file, true)
	}
	return out, err
}

func (o *outputs) write(path string, fill func(io.Writer) error) error {
	out, err := o.create(path)
	if err != nil {
		return err
	}
	return fill(out.file)
}

// publish gives every file its name, once all of them are written.
func (o *outputs) publish() error {
	for _, out := range o.list {
		if out.w != nil {
			if err := out.w.Flush(); err != nil {
				return err
			}
		}
	}
	for _, out := range o.list {
		if err := out.file.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// abort drops what was not published.
func (o *outputs) abort() {
	for _, out := range o.list {
		out.file.Abort()
	}
}
