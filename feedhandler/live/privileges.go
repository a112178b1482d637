package live

import (
	"cmp"
	"os"
	"strconv"
	"strings"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/rights"
	"wirebook/shm/segment"
)

// Become makes this process the configured user's, where there is one and root started it. Call it before Start.
func Become(c *config.Config, root string, startsAgain bool) error {
	if c.Live.User == "" {
		return nil
	}
	n := need(c, c.Live.RX != "socket", startsAgain)
	n.Network = true // what the NIC's clock and the sockets need shows when they are opened
	folders := []string{c.Instance}
	if n.XDP {
		folders = append(folders, ledgerFolder)
	}
	return rights.Become(c.Live.User, &n, segment.Root(root), folders...)
}

// DropPrivileges gives up what a run that is under way does not need, if the configuration says so. Call it after Start.
func (h *Handler) DropPrivileges() {
	if h.config.Live.Privileges == "keep" {
		return
	}
	n := need(h.config, h.edge.Name == "xdp", h.opts.Replace != nil)
	n.Network = h.config.Live.BusyPoll > 0 || h.clocks.stamping() || beyondLimit(h.config)
	left, err := rights.Drop(&n)
	if err != nil {
		h.log.Warn("privileges are not dropped", "error", err)
		return
	}
	filter := "on"
	if err := rights.Filter(&n); err != nil {
		filter = err.Error()
	}
	h.log.Info("privileges dropped", "left", left, "uid", os.Geteuid(), "seccomp", filter)
	if os.Geteuid() == 0 {
		h.log.Warn("the run is still root's: with live.user it becomes that user before it opens anything; root's files are root's without any capability")
	}
}

// beyondLimit says whether sockets ask for more queue than the host gives to everybody.
func beyondLimit(c *config.Config) bool {
	text, err := os.ReadFile("/proc/sys/net/core/rmem_max")
	if err != nil {
		return true
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return err != nil || cmp.Or(c.Live.ReceiveBuffer, config.DefaultReceiveBuffer) > most
}

// need says what a configuration, and reloads of it, may ask of the kernel.
func need(c *config.Config, xdp, startsAgain bool) rights.Need {
	n := rights.Need{XDP: xdp, Realtime: c.Live.Realtime > 0, LockMemory: c.Live.LockMemory, StartsAgain: startsAgain}
	for i := range c.Channels {
		cfg, err := c.Channels[i].Build()
		if err != nil {
			continue // Start says so
		}
		for _, l := range cfg.Lines {
			n.LowPorts = n.LowPorts || l.Port < 1024
		}
	}
	return n
}
