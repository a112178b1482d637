package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// folder is an open directory. Names in it are single steps, and no call follows a link: what was judged on the way
// stays what is worked on, whatever happens to the path.
type folder struct {
	fd     int
	path   string // for messages
	node   node
	hidden bool // nobody but root, us and its owners can have come here
}

const dirMode = 0o750

func self() uint32 { return uint32(os.Geteuid()) }

// openFolder walks to path. An error is ErrUntrusted, or what the system said. also are owners to believe beside root
// and us.
func openFolder(path string, a access, also ...uint32) (*folder, error) {
	w := walker{self: self(), access: a, also: also}
	steps, err := split(path)
	if err != nil {
		return nil, err
	}
	links := 0
walk:
	for {
		at, err := rootFolder()
		if err != nil {
			return nil, err
		}
		for i, name := range steps {
			next, target, err := at.step(&w, name)
			if err == nil && next == nil { // a link that is vouched for
				if links++; links > maxLinks {
					err = &os.PathError{Op: "open", Path: path, Err: unix.ELOOP}
				} else {
					if !filepath.IsAbs(target) {
						target = filepath.Join(at.path, target)
					}
					steps, err = split(filepath.Join(append([]string{target}, steps[i+1:]...)...))
				}
				if err == nil {
					at.close()
					continue walk
				}
			}
			at.close()
			if err != nil {
				return nil, err
			}
			at = next
		}
		return at, nil
	}
}

func rootFolder() (*folder, error) {
	fd, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/", Err: err}
	}
	n, err := nodeOf(fd)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &folder{fd: fd, path: "/", node: n}, nil
}

// step opens the folder name, or returns where the link name leads.
func (f *folder) step(w *walker, name string) (*folder, string, error) {
	path := filepath.Join(f.path, name)
	if err := loose(f.path, f.node, f.hidden); err != nil {
		return nil, "", err
	}
	fd, err := unix.Openat(f.fd, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, "", &os.PathError{Op: "open", Path: path, Err: err}
	}
	n, err := nodeOf(fd)
	if err == nil {
		err = w.step(f.path, f.node, name, n, f.hidden)
	}
	if err == nil && n.mode&fs.ModeSymlink != 0 {
		target, err := readlinkat(fd, "")
		unix.Close(fd)
		if err != nil {
			err = &os.PathError{Op: "readlink", Path: path, Err: err}
		}
		return nil, target, err
	}
	if err == nil && !n.mode.IsDir() {
		err = &os.PathError{Op: "open", Path: path, Err: unix.ENOTDIR}
	}
	if err != nil {
		unix.Close(fd)
		return nil, "", err
	}
	return &folder{fd: fd, path: path, node: n, hidden: f.hidden || n.mode&0o011 == 0}, "", nil
}

// sub opens the folder name of f, which may not be a link.
func (f *folder) sub(name string, a access) (*folder, error) {
	w := walker{self: self(), access: a}
	d, target, err := f.step(&w, name)
	if err == nil && d == nil {
		return nil, fmt.Errorf("%s is not a directory of its own but a link to %s: remove it or choose another instance name", filepath.Join(f.path, name), target)
	}
	if errors.Is(err, unix.ENOTDIR) {
		return nil, fmt.Errorf("%s is not a directory of its own: remove it or choose another instance name", filepath.Join(f.path, name))
	}
	if err == nil && a == toWrite {
		if err = w.own(d.path, d.node); err != nil {
			d.close()
			return nil, err
		}
	}
	return d, err
}

// open opens a file of f.
func (f *folder) open(name string, flags int, mode uint32) (*os.File, error) {
	path := filepath.Join(f.path, name)
	for {
		fd, err := unix.Openat(f.fd, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, mode)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
		return os.NewFile(uintptr(fd), path), nil
	}
}

// openOwn opens a file for writing that is ours alone.
func (f *folder) openOwn(name string, flags int) (*os.File, error) {
	h, err := f.open(name, unix.O_RDWR|flags, 0o640)
	if err != nil {
		return nil, err
	}
	n, err := nodeOf(int(h.Fd()))
	if err == nil {
		err = (&walker{self: self()}).own(h.Name(), n)
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// openGroups opens the readers file: the one file of an instance that its group may write.
func (f *folder) openGroups(name string, flags int) (*os.File, error) {
	h, err := f.open(name, flags, 0)
	if err != nil {
		return nil, err
	}
	n, err := nodeOf(int(h.Fd()))
	if err == nil {
		err = (&walker{self: self()}).groups(h.Name(), n, f.node)
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// chmod changes the mode of a file of f.
func (f *folder) chmod(name string, mode uint32) error {
	h, err := f.open(name, unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.Chmod(fs.FileMode(mode))
}

// follow opens the folder that the link name leads into, and returns it with the file's name there. Whoever owns f is
// believed on the way: the link is theirs.
func (f *folder) follow(name string, a access) (*folder, string, error) {
	target, err := readlinkat(f.fd, name)
	if err != nil {
		return nil, "", &os.PathError{Op: "readlink", Path: filepath.Join(f.path, name), Err: err}
	}
	if !filepath.IsAbs(target) {
		return nil, "", fmt.Errorf("%s is a link to %s: not where a ring on huge pages is", filepath.Join(f.path, name), target)
	}
	d, err := openFolder(filepath.Dir(target), a, f.node.uid)
	return d, filepath.Base(target), err
}

// openRead maps a file of f read-only. It never waits, whatever kind of file it is. A link, as a ring on huge pages has one,
// is followed once.
func (f *folder) openRead(name string) (*mapping, error) {
	h, err := f.open(name, unix.O_RDONLY, 0)
	if errors.Is(err, unix.ELOOP) {
		d, file, err2 := f.follow(name, toRead)
		if err2 != nil {
			return nil, err2
		}
		defer d.close()
		h, err = d.open(file, unix.O_RDONLY, 0)
	}
	if err != nil {
		return nil, err
	}
	defer h.Close()
	n, err := nodeOf(int(h.Fd()))
	if err != nil {
		return nil, err
	}
	if n.uid != 0 && n.uid != self() && n.uid != f.node.uid {
		return nil, fmt.Errorf("%w: %s belongs to %s, its folder to %s", ErrUntrusted, h.Name(), userName(n.uid), userName(f.node.uid))
	}
	return mapFile(h, false, false, false)
}

// make makes the folder name with mode 0750, whatever the umask, unless it is there.
func (f *folder) make(name string, gid int) error {
	err := unix.Mkdirat(f.fd, name, dirMode)
	path := filepath.Join(f.path, name)
	if err == unix.EEXIST {
		return nil
	}
	if err == unix.EACCES || err == unix.EPERM || err == unix.EROFS {
		return fmt.Errorf("make %s: %w: its folder belongs to %s; choose one of yours with WIREBOOK_SHM", path, err, userName(f.node.uid))
	}
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	d, err := unix.Openat(f.fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == nil {
		err = unix.Fchmod(d, dirMode)
		if err == nil && gid >= 0 {
			if err = unix.Fchown(d, -1, gid); err != nil {
				err = fmt.Errorf("give it to group %d: %w", gid, err)
			}
		}
		unix.Close(d)
	}
	if err != nil {
		f.removeDir(name)
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

// names lists f.
func (f *folder) names() ([]string, error) {
	fd, err := unix.Openat(f.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: f.path, Err: err}
	}
	d := os.NewFile(uintptr(fd), f.path)
	defer d.Close()
	return d.Readdirnames(-1)
}

// stat looks at name itself, link or not.
func (f *folder) stat(name string) (node, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(f.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return node{}, &os.PathError{Op: "stat", Path: filepath.Join(f.path, name), Err: err}
	}
	return toNode(&st), nil
}

func (f *folder) rename(from, to string) error {
	if err := unix.Renameat(f.fd, from, f.fd, to); err != nil {
		return &os.LinkError{Op: "rename", Old: filepath.Join(f.path, from), New: filepath.Join(f.path, to), Err: err}
	}
	return nil
}

func (f *folder) symlink(target, name string) error {
	if err := unix.Symlinkat(target, f.fd, name); err != nil {
		return &os.LinkError{Op: "symlink", Old: target, New: filepath.Join(f.path, name), Err: err}
	}
	return nil
}

func (f *folder) remove(name string) error {
	if err := unix.Unlinkat(f.fd, name, 0); err != nil {
		return &os.PathError{Op: "remove", Path: filepath.Join(f.path, name), Err: err}
	}
	return nil
}

func (f *folder) removeDir(name string) error {
	if err := unix.Unlinkat(f.fd, name, unix.AT_REMOVEDIR); err != nil {
		return &os.PathError{Op: "remove", Path: filepath.Join(f.path, name), Err: err}
	}
	return nil
}

// readlink returns where the link name leads, "" for what is no link.
func (f *folder) readlink(name string) string {
	target, _ := readlinkat(f.fd, name)
	return target
}

func (f *folder) close() {
	if f != nil && f.fd >= 0 {
		unix.Close(f.fd)
		f.fd = -1
	}
}

func readlinkat(fd int, name string) (string, error) {
	var buf [unix.PathMax]byte
	n, err := unix.Readlinkat(fd, name, buf[:])
	if err != nil {
		return "", err
	}
	if n == len(buf) {
		return "", unix.ENAMETOOLONG
	}
	return string(buf[:n]), nil
}

func nodeOf(fd int) (node, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return node{}, err
	}
	return toNode(&st), nil
}

func toNode(st *unix.Stat_t) node {
	n := node{uid: st.Uid, mode: fs.FileMode(st.Mode & 0o777), dev: uint64(st.Dev), inode: st.Ino, links: int64(st.Nlink), size: st.Size}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		n.mode |= fs.ModeDir
	case unix.S_IFLNK:
		n.mode |= fs.ModeSymlink
	default:
		n.mode |= fs.ModeIrregular
	}
	if st.Mode&unix.S_ISVTX != 0 {
		n.mode |= fs.ModeSticky
	}
	return n
}
