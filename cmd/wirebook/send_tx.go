package main

import (
	"errors"
	"fmt"

	"wirebook/feedhandler/socket"
	"wirebook/feedhandler/xdpsend"
)

// transmitter is what datagrams leave by.
type transmitter interface {
	Send(group uint32, port uint16, payload []byte, failed *uint64) error
	Flush() error
	Close() error
}

// txFlags choose the transmitter.
type txFlags struct {
	tx     string
	queues []int
	spread string
}

const txSocket = "socket"

var (
	txNames = []string{"auto", "xdp", "socket"}
	spreads = map[string]xdpsend.Spread{"destination": xdpsend.ByDestination, "packet": xdpsend.ByPacket}
)

func (f *sendFlags) checkTX() error {
	if f.tx != "auto" && f.tx != "xdp" && f.tx != txSocket {
		return usageError{fmt.Errorf("--tx %q: must be auto, xdp or socket", f.tx)}
	}
	if _, ok := spreads[f.spread]; !ok {
		return usageError{fmt.Errorf("--spread %q: must be destination or packet", f.spread)}
	}
	if f.tx == txSocket && (len(f.queues) > 0 || f.spread != "destination") {
		return usageError{errors.New("--queues and --spread choose queues of AF_XDP sockets: leave out --tx socket")}
	}
	for _, q := range f.queues {
		if q < 0 {
			return usageError{fmt.Errorf("--queues %d: queues count from 0", q)}
		}
	}
	return nil
}

// transmitter opens what is asked for. auto prefers AF_XDP, and says why when it is a socket after all.
func (f *sendFlags) transmitter() (out transmitter, name, why string, err error) {
	why = "asked for"
	if f.tx != txSocket {
		var s *xdpsend.Sender
		s, err = xdpsend.Open(xdpsend.Options{Interface: f.iface, Queues: f.queues, Spread: spreads[f.spread], TTL: f.ttl, Checksums: f.checksums})
		if err == nil && f.tx == "auto" {
			return &withUnicast{Sender: s, flags: f}, "xdp", s.String(), nil
		}
		if err == nil {
			return s, "xdp", s.String(), nil
		}
		if f.tx == "xdp" {
			return nil, "", "", fmt.Errorf("%w; or use --tx socket", err)
		}
		if len(f.queues) > 0 {
			return nil, "", "", fmt.Errorf("%w; or leave out --queues", err)
		}
		why = "AF_XDP is not to be had: " + err.Error()
	}
	u, err := f.udp()
	return u, txSocket, why, err
}

func (f *sendFlags) udp() (*socket.Sender, error) {
	return socket.OpenSender(socket.SenderOptions{Interface: f.iface, TTL: f.ttl, Checksums: f.checksums})
}

// withUnicast sends groups by AF_XDP, and what goes to a host, whose address the kernel must resolve, by a UDP socket.
type withUnicast struct {
	*xdpsend.Sender
	flags *sendFlags
	udp   *socket.Sender
}

func (w *withUnicast) Send(to uint32, port uint16, payload []byte, failed *uint64) error {
	if to>>28 == 0xE {
		return w.Sender.Send(to, port, payload, failed)
	}
	if w.udp == nil {
		var err error
		if w.udp, err = w.flags.udp(); err != nil {
			*failed++
			return err
		}
	}
	return w.udp.Send(to, port, payload, failed)
}

func (w *withUnicast) Flush() error {
	err := w.Sender.Flush()
	if w.udp != nil {
		err = errors.Join(err, w.udp.Flush())
	}
	return err
}

func (w *withUnicast) Close() error {
	err := w.Sender.Close()
	if w.udp != nil {
		err = errors.Join(err, w.udp.Close())
	}
	return err
}
