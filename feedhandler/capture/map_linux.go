package capture

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps size bytes of f for reading. unmap ends it; f itself may be closed at once.
func mapFile(f *os.File, size int64) (data []byte, unmap func() error, err error) {
	if int64(int(size)) != size {
		return nil, nil, unix.EFBIG
	}
	data, err = unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, err
	}
	// Read once, front to back: the kernel may read ahead far and let go early. Only advice, so no error matters.
	_ = unix.Madvise(data, unix.MADV_SEQUENTIAL)
	return data, func() error { return unix.Munmap(data) }, nil
}
