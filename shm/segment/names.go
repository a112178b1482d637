package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// ourName tells whether a file of an instance's directory has a name that we give.
func ourName(name string) bool {
	if name == controlFile || name == latestFile {
		return true
	}
	stem, ok := strings.CutSuffix(name, ".ring")
	dash := strings.LastIndexByte(stem, '-')
	if !ok || dash < 0 {
		return false
	}
	_, known := shm.ParseSchema(stem[:dash])
	_, err := strconv.ParseUint(stem[dash+1:], 10, 16)
	return known && err == nil
}

// checkDir refuses what cannot be an instance's directory: a link to somewhere else, a file, or a directory that holds
// somebody's files and no lock of ours. A directory that is not there is fine.
func checkDir(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory of its own (%s): remove it or choose another instance name", dir, info.Mode().Type())
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == lockFile {
			return nil
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s holds files and is no instance: remove it or choose another instance name", dir)
	}
	return nil
}
