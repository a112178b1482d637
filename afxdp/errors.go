package afxdp

import "errors"

// Errors a caller may decide on; they come wrapped in one that names the interface, the queue and the fix.
var (
	ErrUnsupported = errors.New("AF_XDP needs Linux")
	ErrQueueBusy   = errors.New("the queue already has an AF_XDP socket")
	ErrNoQueue     = errors.New("no such queue")
	ErrPermission  = errors.New("missing rights")
	ErrNoZeroCopy  = errors.New("no zero copy")
	ErrNoMemory    = errors.New("not enough memory may be locked")
	ErrNoLink      = errors.New("no such interface in this network namespace") // also: it went away
)
