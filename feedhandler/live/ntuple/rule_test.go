package ntuple

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// TestLayoutIsTheKernels holds the structures against golden sizes, and against the kernel's header where there is a compiler.
func TestLayoutIsTheKernels(t *testing.T) {
	var r request
	var s flowSpec
	ours := fmt.Sprint(unsafe.Sizeof(r), unsafe.Sizeof(s), unsafe.Offsetof(r.Data), unsafe.Offsetof(r.Spec), unsafe.Offsetof(r.Count), unsafe.Offsetof(r.First),
		unsafe.Offsetof(s.Header), unsafe.Offsetof(s.HeaderExt), unsafe.Offsetof(s.Mask), unsafe.Offsetof(s.MaskExt), unsafe.Offsetof(s.RingCookie), unsafe.Offsetof(s.Location),
		dstOffset, dstPortOffset, udp4Flow, uint32(locationSpecial), uint32(locationAny))
	const golden = "192 168 8 16 184 188 4 56 76 128 152 160 4 10 2 2147483648 4294967295"
	if ours != golden || requestBytes != 192 || flowSpecBytes != 168 || locationsOffset != 188 {
		t.Errorf("layout %s, want %s", ours, golden)
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Log("no C compiler: the kernel's header was not asked")
		return
	}
	const program = `
#include <linux/ethtool.h>
#include <stddef.h>
#include <stdio.h>
#define AT(s, f) offsetof(struct s, f)
int main(void) {
	printf("%zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %u %u %u",
		sizeof(struct ethtool_rxnfc), sizeof(struct ethtool_rx_flow_spec), AT(ethtool_rxnfc, data), AT(ethtool_rxnfc, fs), AT(ethtool_rxnfc, rule_cnt),
		AT(ethtool_rxnfc, rule_locs), AT(ethtool_rx_flow_spec, h_u), AT(ethtool_rx_flow_spec, h_ext), AT(ethtool_rx_flow_spec, m_u),
		AT(ethtool_rx_flow_spec, m_ext), AT(ethtool_rx_flow_spec, ring_cookie), AT(ethtool_rx_flow_spec, location), AT(ethtool_tcpip4_spec, ip4dst),
		AT(ethtool_tcpip4_spec, pdst), UDP_V4_FLOW, RX_CLS_LOC_SPECIAL, RX_CLS_LOC_ANY);
	return 0;
}`
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "layout.c"), filepath.Join(dir, "layout")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(cc, "-Wall", "-o", binary, source).CombinedOutput(); err != nil {
		if strings.Contains(string(out), "linux/ethtool.h") {
			t.Logf("no kernel headers: they were not asked: %s", out)
			return
		}
		t.Fatalf("cc: %v: %s", err, out)
	}
	out, err := exec.Command(binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != ours {
		t.Errorf("the kernel's layout is %s, ours %s", out, ours)
	}
}

func TestARuleIsUDPToOneAddressAndPort(t *testing.T) {
	r := Rule{netip.MustParseAddrPort("239.10.1.2:26477"), 3}
	s := r.spec()
	if got := fmt.Sprintf("%x %x %d %d", s.Header[:14], s.Mask[:14], s.FlowType, s.RingCookie); got != "00000000ef0a01020000676d0000 00000000ffffffff0000ffff0000 2 3" {
		t.Errorf("spec %s", got)
	}
	s.Location = 9
	s.Header[0] = 0x77 // under no mask
	if e := s.entry(); e != (Entry{9, r, true}) {
		t.Errorf("read back %+v", e)
	}
	s.FlowType |= 0x80000000 // as ixgbe tells it: extended, by nothing
	s.HeaderExt[10] = 0x77
	if e := s.entry(); e != (Entry{9, r, true}) {
		t.Errorf("read back extended by nothing %+v", e)
	}
	for what, change := range map[string]func(*flowSpec){
		"by source too":      func(s *flowSpec) { s.Mask[0] = 0xFF },
		"any port":           func(s *flowSpec) { s.Mask[dstPortOffset] = 0 },
		"part of an address": func(s *flowSpec) { s.Mask[dstOffset+3] = 0 },
		"TCP":                func(s *flowSpec) { s.FlowType = 1 },
		"with a VLAN":        func(s *flowSpec) { s.FlowType |= 0x80000000; s.MaskExt[10] = 0xFF },
		"to a MAC address":   func(s *flowSpec) { s.FlowType |= 0x40000000; s.MaskExt[2] = 0xFF },
		"spread by RSS":      func(s *flowSpec) { s.FlowType |= 0x20000000 },
		"to a function":      func(s *flowSpec) { s.RingCookie = 1 << 32 },
		"drop":               func(s *flowSpec) { s.RingCookie = 1<<64 - 1 },
	} {
		other := r.spec()
		change(&other)
		if e := other.entry(); e.Plain {
			t.Errorf("%s: taken for a plain rule: %+v", what, e)
		}
	}
}

func TestTheLastFreeLocation(t *testing.T) {
	for _, c := range []struct {
		used []uint32
		most int
		want uint32
		full bool
	}{{nil, 4, 3, false}, {[]uint32{3, 1}, 4, 2, false}, {[]uint32{3, 2, 1}, 4, 0, false}, {[]uint32{0, 1, 2, 3, 77}, 4, 0, true}, {nil, 0, 0, true}} {
		at, err := freeLocation(c.used, c.most)
		if at != c.want || (err != nil) != c.full {
			t.Errorf("%v of %d: %d, %v", c.used, c.most, at, err)
		}
	}
}
