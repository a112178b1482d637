package live

import (
	"math"
	"sync/atomic"

	"wirebook/feedhandler"
	"wirebook/feedhandler/socket"
)

// refusals tell why the kernel gave datagrams to no socket: for want of room, which is ours to mend, or for a wrong checksum,
// which is not.
type refusals struct {
	counts   *socket.RefusedCounts // nil where the kernel does not tell
	last     socket.Refused
	fresh    uint64 // without room since the last look, of any program
	left     uint64 // of the look before: our sockets were looked at first, and may tell of them only now
	udp, ip  *uint64
	bySocket bool

	wrongUDP, wrongIP uint64 // frames of AF_XDP that were told of
}

// open begins to count. On a thread of the run's network namespace.
func (r *refusals) open(h *Handler) {
	r.bySocket = h.edge.Name == "socket"
	r.udp, r.ip = h.counter("socket_checksum_errors", ""), h.counter("socket_ip_checksum_errors", "")
	counts, err := socket.OpenRefused()
	if err == nil {
		r.last, err = counts.Read()
	}
	if err != nil {
		h.log.Warn("wrong checksums are counted as want of room", "error", err)
		return
	}
	r.counts = counts
}

// look reads the counts, and returns how many of the sockets' drops can have been for want of room.
func (r *refusals) look(h *Handler) uint64 {
	if r.counts == nil {
		return math.MaxUint64
	}
	now, err := r.counts.Read()
	if err != nil {
		return math.MaxUint64
	}
	r.fresh = now.NoRoom - r.last.NoRoom
	udp, ip := now.UDPChecksum-r.last.UDPChecksum, now.IPChecksum-r.last.IPChecksum
	r.last = now
	if r.bySocket && udp+ip > 0 {
		atomic.AddUint64(r.udp, udp)
		atomic.AddUint64(r.ip, ip)
		h.health.say(h.log, "checksums", "the kernel refused datagrams with a wrong checksum: they were damaged, or made so, on their way, and no worker is to blame; look at cable, switch and sender",
			"udp", udp, "ip", ip)
	}
	return r.left + r.fresh
}

// lookAtFrames tells of wrong checksums that the core found, as those that the kernel does.
func (r *refusals) lookAtFrames(h *Handler) {
	udp, ip := h.instance.Wire(feedhandler.WireUDPChecksum), h.instance.Wire(feedhandler.WireIPChecksum)
	if udp+ip > r.wrongUDP+r.wrongIP {
		h.health.say(h.log, "checksums", "datagrams with a wrong checksum were refused: they were damaged, or made so, on their way; look at cable, switch and sender",
			"udp", udp-r.wrongUDP, "ip", ip-r.wrongIP)
	}
	r.wrongUDP, r.wrongIP = udp, ip
}

// took says how many there were.
func (r *refusals) took(n uint64) { r.left = r.fresh - min(r.fresh, n-min(n, r.left)) }

func (r *refusals) close() error {
	if r.counts == nil {
		return nil
	}
	err := r.counts.Close()
	r.counts = nil
	return err
}
