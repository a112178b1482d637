//go:build !linux

package capture

import (
	"errors"
	"os"
)

// mapFile is Linux only; elsewhere every file is read through the sliding window.
func mapFile(*os.File, int64) ([]byte, func() error, error) {
	return nil, nil, errors.ErrUnsupported
}
