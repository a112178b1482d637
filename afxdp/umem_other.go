//go:build !linux

package afxdp

func mapUMEM(int, bool) ([]byte, Pages, error) { return nil, Pages{}, ErrUnsupported }

func unmapUMEM([]byte) error { return ErrUnsupported }
