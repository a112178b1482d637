package socket

import (
	"net"
	"testing"

	"wirebook/feedhandler/feedtest/wiretest"
)

func TestParseCounts(t *testing.T) {
	const text = "Ip: Forwarding DefaultTTL\nIp: 2 64\nUdp: InDatagrams NoPorts InErrors RcvbufErrors InCsumErrors MemErrors\nUdp: 3303 0 1981 1980 1 7\nUdpLite: InDatagrams\nUdpLite: 9\n"
	got := parseCounts([]byte(text), "Udp:")
	for name, want := range map[string]uint64{"InDatagrams": 3303, "RcvbufErrors": 1980, "InCsumErrors": 1, "MemErrors": 7, "DefaultTTL": 0} {
		if got[name] != want {
			t.Errorf("%s %d, want %d", name, got[name], want)
		}
	}
	if len(parseCounts([]byte(text), "Tcp:")) != 0 || len(parseCounts([]byte("Udp: A B\n"), "Udp:")) != 0 {
		t.Error("counts from nowhere")
	}
}

// TestRefusedStaysInItsNamespace: a worker's or handler's thread may be in another.
func TestRefusedStaysInItsNamespace(t *testing.T) {
	wiretest.New(t)
	c, err := OpenRefused()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	before, err := c.Read()
	if err != nil {
		t.Fatal(err)
	}
	s, out := loopback(t, Options{})
	// A socket that reads nothing, with the least of queues.
	small, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	if err := small.SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		send(t, out, home, uint16(small.LocalAddr().(*net.UDPAddr).Port), make([]byte, 1000))
	}
	_ = s
	read := make(chan Refused)
	go func() {
		now, err := c.Read()
		if err != nil {
			t.Error(err)
		}
		read <- now
	}()
	now := <-read
	if now.NoRoom-before.NoRoom < 10 || now.UDPChecksum != before.UDPChecksum {
		t.Errorf("%+v, before %+v: want some without room", now, before)
	}
}
