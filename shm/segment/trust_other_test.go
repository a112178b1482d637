//go:build !linux

package segment

func openOnce(string) error { return ErrUnsupported }
