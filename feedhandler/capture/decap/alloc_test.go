//go:build !race

package decap

import "testing"

// TestFragmentsAllocateNothing: where one datagram was put together, the next takes its memory. (The race detector allocates.)
func TestFragmentsAllocateNothing(t *testing.T) {
	var r Reader
	whole := big(3000)
	frames := cut(whole, 1480, 9)
	if n := testing.AllocsPerRun(100, func() {
		for _, f := range frames {
			r.Read(LinkEthernet, 0, 0, f)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
