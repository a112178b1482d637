package export

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File is an output that gets its name only when it is whole: until Commit the bytes are in a hidden file beside it,
// and Abort leaves nothing. What is no regular file (a pipe, a device) cannot be renamed over: it is written directly.
type File struct {
	*os.File
	path   string
	direct bool // no temporary file: standard output, a pipe, a device
	done   bool
}

// Create starts an output at path; "" and "-" are standard output. A symbolic link is followed, its target replaced.
func Create(path string) (*File, error) {
	path, direct, err := target(path)
	if err != nil {
		return nil, err
	}
	switch {
	case path == "":
		return &File{File: os.Stdout, direct: true}, nil
	case direct:
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("write: %w", err)
		}
		return &File{File: f, path: path, direct: true}, nil
	}
	f, err := temporary(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, cause(err))
	}
	return &File{File: f, path: path}, nil
}

// NotSource refuses an output that is one of the inputs, under whatever name: it would take its source's place.
func NotSource(output string, inputs []string) error {
	if output == "" || output == "-" {
		return nil
	}
	out, err := os.Stat(output)
	if err != nil || !out.Mode().IsRegular() {
		return nil
	}
	for _, input := range inputs {
		if in, err := os.Stat(input); input != "-" && err == nil && os.SameFile(in, out) {
			same := ""
			if input != output {
				same = ", which is " + input
			}
			return fmt.Errorf("write %s%s: it is read here and would be lost: name another file", output, same)
		}
	}
	return nil
}

// target resolves a path ("" for standard output) and says whether it can only be written directly.
func target(path string) (resolved string, direct bool, err error) {
	if path == "" || path == "-" {
		return "", true, nil
	}
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		dir := filepath.Dir(path)
		if info, err := os.Stat(dir); err != nil {
			return "", false, fmt.Errorf("write %s: there is no directory %s: make it first", path, dir)
		} else if !info.IsDir() {
			return "", false, fmt.Errorf("write %s: %s is not a directory", path, dir)
		}
		return path, false, nil
	case err != nil:
		return "", false, fmt.Errorf("write %s: %w", path, cause(err))
	case info.IsDir():
		return "", false, fmt.Errorf("write %s: it is a directory: name a file in it", path)
	}
	return path, !info.Mode().IsRegular(), nil
}

// temporary makes a hidden file in dir with the mode a new file has.
func temporary(dir string) (*os.File, error) {
	for n := 0; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf(".wirebook-%d-%d", os.Getpid(), n))
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) && n < 1<<16 {
			continue
		}
		return f, err
	}
}

// cause takes the operation and the name off an error of the os package, where the message names the file already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Write names the output, not the hidden file, in its error.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil {
		err = fmt.Errorf("write %s: %w", f.Name(), cause(err))
	}
	return n, err
}

// ReadFrom does not take the shortcut around Write.
func (f *File) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{f}, r)
}

// Name spells the output for people.
func (f *File) Name() string {
	if f.path == "" {
		return "standard output"
	}
	return f.path
}

// Commit closes the output and gives it its name. After an error nothing is left.
func (f *File) Commit() error {
	if f.done {
		return nil
	}
	f.done = true
	if f.path == "" {
		return nil
	}
	err := f.File.Close()
	if err == nil && !f.direct {
		err = os.Rename(f.File.Name(), f.path)
	}
	if err != nil {
		f.remove()
		return fmt.Errorf("write %s: %w", f.path, cause(err))
	}
	return nil
}

// Abort drops the output. After Commit it does nothing.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	if f.path != "" {
		f.File.Close()
		f.remove()
	}
}

func (f *File) remove() {
	if !f.direct {
		os.Remove(f.File.Name())
	}
}

// spool makes a file that has no name and goes away with the process, however it ends.
func spool(dir string) (*os.File, error) {
	f, err := temporary(dir)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
