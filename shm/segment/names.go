package segment

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"wirebook/shm"
)

// DefaultRoot holds the instances where neither WIREBOOK_SHM nor an option says otherwise.
const DefaultRoot = "/dev/shm/wirebook"

// Files of an instance's directory.
const (
	lockFile    = "lock"
	controlFile = "control"
	latestFile  = "latest"
	readersFile = "readers"
	newSuffix   = ".new"
)

// Errors a caller may decide on, by errors.Is.
var (
	ErrRunning     = errors.New("instance is already running")
	ErrNotFound    = errors.New("no such instance")
	ErrNoSpace     = errors.New("not enough shared memory")
	ErrUnsupported = errors.New("shared memory segments need Linux")
)

// Root returns dir, or WIREBOOK_SHM, or DefaultRoot: the first that is set.
func Root(dir string) string {
	if dir != "" {
		return dir
	}
	if env := os.Getenv("WIREBOOK_SHM"); env != "" {
		return env
	}
	return DefaultRoot
}

// NameRule says what an instance may be called.
const NameRule = "1 to 63 letters, digits, '-', '_' and '.', the first a letter or digit"

// CheckName says whether an instance may be called name.
func CheckName(name string) error {
	good := len(name) >= 1 && len(name) <= 63
	for i := 0; good && i < len(name); i++ {
		c := name[i]
		good = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || i > 0 && (c == '-' || c == '_' || c == '.')
	}
	if !good {
		return fmt.Errorf("instance name %q: must be %s", name, NameRule)
	}
	return nil
}

// RingFile returns the name of a ring's file in its instance's directory.
func RingFile(schema shm.Schema, worker uint16) string {
	return fmt.Sprintf("%s-%d.ring", schema, worker)
}

// checkRingName bounds a file name that a control file gave: a plain name in the instance's own directory.
func checkRingName(file string) error {
	if err := CheckName(file); err != nil {
		return fmt.Errorf("control file names ring %q: not a plain file name", file)
	}
	return nil
}

// ourName tells whether a file of an instance's directory has a name that we give.
func ourName(name string) bool {
	if name == controlFile || name == latestFile || name == readersFile {
		return true
	}
	stem, ok := strings.CutSuffix(name, ".ring")
	dash := strings.LastIndexByte(stem, '-')
	if !ok || dash < 0 {
		return false
	}
	_, known := shm.ParseRing(stem[:dash])
	_, err := strconv.ParseUint(stem[dash+1:], 10, 16)
	return known && err == nil
}

// checkFolder refuses what cannot be an instance's folder: one that holds somebody's files and no lock of ours.
func checkFolder(d *folder) error {
	names, err := d.names()
	if err != nil {
		return err
	}
	if len(names) > 0 && !slices.Contains(names, lockFile) {
		return fmt.Errorf("%s holds files and is no instance: remove it or choose another instance name", d.path)
	}
	return nil
}
