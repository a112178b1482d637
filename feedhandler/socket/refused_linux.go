package socket

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Refused is what the kernel gave to no socket, of all programs of a network namespace. A socket's own count of drops tells
// neither how many datagrams there was no room for, nor how many had a wrong checksum; and a short one with a wrong checksum is
// in no socket's count at all.
type Refused struct {
	NoRoom      uint64 // a socket's queue or the memory for all was full
	UDPChecksum uint64
	IPChecksum  uint64
}

// RefusedCounts reads Refused, as of the namespace in which it was opened. Cold.
type RefusedCounts struct{ snmp, netstat *os.File }

// OpenRefused opens the counts of the calling thread's namespace.
func OpenRefused() (*RefusedCounts, error) {
	snmp, err := os.Open("/proc/thread-self/net/snmp")
	if err != nil {
		return nil, fmt.Errorf("count refused datagrams: %w", err)
	}
	netstat, err := os.Open("/proc/thread-self/net/netstat")
	if err != nil {
		snmp.Close()
		return nil, fmt.Errorf("count refused datagrams: %w", err)
	}
	return &RefusedCounts{snmp, netstat}, nil
}

// Read returns the counts since the namespace is there.
func (c *RefusedCounts) Read() (Refused, error) {
	udp, err := fromStart(c.snmp, "Udp:")
	if err != nil {
		return Refused{}, err
	}
	ip, err := fromStart(c.netstat, "IpExt:")
	if err != nil {
		return Refused{}, err
	}
	return Refused{NoRoom: udp["RcvbufErrors"] + udp["MemErrors"], UDPChecksum: udp["InCsumErrors"], IPChecksum: ip["InCsumErrors"]}, nil
}

// Close closes the files.
func (c *RefusedCounts) Close() error { return errors.Join(c.snmp.Close(), c.netstat.Close()) }

func fromStart(f *os.File, prefix string) (map[string]uint64, error) {
	var text [1 << 14]byte
	n, err := f.ReadAt(text[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("count refused datagrams: %w", err)
	}
	return parseCounts(text[:n], prefix), nil
}

// parseCounts reads two lines that begin with a prefix: the names, then their values.
func parseCounts(text []byte, prefix string) map[string]uint64 {
	counts := map[string]uint64{}
	var names []string
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		rest, ok := strings.CutPrefix(s.Text(), prefix)
		if !ok {
			continue
		}
		fields := strings.Fields(rest)
		if names == nil {
			names = fields
			continue
		}
		for i, v := range fields {
			if n, err := strconv.ParseUint(v, 10, 64); err == nil && i < len(names) {
				counts[names[i]] = n
			}
		}
		break
	}
	return counts
}
