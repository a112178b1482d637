package afxdp

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// queueHolder names the process whose socket has the queue, as far as the kernel (sock_diag) and /proc tell.
func queueHolder(ifindex, queue, notFD int) string {
	var own unix.Stat_t
	_ = unix.Fstat(notFD, &own) // 0 is no socket's inode
	for _, inode := range xdpSockets(ifindex, queue) {
		if uint64(inode) == own.Ino {
			continue
		}
		if who := processOf(inode); who != "" {
			return fmt.Sprintf("%s has it; stop that first", who)
		}
	}
	return "close the socket that has it (ss --xdp -ap shows it)"
}

// xdpSockets returns the inodes of the AF_XDP sockets bound to a queue. None when the kernel has no XDP diagnosis.
func xdpSockets(ifindex, queue int) []uint32 {
	const (
		sockDiagByFamily = 20
		showInfo         = 1
		diagInfo         = 1
	)
	req := make([]byte, unix.SizeofNlMsghdr+20) // struct xdp_diag_req
	binary.NativeEndian.PutUint32(req[0:], uint32(len(req)))
	binary.NativeEndian.PutUint16(req[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(req[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	req[unix.SizeofNlMsghdr] = unix.AF_XDP
	binary.NativeEndian.PutUint32(req[unix.SizeofNlMsghdr+8:], showInfo)
	var inodes []uint32
	const diagMsg = 16 // struct xdp_diag_msg: family, type, pad, inode, cookie
	_ = netlink(unix.NETLINK_SOCK_DIAG, req, func(kind uint16, msg []byte) {
		if kind != sockDiagByFamily || len(msg) < diagMsg {
			return
		}
		inode := binary.NativeEndian.Uint32(msg[4:])
		attributes(msg[diagMsg:], func(kind uint16, v []byte) {
			if kind == diagInfo && len(v) >= 8 && binary.NativeEndian.Uint32(v) == uint32(ifindex) && binary.NativeEndian.Uint32(v[4:]) == uint32(queue) {
				inodes = append(inodes, inode)
			}
		})
	})
	return inodes
}

// processOf finds the process that has the socket open: "this process", or its name and pid.
func processOf(inode uint32) string {
	want := fmt.Sprintf("socket:[%d]", inode)
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, path := range fds {
		if to, err := os.Readlink(path); err != nil || to != want {
			continue
		}
		pid := strings.Split(path, "/")[2]
		if pid == fmt.Sprint(os.Getpid()) {
			return "this process"
		}
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		return fmt.Sprintf("%s (pid %s)", strings.TrimSpace(string(name)), pid)
	}
	return ""
}
