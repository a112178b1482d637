package socket

import (
	"strings"
	"testing"
)

const igmpTable = `Idx	Device    : Count Querier	Group    Users Timer	Reporter
1	lo        :     1      V3
				010000E0     1 0:00000000		0
2	eth1      :     2      V3
				6F0C36E9     1 0:00000000		0
				010000E0     1 0:00000000		0
7	verylongname12345:     1      V2
				01010AEF     1 0:00000000		1
`

func TestParseIGMP(t *testing.T) {
	m, err := parseIGMP(strings.NewReader(igmpTable))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		iface string
		group uint32
		want  bool
	}{
		{"eth1", 0xE9360C6F, true}, // 233.54.12.111
		{"eth1", 0xE0000001, true},
		{"lo", 0xE9360C6F, false},
		{"eth9", 0xE9360C6F, false},
		{"verylongname12345", 0xEF0A0101, true},
	} {
		if got := m.Has(c.iface, c.group); got != c.want {
			t.Errorf("%s has %s: %v, want %v", c.iface, addr(c.group), got, c.want)
		}
	}
}
