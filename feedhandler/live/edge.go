package live

import (
	"errors"

	"wirebook/feedhandler/config"
)

// Edge is how datagrams are received, and why so.
type Edge struct {
	Name string // socket or xdp
	Why  string
}

// errNoXDP says why AF_XDP is not to be had.
var errNoXDP = errors.New("AF_XDP receive is not part of this build")

// ChooseEdge decides between AF_XDP and sockets.
func ChooseEdge(c *config.Config) (Edge, error) {
	switch c.Live.RX {
	case "socket":
		return Edge{"socket", "asked for by rx: socket"}, nil
	case "xdp":
		return Edge{}, errors.New("rx: xdp: " + errNoXDP.Error() + ": use rx: socket")
	}
	return Edge{"socket", errNoXDP.Error()}, nil
}
