package bpf

import (
	"encoding/binary"
	"syscall"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// attachedProgram asks the kernel (RTM_GETLINK, IFLA_XDP_PROG_ID) which XDP program an interface of the calling thread's
// network namespace has; 0 for none, or when it does not tell.
func attachedProgram(ifindex int) ebpf.ProgramID {
	answer, err := syscall.NetlinkRIB(syscall.RTM_GETLINK, syscall.AF_UNSPEC)
	if err != nil {
		return 0
	}
	messages, err := syscall.ParseNetlinkMessage(answer)
	if err != nil {
		return 0
	}
	for i := range messages {
		m := &messages[i]
		if m.Header.Type != syscall.RTM_NEWLINK || len(m.Data) < unix.SizeofIfInfomsg || int(int32(binary.NativeEndian.Uint32(m.Data[4:]))) != ifindex {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(m)
		if err != nil {
			return 0
		}
		for _, a := range attributes {
			if a.Attr.Type&^unix.NLA_F_NESTED == unix.IFLA_XDP {
				return programID(a.Value)
			}
		}
	}
	return 0
}

// programID finds IFLA_XDP_PROG_ID among the attributes in b.
func programID(b []byte) ebpf.ProgramID {
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > len(b) {
			return 0
		}
		if binary.NativeEndian.Uint16(b[2:]) == unix.IFLA_XDP_PROG_ID && size >= unix.SizeofRtAttr+4 {
			return ebpf.ProgramID(binary.NativeEndian.Uint32(b[unix.SizeofRtAttr:]))
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return 0
}
