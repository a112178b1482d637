package socket

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Memberships is what the kernel says it is a member of, by interface: /proc/net/igmp of the caller's namespace.
type Memberships map[string]map[uint32]bool

// ReadMemberships asks the kernel. Cold.
func ReadMemberships() (Memberships, error) {
	f, err := os.Open("/proc/thread-self/net/igmp")
	if err != nil {
		return nil, fmt.Errorf("verify memberships: %w", err)
	}
	defer f.Close()
	return parseIGMP(f)
}

// Has says whether the kernel is a member of a group on an interface.
func (m Memberships) Has(iface string, group uint32) bool { return m[iface][group] }

// parseIGMP reads the table: a line an interface, and below it, indented, one a group, its address as the kernel keeps it
// in memory, printed as one hexadecimal number.
//
//	Idx	Device    : Count Querier	Group    Users Timer	Reporter
//	2	eth1      :     2      V3
//					6F0C36E9     1 0:00000000		0
func parseIGMP(r io.Reader) (Memberships, error) {
	m := Memberships{}
	iface := ""
	s := bufio.NewScanner(r)
	for s.Scan() {
		fields := strings.Fields(s.Text())
		if len(fields) < 3 || fields[0] == "Idx" {
			continue
		}
		if s.Text()[0] != '\t' && s.Text()[0] != ' ' {
			iface = strings.TrimSuffix(fields[1], ":")
			m[iface] = map[uint32]bool{}
			continue
		}
		v, err := strconv.ParseUint(fields[0], 16, 32)
		if err != nil || m[iface] == nil {
			continue
		}
		m[iface][fromKernel(uint32(v))] = true
	}
	return m, s.Err()
}

// fromKernel turns a network-order word that was printed as a host-order number into a big-endian integer.
func fromKernel(v uint32) uint32 {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], v)
	return binary.BigEndian.Uint32(b[:])
}
