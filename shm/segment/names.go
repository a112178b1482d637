package segment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"wirebook/shm"
)

// DefaultRoot holds the instances where neither WIREBOOK_SHM nor an option says otherwise.
const DefaultRoot = "/dev/shm/wirebook"

// Files of an instance's directory.
const (
	lockFile    = "lock"
	controlFile = "control"
	latestFile  = "latest"
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

func checkName(name string) error {
	if name == "" || len(name) > 63 || name[0] == '.' {
		return fmt.Errorf("instance name %q: use 1 to 63 letters, digits, '-', '_' or '.', not starting with '.'", name)
	}
	for _, c := range []byte(name) {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
		if !ok {
			return fmt.Errorf("instance name %q: %q is not a letter, digit, '-', '_' or '.'", name, c)
		}
	}
	return nil
}

// RingFile returns the name of a ring's file in its instance's directory.
func RingFile(schema shm.Schema, worker uint16) string {
	return fmt.Sprintf("%s-%d.ring", schema, worker)
}

// ringPath bounds a file name that a control file gave: a plain name in the instance's own directory.
func ringPath(dir, file string) (string, error) {
	if err := checkName(file); err != nil {
		return "", fmt.Errorf("control file names ring %q: not a plain file name", file)
	}
	return filepath.Join(dir, file), nil
}
