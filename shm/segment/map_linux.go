package segment

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mapping is one mapped file.
type mapping struct {
	mem   []byte
	dev   uint64
	inode uint64
}

func (m *mapping) close() {
	if m != nil && m.mem != nil {
		unix.Munmap(m.mem)
		m.mem = nil
	}
}

// mapFile maps the whole of f, shared.
func mapFile(f *os.File, write, populate, lock bool) (*mapping, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil, fmt.Errorf("stat %s: %w", f.Name(), err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, fmt.Errorf("%s: not a regular file", f.Name())
	}
	if st.Size <= 0 || st.Size != int64(int(st.Size)) {
		return nil, fmt.Errorf("%s: %d bytes cannot be mapped", f.Name(), st.Size)
	}
	prot, flags := unix.PROT_READ, unix.MAP_SHARED
	if write {
		prot |= unix.PROT_WRITE
	}
	if populate {
		flags |= unix.MAP_POPULATE
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, int(st.Size), prot, flags)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", f.Name(), err)
	}
	m := &mapping{mem: mem, dev: uint64(st.Dev), inode: st.Ino}
	if lock {
		if err := unix.Mlock(mem); err != nil {
			m.close()
			return nil, fmt.Errorf("lock %s (%d bytes) in memory: %w; raise RLIMIT_MEMLOCK (ulimit -l) or grant CAP_IPC_LOCK", f.Name(), st.Size, err)
		}
	}
	return m, nil
}

// identity returns what tells a file from another under the same path.
func identity(path string) (dev, inode uint64, err error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return 0, 0, err
	}
	return uint64(st.Dev), st.Ino, nil
}

// reserve gives f size bytes that are really there.
func reserve(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.ENOMEM) || errors.Is(err, unix.EDQUOT) {
			return errFull
		}
		if errors.Is(err, unix.EOPNOTSUPP) {
			return fmt.Errorf("reserve %s: the file system cannot reserve space (fallocate); use tmpfs or hugetlbfs", f.Name())
		}
		if err != nil {
			return fmt.Errorf("reserve %s: %w", f.Name(), err)
		}
		return nil
	}
}

var errFull = errors.New("full")

// space returns the free bytes of the file system of dir, and its block size (the page size on tmpfs and hugetlbfs).
func space(dir string) (free, block int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	if int64(st.Type) == unix.HUGETLBFS_MAGIC && st.Blocks == 0 {
		// Mounted without a size, it has what the host has.
		return freeHugePages(int64(st.Bsize)) * int64(st.Bsize), int64(st.Bsize), nil
	}
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Bsize), nil
}

func freeHugePages(size int64) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/sys/kernel/mm/hugepages/hugepages-%dkB/free_hugepages", size>>10))
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func isHugetlbfs(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && int64(st.Type) == unix.HUGETLBFS_MAGIC
}

// tryLock takes the writer's lock. busy means that another process holds it.
func tryLock(f *os.File) (busy bool, err error) {
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
