package bench

import "golang.org/x/sys/unix"

// reserve returns zeroed memory outside the heap, in 2 MB pages where the kernel gives them. The second result ends it.
func reserve(bytes int) ([]byte, func(), error) {
	mem, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, nil, err
	}
	_ = unix.Madvise(mem, unix.MADV_HUGEPAGE) // advice
	return mem, func() { _ = unix.Munmap(mem) }, nil
}
