//go:build !linux

package segment

import (
	"errors"
	"os"
)

type mapping struct {
	mem        []byte
	dev, inode uint64
}

var errFull = errors.New("full")

func (m *mapping) close() {}

func mapFile(*os.File, bool, bool, bool) (*mapping, error) { return nil, ErrUnsupported }
func identity(string) (dev, inode uint64, err error)       { return 0, 0, ErrUnsupported }
func reserve(*os.File, int64) error                        { return ErrUnsupported }
func space(string) (free, block int64, err error)          { return 0, 0, ErrUnsupported }
func isHugetlbfs(string) bool                              { return false }
func tryLock(*os.File) (busy bool, err error)              { return false, ErrUnsupported }
