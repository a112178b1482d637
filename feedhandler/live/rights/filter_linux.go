//go:build amd64 || arm64

package rights

import "golang.org/x/sys/unix"

// refused are system calls that no run makes: those by which who took a process over would go on to the host. It is a list of
// what is refused and not of what is allowed, since a new Go or a new kernel makes new calls, and a run must not end of that.
var refused = append([]uint32{
	// of other processes
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP,
	// of the file system
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN,
	unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_NAME_TO_HANDLE_AT,
	unix.SYS_MKNODAT, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_QUOTACTL, unix.SYS_ACCT,
	// of the kernel
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD, unix.SYS_REBOOT,
	unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
	unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_SYSLOG, unix.SYS_PERSONALITY,
	// of the host
	unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
	// of who it is
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETREUID, unix.SYS_SETREGID, unix.SYS_SETRESUID,
	unix.SYS_SETRESGID, unix.SYS_SETGROUPS, unix.SYS_SETFSUID, unix.SYS_SETFSGID,
	// a program by descriptor
	unix.SYS_EXECVEAT,
}, refusedHere...)

// families are those of sockets that a run opens.
var families = []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK, unix.AF_XDP}

// Offsets in what the kernel shows a filter of a call; the lower half of an argument comes first.
const (
	atNumber = 0
	atArch   = 4
	atFirst  = 16
)

// Filter has the kernel refuse, with EPERM, the system calls that a run does not make. It holds for every thread, and for a
// program that takes this one's place. No new process can be made, and another program only takes this one's place where a
// run starts itself again. Call it after Drop.
func Filter(n *Need) error { return install(program(n)) }

func program(n *Need) []unix.SockFilter {
	statement := func(code uint16, k uint32) unix.SockFilter { return unix.SockFilter{Code: code, K: k} }
	jump := func(op uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | op | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	load := func(at uint32) unix.SockFilter { return statement(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, at) }
	answer := func(v uint32) unix.SockFilter { return statement(unix.BPF_RET|unix.BPF_K, v) }
	no := answer(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	yes := answer(unix.SECCOMP_RET_ALLOW)

	// Another instruction set numbers calls its own way: no run makes those.
	p := []unix.SockFilter{load(atArch), jump(unix.BPF_JEQ, auditArch, 1, 0), no, load(atNumber)}
	if otherABI != 0 {
		p = append(p, jump(unix.BPF_JGE, otherABI, 0, 1), no)
	}
	list := refused
	if !n.XDP {
		list = append(list[:len(list):len(list)], unix.SYS_BPF)
	}
	if !n.StartsAgain {
		list = append(list[:len(list):len(list)], unix.SYS_EXECVE)
	}
	for _, number := range list {
		p = append(p, jump(unix.BPF_JEQ, number, 0, 1), no)
	}
	// Threads, yes; processes and namespaces, no. What clone3 does stands in memory, which a filter cannot read; Go does without.
	p = append(p, jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), answer(unix.SECCOMP_RET_ERRNO|uint32(unix.ENOSYS)))
	p = append(p, jump(unix.BPF_JEQ, unix.SYS_CLONE, 0, 4), load(atFirst), jump(unix.BPF_JSET, unix.CLONE_THREAD, 0, 1), yes, no)
	p = append(p, jump(unix.BPF_JEQ, unix.SYS_SOCKET, 0, uint8(len(families)+3)), load(atFirst))
	for i, family := range families {
		p = append(p, jump(unix.BPF_JEQ, family, uint8(len(families)-i), 0))
	}
	return append(p, no, yes, yes)
}
