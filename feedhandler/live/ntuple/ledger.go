package ntuple

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// ledger is a file of what was put into a table, a line a step, so that the next run can take back what a killed one left:
//
//	want 239.1.1.1:26477 2          about to be inserted
//	have 239.1.1.1:26477 2 1021     inserted, at a location
//	gone 239.1.1.1:26477 2          deleted, or not inserted after all
//
// It is removed when nothing is left.
type ledger struct {
	path string
	file *os.File
	open map[Rule]int64 // location, or unplaced
}

const unplaced = -1

// readLedger reads what a run left. No file: nothing.
func readLedger(path string) (map[Rule]int64, error) {
	open := map[Rule]int64{}
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return open, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var verb, dst string
		var rule Rule
		location := int64(unplaced)
		n, _ := fmt.Sscan(lines.Text(), &verb, &dst, &rule.Queue, &location)
		at, err := netip.ParseAddrPort(dst)
		if n < 3 || err != nil || !at.Addr().Is4() {
			continue // the run was killed while it wrote, and did nothing yet
		}
		rule.Dst = at
		switch {
		case verb == "want":
			open[rule] = unplaced
		case verb == "have" && n == 4:
			open[rule] = location
		case verb == "gone":
			delete(open, rule)
		}
	}
	return open, lines.Err()
}

// newLedger starts a ledger with what is open.
func newLedger(path string, open map[Rule]int64) (*ledger, error) {
	l := &ledger{path: path, open: open}
	if len(open) == 0 {
		return l, l.remove()
	}
	return l, nil
}

func (l *ledger) write(verb string, r Rule, rest ...any) error {
	if l.file == nil {
		var f *os.File
		err := fs.ErrNotExist
		for try := 0; try < 3 && errors.Is(err, fs.ErrNotExist); try++ { // another interface's ledger may be taking the folder away
			if err := os.MkdirAll(filepath.Dir(l.path), 0o750); err != nil {
				return err
			}
			f, err = os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|noFollow, 0o640)
		}
		if err != nil {
			return err
		}
		l.file = f
		if at, err := f.Seek(0, io.SeekEnd); err == nil && at > 0 {
			_, _ = f.WriteString("\n") // a line that was cut short ends here
		}
	}
	var b strings.Builder
	fmt.Fprint(&b, verb, " ", r.Dst, " ", r.Queue)
	for _, v := range rest {
		fmt.Fprint(&b, " ", v)
	}
	_, err := fmt.Fprintln(l.file, b.String())
	return err
}

func (l *ledger) want(r Rule) error {
	l.open[r] = unplaced
	return l.write("want", r)
}

func (l *ledger) have(r Rule, location uint32) error {
	l.open[r] = int64(location)
	return l.write("have", r, location)
}

func (l *ledger) gone(r Rule) error {
	delete(l.open, r)
	if len(l.open) == 0 {
		return l.remove()
	}
	return l.write("gone", r)
}

// remove takes the file away, and its folder with the last.
func (l *ledger) remove() error {
	err := l.close()
	switch e := os.Remove(l.path); {
	case e == nil:
		_ = os.Remove(filepath.Dir(l.path))
	case !errors.Is(e, fs.ErrNotExist):
		err = errors.Join(err, e)
	}
	return err
}

func (l *ledger) close() error {
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return f.Close()
}
