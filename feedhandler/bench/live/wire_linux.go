package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// namespace is a network namespace without a name: it is gone with this process and its children.
type namespace struct{ f *os.File }

func newNamespace() (*namespace, error) {
	var ns *namespace
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace: %w (needs root)", err)
		}
		// Without IPv6 no packet is in it that was not sent here; absent where the kernel has none.
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
		f, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		ns = &namespace{f}
		return err
	})
	return ns, err
}

// do runs f on a thread in the namespace; processes started there live there.
func (ns *namespace) do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(ns.f.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter a network namespace: %w", err)
		}
		return f()
	})
}

// onThread runs f on a thread that ends with it.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// pair is a veth pair to one receiver: "tx" and "rx", each in its namespace.
type pair struct {
	txNS, rxNS       *namespace
	txIndex, rxIndex int
	txMAC, rxMAC     net.HardwareAddr
	sockets          *ebpf.Map // the XSKMAP, with a program in front
	program          *ebpf.Program
	attached         link.Link
}

// Addresses of the two ends, the same in every pair: they do not see each other.
var (
	txAddress = [4]byte{10, 77, 0, 1}
	rxAddress = [4]byte{10, 77, 0, 2}
)

const port = 26477

func newPair() (p *pair, err error) {
	p = &pair{}
	if p.txNS, err = newNamespace(); err != nil {
		return nil, err
	}
	if p.rxNS, err = newNamespace(); err != nil {
		return nil, err
	}
	err = p.txNS.do(func() error {
		a := netlink.NewLinkAttrs()
		a.Name, a.NumTxQueues, a.NumRxQueues = "tx", 1, 1
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: a, PeerName: "rx", PeerNumTxQueues: 1, PeerNumRxQueues: 1, PeerNamespace: netlink.NsFd(int(p.rxNS.f.Fd()))})
	})
	if err != nil {
		return nil, fmt.Errorf("make a veth pair: %w", err)
	}
	up := func(name string, address [4]byte, index *int, mac *net.HardwareAddr) func() error {
		return func() error {
			l, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			*index, *mac = l.Attrs().Index, l.Attrs().HardwareAddr
			network := &net.IPNet{IP: address[:], Mask: net.CIDRMask(24, 32)}
			return errors.Join(netlink.AddrAdd(l, &netlink.Addr{IPNet: network}), netlink.LinkSetUp(l))
		}
	}
	err = errors.Join(p.txNS.do(up("tx", txAddress, &p.txIndex, &p.txMAC)), p.rxNS.do(up("rx", rxAddress, &p.rxIndex, &p.rxMAC)))
	if err != nil {
		return nil, fmt.Errorf("set a veth pair up: %w", err)
	}
	return p, nil
}

// redirect attaches the least program there is: every packet to the socket of its queue. Package afxdp's receiver and
// libxdp's have the same.
func (p *pair) redirect() (err error) {
	if p.sockets, err = ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: 1}); err != nil {
		return fmt.Errorf("make an XSKMAP: %w", err)
	}
	const rxQueueIndex, xdpPass = 16, 2
	p.program, err = ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: asm.Instructions{
		asm.LoadMem(asm.R2, asm.R1, rxQueueIndex, asm.Word),
		asm.LoadMapPtr(asm.R1, p.sockets.FD()),
		asm.Mov.Imm(asm.R3, xdpPass),
		asm.FnRedirectMap.Call(),
		asm.Return(),
	}})
	if err != nil {
		return fmt.Errorf("load the redirecting program: %w", err)
	}
	return p.rxNS.do(func() (err error) {
		if p.attached, err = link.AttachXDP(link.XDPOptions{Program: p.program, Interface: p.rxIndex, Flags: link.XDPDriverMode}); err != nil {
			return fmt.Errorf("attach the redirecting program: %w", err)
		}
		return nil
	})
}

// start starts a receiver in the pair's namespace, with the XSKMAP as descriptor 3 if there is one.
func (p *pair) start(cmd *exec.Cmd) error {
	if p.sockets != nil {
		fd, err := unix.FcntlInt(uintptr(p.sockets.FD()), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return err
		}
		f := os.NewFile(uintptr(fd), "XSKMAP")
		defer f.Close()
		cmd.ExtraFiles = []*os.File{f}
	}
	return p.rxNS.do(cmd.Start)
}

func (p *pair) close() {
	if p.attached != nil {
		_ = p.attached.Close()
	}
	if p.program != nil {
		_ = p.program.Close()
	}
	if p.sockets != nil {
		_ = p.sockets.Close()
	}
	for _, ns := range []*namespace{p.txNS, p.rxNS} {
		if ns != nil && ns.f != nil {
			_ = ns.f.Close()
		}
	}
}
