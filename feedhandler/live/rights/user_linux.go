package rights

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"wirebook/shm/segment"
)

// Become makes a process that root started a user's, with the needed capabilities: in this program and, should it execute
// itself, in the next. The folders below root, which only root may write, are given to the user first. Call it before
// anything is opened. A process that is the user's already has nothing to do.
func Become(name string, n *Need, root string, folders ...string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return fmt.Errorf("live.user: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return fmt.Errorf("live.user: %s: user %s is not a number", name, u.Uid)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return fmt.Errorf("live.user: %s: group %s is not a number", name, u.Gid)
	}
	switch now := os.Geteuid(); {
	case now == uid:
		return nil
	case now != 0:
		return fmt.Errorf("live.user: %s: only root becomes another user, and this process is user %d: start it as root or as %s", name, now, name)
	}
	groups, err := memberships(u)
	if err != nil {
		return fmt.Errorf("live.user: %s: %w", name, err)
	}
	if err := prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0); err != nil { // before anything is given: it tells whether the rest can be done
		return fmt.Errorf("live.user: become %s: %w", name, err)
	}
	if err := give(uid, gid, root, folders); err != nil {
		return fmt.Errorf("live.user: %s: %w", name, err)
	}
	if err := become(uid, gid, groups, n.capabilities()); err != nil {
		return fmt.Errorf("live.user: become %s: %w", name, err)
	}
	return nil
}

func memberships(u *user.User) ([]int, error) {
	ids, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	var list []int
	for _, id := range ids {
		n, err := strconv.Atoi(id)
		if err != nil {
			return nil, fmt.Errorf("group %s is not a number", id)
		}
		list = append(list, n)
	}
	return list, nil
}

// become keeps capabilities only where PR_SET_KEEPCAPS was said before.
func become(uid, gid int, groups []int, keep set) error {
	if err := errors.Join(syscall.Setgroups(groups), syscall.Setresgid(gid, gid, gid), syscall.Setresuid(uid, uid, uid)); err != nil {
		return err
	}
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	for i := range data {
		data[i] = unix.CapUserData{Effective: keep[i], Permitted: keep[i], Inheritable: keep[i]}
	}
	if err := capset(&hdr, &data); err != nil {
		return err
	}
	for i := range capabilities {
		if c := capabilities[i].number; keep.has(c) {
			if err := prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c, 0); err != nil {
				return fmt.Errorf("keep %s for a program that takes this one's place: %w", capabilities[i].name, err)
			}
		}
	}
	return nil
}

// give makes the folders, or gives them to the user with what is in them where they are root's. Nobody but root may write in
// root or put another in its place, so nobody puts another thing in their place meanwhile.
func give(uid, gid int, root string, folders []string) error {
	if err := segment.CheckBase(root); err != nil {
		return err
	}
	if err := os.Mkdir(root, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := rootAlone(root); err != nil {
		return err
	}
	if err := os.Chmod(root, 0o755); err != nil { // the user is to come through
		return err
	}
	for _, name := range folders {
		dir := filepath.Join(root, name)
		if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		var at unix.Stat_t
		if err := unix.Lstat(dir, &at); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		switch {
		case at.Mode&unix.S_IFMT != unix.S_IFDIR:
			return fmt.Errorf("%s is no folder: remove it", dir)
		case int(at.Uid) == uid:
			continue
		case at.Uid != 0 || at.Mode&0o022 != 0:
			return fmt.Errorf("%s belongs to user %d, mode %04o: remove it, or give it to root or to the user", dir, at.Uid, at.Mode&0o7777)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := os.Lchown(filepath.Join(dir, e.Name()), uid, -1); err != nil {
				return err
			}
		}
		if err := os.Lchown(dir, uid, gid); err != nil { // last: until then only root may write in it
			return err
		}
	}
	return nil
}

func rootAlone(path string) error {
	var at unix.Stat_t
	if err := unix.Lstat(path, &at); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if at.Mode&unix.S_IFMT != unix.S_IFDIR || at.Uid != 0 || at.Mode&0o022 != 0 {
		return fmt.Errorf("%s: must be a folder of root's that nobody else may write (scripts/wirebook.tmpfiles.conf)", path)
	}
	return nil
}
