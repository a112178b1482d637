package live

import (
	"context"
	"net"
	"time"
)

// carrierBound is how long a link may take to come back after its driver was given AF_XDP queues.
const carrierBound = 10 * time.Second

// awaitCarrier waits for links that their drivers took down to make room for AF_XDP queues, as igb does. A join that is
// sent meanwhile is lost, and the switch hears of it only when it asks: up to two minutes later.
func (h *Handler) awaitCarrier(ctx context.Context, links []*steeredLink) {
	for _, l := range links {
		if !l.HadCarrier {
			continue // nobody's doing of ours
		}
		start := time.Now()
		for !running(l.Name) && ctx.Err() == nil {
			if time.Since(start) > carrierBound {
				h.log.Warn("the link did not come back after the driver was given AF_XDP queues: joining all the same", "interface", l.Name, "after", carrierBound)
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if d := time.Since(start); d > 50*time.Millisecond && d < carrierBound {
			h.log.Info("the driver took the link down to make AF_XDP queues, and it is back", "interface", l.Name, "after", d.Round(time.Millisecond))
		}
	}
}

// running says whether an interface has its carrier.
func running(name string) bool {
	ifi, err := net.InterfaceByName(name)
	return err == nil && ifi.Flags&net.FlagRunning != 0
}
