//go:build !linux

package segment

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }

func doorJob([]string) error { return ErrUnsupported }
