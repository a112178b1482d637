package main

import (
	bigendian "encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/feedtest/wiretest"
)

// datagram is a captured frame to an address, with no more in its headers than the core reads.
func datagram(to string, port uint16, payload string) []byte {
	b := make([]byte, 42, 42+len(payload))
	b[12], b[14], b[23] = 0x08, 0x45, 17
	bigendian.BigEndian.PutUint16(b[16:], uint16(28+len(payload)))
	copy(b[30:], net.ParseIP(to).To4())
	bigendian.BigEndian.PutUint16(b[36:], port)
	bigendian.BigEndian.PutUint16(b[38:], uint16(8+len(payload)))
	return append(b, payload...)
}

// TestSendChoosesATransmitter: auto takes AF_XDP for groups and a UDP socket for hosts, and a UDP socket for everything
// where AF_XDP cannot be had; xdp is a demand.
func TestSendChoosesATransmitter(t *testing.T) {
	r := newLiveRig(t)
	f, err := os.Create(filepath.Join(r.dir, "mixed.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := capture.NewWriter(f, true)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range [][]byte{datagram("239.10.1.1", 26477, "to the group"), datagram("10.99.0.2", 26477, "to the host")} {
		if err := w.Write(uint64(1_700_000_000_000_000_000+i), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	send := func(args ...string) (s sendSummary, out string, code int) {
		t.Helper()
		out, code = r.verb(append([]string{"send", "--json", "--quiet", "mixed.pcap"}, args...)...)
		_ = json.NewDecoder(strings.NewReader(out)).Decode(&s) // an error's words follow, or stand alone
		return s, out, code
	}
	if s, out, code := send("--interface", "lo"); code != 0 || s.TX != "socket" || !strings.Contains(s.Why, "not an Ethernet interface") {
		t.Errorf("auto on the loopback: exit %d, %s", code, out)
	}
	if _, out, code := send("--interface", "lo", "--tx", "xdp"); code != exitFailed || !strings.Contains(out, "use --tx socket") {
		t.Errorf("xdp on the loopback: exit %d, %s", code, out)
	}
	if _, out, code := send("--interface", wiretest.TX, "--queues", "7"); code != exitFailed || !strings.Contains(out, "no such queue") || !strings.Contains(out, "--queues") {
		t.Errorf("a queue that is not there: exit %d, %s", code, out)
	}
	if s, out, code := send("--interface", wiretest.TX, "--tx", "xdp"); code != exitFailed || s.Packets != 1 || s.Failed != 1 || !strings.Contains(s.LastError, "use a UDP socket") {
		t.Errorf("a host by AF_XDP: exit %d, %s", code, out)
	}
	host, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(10, 99, 0, 2), Port: 26477})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	if s, out, code := send("--interface", wiretest.TX); code != 0 || s.TX != "xdp" || s.Packets != 2 || s.Failed != 0 {
		t.Errorf("auto: exit %d, %s", code, out)
	}
	for profile, counted := range map[string]bool{"": false, "nasdaq.itch50": true} {
		out, code := r.verb("send", "--quiet", "--interface", wiretest.TX, "--profile", profile, "mixed.pcap")
		if code != 0 || strings.Contains(out, "0 messages") != counted {
			t.Errorf("profile %q: messages are told only where they are counted: exit %d, %s", profile, code, out)
		}
	}
	_ = host.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 100)
	if n, err := host.Read(buf); err != nil || string(buf[:n]) != "to the host" {
		t.Errorf("the host received %q, %v", buf[:n], err)
	}
}

// TestSendTellsWhatWasRefused: what the host would not send is not counted as sent, and is the exit code; so is a capture
// with nothing to send.
func TestSendTellsWhatWasRefused(t *testing.T) {
	jumbo := feedtest.Case(t, "23-send-says-ok", "jumbo.pcap")
	r := newLiveRig(t)
	out, code := r.verb("send", "--interface", wiretest.TX, "--tx", "xdp", "--speed", "max", "--quiet", "--json", "--profile", "nasdaq.itch50", jumbo)
	var s sendSummary
	_ = json.NewDecoder(strings.NewReader(out)).Decode(&s)
	if code != exitFailed || s.Messages != 80 || s.Failed == 0 || !strings.Contains(out, "MTU") {
		t.Errorf("exit %d: %s", code, out)
	}
	f, err := os.Create(filepath.Join(r.dir, "none.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := capture.NewWriter(f, true)
	if err == nil {
		err = errors.Join(w.Write(1_700_000_000_000_000_000, make([]byte, 60)), w.Flush(), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, code := r.verb("send", "--interface", wiretest.TX, "--quiet", "none.pcap"); code != exitFailed || !strings.Contains(out, "nothing to send") {
		t.Errorf("nothing to send: exit %d: %s", code, out)
	}
}
