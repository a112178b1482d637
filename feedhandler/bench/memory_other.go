//go:build !linux

package bench

import "os"

func reserve(bytes int) ([]byte, func(), error) { return make([]byte, bytes), func() {}, nil }

func enlarge(mem []byte, bytes int) ([]byte, func(), error) {
	more := make([]byte, bytes)
	copy(more, mem)
	return more, func() {}, nil
}

func mapFile(path string) ([]byte, func(), error) {
	mem, err := os.ReadFile(path)
	return mem, func() {}, err
}
