package segment

import "syscall"

// childAttributes make the second process die with the first.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
