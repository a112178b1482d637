package doctor

import (
	"fmt"
	"slices"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/socket"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
)

// Bounds of the self-test.
const (
	testFor      = 300 * time.Millisecond // each part
	testBurst    = 32
	testBytes    = 128
	testPortLow  = 42000
	testPortHigh = 42064
)

// selfTest sends datagrams over the loopback interface to an own socket and through the whole socket edge.
func (e *examination) selfTest() {
	r, err := measure()
	if err != nil {
		e.add(Finding{ID: "selftest.socket", Level: Warn, Found: err.Error(), Want: "datagrams over the loopback interface", Cost: "the receive path was not tried", Fix: "ip link set lo up"})
		return
	}
	e.judge("selftest.socket", r.lost == 0, Warn, fmt.Sprintf("%.0f ns a datagram in batches of %d; %d sent, %d lost", r.costNS, testBurst, r.sent, r.lost),
		"below 2000 ns, nothing lost", "the host is too busy to receive at all", "stop what else runs here, or give workers CPUs of their own")
	e.judge("selftest.latency", r.p99 < 100*time.Microsecond, Warn, fmt.Sprintf("kernel stamp to user: p50 %s, p99 %s, worst %s", r.p50, r.p99, r.worst),
		"p99 below 100µs", "books are late by as much", "CPUs of their own for workers (live.cpus, isolcpus), idle: busy, the performance governor")
}

type measured struct {
	costNS          float64
	sent, lost      uint64
	p50, p99, worst time.Duration
}

func measure() (m measured, err error) {
	const home = 127<<24 | 1
	var system ptp.Published
	now := uint64(time.Now().UnixNano())
	system.Store(ptp.Model{RefClock: now, RefUTC: now, HorizonNS: 1<<32 - 1, Source: ptp.SourceKernel, State: ptp.Locked})
	var in *socket.Socket
	port := uint16(testPortLow)
	for ; port < testPortHigh; port++ {
		in, err = socket.Open(socket.Options{Interface: "lo", Group: home, Port: port, ReceiveBuffer: 1 << 20, MaxPayload: 2048, Clocks: socket.Clocks{System: &system}})
		if err == nil {
			break
		}
	}
	if err != nil {
		return m, err
	}
	defer in.Close()
	out, err := socket.OpenSender(socket.SenderOptions{Interface: "lo"})
	if err != nil {
		return m, err
	}
	defer out.Close()
	pipe, err := testPipe(home, port)
	if err != nil {
		return m, err
	}
	var failed uint64
	payload := make([]byte, testBytes)
	send := func(n int) error {
		for range n {
			if err := out.Send(home, port, payload, &failed); err != nil {
				return err
			}
		}
		m.sent += uint64(n)
		return out.Flush()
	}
	// Cost: bursts that wait already are taken, as fast as it goes.
	var spent time.Duration
	var taken uint64
	for end := time.Now().Add(testFor); time.Now().Before(end); {
		if err := send(testBurst); err != nil {
			return m, err
		}
		start := time.Now()
		for n := in.Poll(pipe); n > 0; n = in.Poll(pipe) {
			taken += uint64(n)
		}
		spent += time.Since(start)
	}
	// Lateness: one at a time, from the kernel's stamp until it is in hand.
	late := make([]time.Duration, 0, 1<<16)
	for end := time.Now().Add(testFor); time.Now().Before(end) && len(late) < cap(late); {
		if err := send(1); err != nil {
			return m, err
		}
		for try := 0; try < 100_000; try++ {
			if in.Poll(pipe) > 0 {
				late = append(late, time.Duration(uint64(time.Now().UnixNano())-in.LastNS()))
				taken++
				break
			}
		}
	}
	m.lost = m.sent - min(taken, m.sent)
	if taken == 0 || len(late) == 0 {
		return m, fmt.Errorf("no datagram arrived over the loopback interface")
	}
	m.costNS = float64(spent.Nanoseconds()) / float64(max(taken-uint64(len(late)), 1))
	slices.Sort(late)
	m.p50, m.p99, m.worst = late[len(late)/2], late[len(late)*99/100], late[len(late)-1]
	return m, nil
}

// testPipe is a pipeline that counts what is not its protocol.
func testPipe(group uint32, port uint16) (*feedhandler.Pipeline, error) {
	ch := feedhandler.ChannelConfig{
		Name: "selftest", Feed: venue.Find("nasdaq.itch50"), Options: venue.Options{MaxInstruments: 1}, NoDigests: true,
		Lines: []feedhandler.LineConfig{{Name: "A", Group: group, Port: port}},
	}
	ch.Books.MaxOrders = 16
	return feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{ch}})
}
