package xdp

import (
	"github.com/safchain/ethtool"
	"os"
	"strings"
)

// RXQueues counts the receive queues in use, in the network namespace of the calling thread. The driver knows; /sys, which
// shows the namespace it was mounted in, is asked where the driver does not tell.
func RXQueues(name string) int {
	if tool, err := ethtool.NewEthtool(); err == nil {
		defer tool.Close()
		if c, err := tool.GetChannels(name); err == nil && c.RxCount+c.CombinedCount > 0 {
			return int(c.RxCount + c.CombinedCount)
		}
	}
	n := 0
	entries, _ := os.ReadDir("/sys/class/net/" + name + "/queues")
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "rx-") {
			n++
		}
	}
	return max(n, 1)
}
