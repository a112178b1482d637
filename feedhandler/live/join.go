package live

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"wirebook/feedhandler/live/worker"
	"wirebook/feedhandler/socket"
)

const (
	defaultJoinRate = 200 // memberships a second: a switch has to learn each
	verifyEvery     = time.Second
)

// joinAll joins the groups of feeds at a bounded pace and asks the kernel whether it did.
func (h *Handler) joinAll(ctx context.Context, feeds []*worker.Feed) error {
	rate := h.config.Live.JoinRate
	if rate == 0 {
		rate = defaultJoinRate
	}
	pace := time.NewTicker(time.Second / time.Duration(rate))
	defer pace.Stop()
	for _, f := range feeds {
		for i, s := range f.Sockets {
			if err := s.Join(); err != nil {
				return fmt.Errorf("channel %s line %s: %w", f.Name, f.Config.Lines[i].Name, err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-pace.C:
			}
		}
	}
	missing, err := missingMemberships(feeds)
	if err != nil {
		h.log.Warn("memberships are not verified", "error", err)
		return nil
	}
	for _, s := range missing {
		o := s.Options()
		h.log.Warn("the kernel does not list a membership that was joined", "group", o.Address(), "interface", o.Interface)
	}
	h.countMemberships(len(missing))
	return nil
}

// missingMemberships are sockets whose group the kernel does not list on their interface.
func missingMemberships(feeds []*worker.Feed) ([]*socket.Socket, error) {
	have, err := socket.ReadMemberships()
	if err != nil {
		return nil, err
	}
	var missing []*socket.Socket
	for _, f := range feeds {
		for _, s := range f.Sockets {
			o := s.Options()
			if o.Multicast() && !have.Has(o.Interface, o.Group) {
				missing = append(missing, s)
			}
		}
	}
	return missing, nil
}

// verify looks whether memberships are still there, and joins again where an interface went and came back.
func (h *Handler) verify() {
	missing, err := missingMemberships(h.feeds)
	if err != nil {
		h.health.say(h.log, "memberships", "memberships cannot be verified", "error", err)
		return
	}
	repaired := 0
	for _, s := range missing {
		o := s.Options()
		if err := s.Rejoin(); err != nil {
			h.health.say(h.log, "membership "+o.Address(), "a membership is gone and cannot be joined again", "group", o.Address(), "interface", o.Interface, "error", err)
			continue
		}
		repaired++
		h.log.Info("joined again", "group", o.Address(), "interface", o.Interface)
	}
	atomic.AddUint64(h.repairs, uint64(repaired))
	h.countMemberships(len(missing) - repaired)
}

func (h *Handler) countMemberships(missing int) {
	wanted := 0
	for _, f := range h.feeds {
		for _, s := range f.Sockets {
			if o := s.Options(); o.Multicast() {
				wanted++
			}
		}
	}
	atomic.StoreUint64(h.wanted, uint64(wanted))
	atomic.StoreUint64(h.joined, uint64(max(wanted-missing, 0)))
}
