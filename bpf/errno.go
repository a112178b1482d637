//go:build !windows

package bpf

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// taken says that another program is in the way: on this hook, or (EEXIST) on the other one.
func taken(err error) bool { return errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EEXIST) }

// explainAttach says what stands behind the kernel's number.
func explainAttach(err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return explain(err)
	case errors.Is(err, syscall.ERANGE):
		return fmt.Errorf("%w (the MTU is too large for XDP in this driver; lower it: ip link set dev NAME mtu 1500)", err)
	case errors.Is(err, syscall.EOPNOTSUPP):
		return fmt.Errorf("%w (the driver has no XDP, or not with this MTU or these offloads: ethtool -k NAME, GRO_HW and LRO off)", err)
	}
	return err
}
