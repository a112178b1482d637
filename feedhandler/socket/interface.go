package socket

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// ErrNoInterface says that there is no interface of a name, and not that it could not be looked for.
var ErrNoInterface = errors.New("no such interface")

// Interface finds an interface. The error is ErrNoInterface only where the system answered that there is none: a process
// without a descriptor left cannot even ask.
func Interface(name string) (*net.Interface, error) {
	ifi, err := net.InterfaceByName(name)
	if err == nil {
		return ifi, nil
	}
	var errno syscall.Errno
	switch {
	case !errors.As(err, &errno):
		return nil, fmt.Errorf("interface %q: %w", name, ErrNoInterface)
	case errno == syscall.EMFILE:
		return nil, fmt.Errorf("interface %q cannot be looked at: this process has no descriptor left: raise 'ulimit -n', or LimitNOFILE in the unit: %w", name, err)
	case errno == syscall.ENFILE:
		return nil, fmt.Errorf("interface %q cannot be looked at: the system has no descriptor left: raise fs.file-max: %w", name, err)
	}
	return nil, fmt.Errorf("interface %q cannot be looked at: %w", name, err)
}
