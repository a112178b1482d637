package bench

import (
	"os"

	"golang.org/x/sys/unix"
)

// reserve returns zeroed memory outside the heap, in 2 MB pages where the kernel gives them. The second result ends it.
func reserve(bytes int) ([]byte, func(), error) {
	mem, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, nil, err
	}
	_ = unix.Madvise(mem, unix.MADV_HUGEPAGE) // advice
	return mem, func() { _ = unix.Munmap(mem) }, nil
}

// enlarge moves memory of reserve to a larger place: its pages, not their bytes.
func enlarge(mem []byte, bytes int) ([]byte, func(), error) {
	mem, err := unix.Mremap(mem, bytes, unix.MREMAP_MAYMOVE)
	if err != nil {
		return nil, nil, err
	}
	_ = unix.Madvise(mem, unix.MADV_HUGEPAGE) // advice
	return mem, func() { _ = unix.Munmap(mem) }, nil
}

// mapFile maps a whole file for reading.
func mapFile(path string) ([]byte, func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, err
	}
	_ = unix.Madvise(mem, unix.MADV_SEQUENTIAL)
	return mem, func() { _ = unix.Munmap(mem) }, nil
}
