package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// The rule of who may have put something where we write and read. /dev/shm is everybody's, so a stranger who makes
// /dev/shm/wirebook first would be written to by root and believed by every reader.
//
// The way from / to the instances is walked folder by folder, following no link unseen:
//
//   - A folder that only its owner may write vouches for what is in it. One that others may write too must be sticky,
//     and vouches only for what belongs to root, to us, or to the folder's owner.
//   - A link above the instances is followed where it is vouched for; below them none is, but for a ring's on huge pages.
//   - One file of an instance may be written by its group, the readers file: it is believed in nothing, and looked at so that
//     whatever it holds or however short it is cut harms nobody (door_linux.go, shm/doorbell.go).
//   - A writer asks for more: all belongs to root or to itself, and an instance to itself.
//
// So a reader of user alice believes the books of user wirebook where root made /dev/shm/wirebook, and in it wirebook's
// folder (scripts/wirebook.tmpfiles.conf); or where WIREBOOK_SHM names a folder in a place that only its owner may write.
// The readers in shm/include and shm/python keep the same rule.

// ErrUntrusted says that somebody else may have made what lies on the way, by errors.Is.
var ErrUntrusted = errors.New("not to be relied on")

// access says what for a folder is walked to.
type access bool

const (
	toRead  access = false
	toWrite access = true
)

// node is what a walk sees of one file or folder.
type node struct {
	uid         uint32
	mode        fs.FileMode // type, permissions, sticky
	dev, inode  uint64
	links, size int64
}

// walker judges the steps of one walk.
type walker struct {
	self   uint32
	also   []uint32 // more owners to believe: whoever owns the link that led here
	access access
}

// step judges an entry of dir. hidden says that nobody but its owner can have come as far as dir.
func (w *walker) step(dir string, parent node, name string, at node, hidden bool) error {
	path := filepath.Join(dir, name)
	known := at.uid == 0 || at.uid == w.self
	for _, uid := range w.also {
		known = known || at.uid == uid
	}
	switch {
	case w.access == toWrite && !known:
		return fmt.Errorf("%w: %s belongs to %s, and who writes below it would write for them%s", ErrUntrusted, path, userName(at.uid), advice)
	case !hidden && parent.mode&0o022 != 0 && !known && at.uid != parent.uid:
		return fmt.Errorf("%w: %s belongs to %s, and anybody could have put it into %s%s", ErrUntrusted, path, userName(at.uid), dir, advice)
	}
	return nil
}

// loose judges a folder on the way: whoever may write in it can put another entry in an entry's place, unless it is sticky.
func loose(dir string, at node, hidden bool) error {
	if hidden || at.mode&0o022 == 0 || at.mode&fs.ModeSticky != 0 {
		return nil
	}
	return fmt.Errorf("%w: others than its owner may write in %s (mode %04o): chmod go-w %s, or choose another folder with WIREBOOK_SHM",
		ErrUntrusted, dir, at.mode.Perm(), dir)
}

// own judges a folder or file of an instance that is to be written: it is ours alone.
func (w *walker) own(path string, at node) error {
	switch {
	case at.uid != w.self:
		return fmt.Errorf("%w: %s belongs to %s, and this process is %s: run as that user, or choose another instance name", ErrUntrusted, path, userName(at.uid), userName(w.self))
	case at.mode&0o022 != 0:
		return fmt.Errorf("%w: others than its owner may write %s (mode %04o): chmod go-w %s", ErrUntrusted, path, at.mode.Perm(), path)
	case at.mode.IsRegular() && at.links != 1:
		return fmt.Errorf("%w: %s has %d names: remove it", ErrUntrusted, path, at.links)
	}
	return nil
}

// groups judges the readers file, which the instance's group may write, for writers and readers: it is ours, root's or the
// instance's owner's, it has one name, and nobody else may write it.
func (w *walker) groups(path string, at, parent node) error {
	switch {
	case at.uid != 0 && at.uid != w.self && at.uid != parent.uid:
		return fmt.Errorf("%w: %s belongs to %s, its folder to %s", ErrUntrusted, path, userName(at.uid), userName(parent.uid))
	case at.mode&0o002 != 0:
		return fmt.Errorf("%w: others than its owner and group may write %s (mode %04o): chmod o-w %s", ErrUntrusted, path, at.mode.Perm(), path)
	case !at.mode.IsRegular() || at.links != 1:
		return fmt.Errorf("%w: %s is not a file with one name: remove it", ErrUntrusted, path)
	}
	return nil
}

const advice = ": let root make the folder (scripts/wirebook.tmpfiles.conf), or choose one of yours with WIREBOOK_SHM"

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username + " (uid " + id + ")"
	}
	return "uid " + id
}

// maxLinks bounds a walk whose links lead in circles.
const maxLinks = 20

// split returns the steps from / to path.
func split(path string) ([]string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' }), nil
}
