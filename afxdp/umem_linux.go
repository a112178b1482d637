package afxdp

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mapUMEM maps size bytes and populates them, from the pool of huge pages if asked for and there are enough.
// Without the pool, transparent huge pages are asked for: fewer TLB misses for us, half the receiver's cost per packet
// where the kernel has them to give; they are pinned by the registration, so they stay.
func mapUMEM(size int, huge bool) ([]byte, Pages, error) {
	const flags = unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	var p Pages
	if huge {
		rounded := (size + hugePageBytes - 1) &^ (hugePageBytes - 1)
		mem, err := unix.Mmap(-1, 0, rounded, unix.PROT_READ|unix.PROT_WRITE, flags|unix.MAP_POPULATE|unix.MAP_HUGETLB|unix.MAP_HUGE_2MB)
		if err == nil {
			p.Huge = true
			return mem, p, nil
		}
		p.Reason = fmt.Sprintf("%v: %d pages of 2 MB are wanted, raise vm.nr_hugepages (sysctl)", err, rounded/hugePageBytes)
	}
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil, p, err
	}
	_ = unix.Madvise(mem, unix.MADV_HUGEPAGE) // advice: a kernel without it changes nothing
	for i := 0; i < len(mem); i += pageBytes {
		mem[i] = 0 // fault it in now
	}
	return mem, p, nil
}

func unmapUMEM(mem []byte) error { return unix.Munmap(mem) }
