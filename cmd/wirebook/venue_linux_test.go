package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler/sim"
)

// playing is a wirebook venue at work on the loopback interface.
type playing struct {
	t        *testing.T
	cmd      *exec.Cmd
	services map[string]string // addresses, by name
	out      bytes.Buffer
	over     chan bool   // closed when the day is
	notes    chan string // what it says after that, when it has ended
}

func startVenue(t *testing.T, args ...string) *playing {
	t.Helper()
	v := &playing{t: t, services: map[string]string{}, notes: make(chan string, 1), over: make(chan bool)}
	v.cmd = program(t, t.TempDir(), append([]string{"venue", "--interface", "lo", "--tx", "socket", "--json"}, args...)...)
	v.cmd.Stdout = &v.out
	notes, err := v.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.cmd.Process.Kill() })
	ready := make(chan bool)
	go func() {
		var rest strings.Builder
		told := false
		for s := bufio.NewScanner(notes); s.Scan(); {
			// service NAME on NETWORK ADDRESS: WHAT
			if f := strings.Fields(s.Text()); len(f) > 4 && f[0] == "service" {
				v.services[f[1]] = strings.TrimSuffix(f[4], ":")
			}
			rest.WriteString(s.Text() + "\n")
			if strings.HasPrefix(s.Text(), "the day is over") {
				close(v.over)
			}
			if !told && strings.HasPrefix(s.Text(), "playing") {
				told = true
				close(ready)
			}
		}
		v.notes <- rest.String()
		if !told {
			close(ready)
		}
	}()
	<-ready
	return v
}

// end interrupts it and returns its reckoning.
func (v *playing) end() (s venueSummary, code int, notes string) {
	v.t.Helper()
	_ = v.cmd.Process.Signal(os.Interrupt)
	notes = <-v.notes
	_ = v.cmd.Wait()
	if err := json.Unmarshal(v.out.Bytes(), &s); err != nil {
		v.t.Fatalf("%v: %s\n%s", err, v.out.String(), notes)
	}
	return s, v.cmd.ProcessState.ExitCode(), notes
}

// moldAnswer asks for one message until it was sent and returns the packet.
func moldAnswer(t *testing.T, at string, number byte) []byte {
	t.Helper()
	conn, err := net.Dial("udp4", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buf := make([]byte, 2048)
	for range 400 {
		if _, err := conn.Write([]byte("SIM0000001\x00\x00\x00\x00\x00\x00\x00" + string(rune(number)) + "\x00\x01")); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if n, err := conn.Read(buf); err == nil {
			return buf[:n]
		}
	}
	t.Fatal("no answer")
	return nil
}

// A venue serves what it plays, and ends with a reckoning when the day is over and when it is interrupted.
func TestVenueServesAndReckons(t *testing.T) {
	v := startVenue(t, "--messages", "3000", "--speed", "max", "--linger", "-1s", "--port", "mold=0,soup=0,glimpse=0", "--loss-a", "5", "--loss-b", "5")
	got := moldAnswer(t, v.services["mold"], 5)
	if len(got) < 23 || string(got[:10]) != "SIM0000001" || got[17] != 5 || got[19] != 1 {
		t.Errorf("%q", got)
	}
	<-v.over
	s, code, notes := v.end()
	if code != 0 || s.Messages < 3000 || len(s.Services) != 3 || s.UnitsLost == 0 || len(s.Lines) != 2 {
		t.Errorf("exit %d, %+v\n%s", code, s, notes)
	}
	adheres(t, "venue", v.out.Bytes())
	for _, n := range s.Services {
		if n.Service == "mold" && (n.Requests == 0 || n.Answers == 0 || n.Bytes == 0) {
			t.Errorf("%+v", n)
		}
	}
	v = startVenue(t, "--messages", "3000", "--rate", "100", "--port", "mold=0", "--service", "mold")
	moldAnswer(t, v.services["mold"], 1)
	s, code, notes = v.end()
	if code != exitStopped || !strings.Contains(notes, "stopped before the end") || s.Messages >= 3000 || len(s.Services) != 1 {
		t.Errorf("exit %d, %+v\n%s", code, s, notes)
	}
}

// IEX's services stand beside its lines, and the test request says where the feed stands.
func TestVenueOfIEX(t *testing.T) {
	for _, protocol := range []string{"deep", "deepplus"} {
		v := startVenue(t, "--protocol", protocol, "--messages", "2000", "--speed", "max", "--linger", "-1s", "--port", "gapfill-udp=0,gapfill-tcp=0,snap=0")
		<-v.over
		conn, err := net.Dial("udp4", v.services["gapfill-udp"])
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		ask := []byte{1, 1, map[string]byte{"deep": 4, "deepplus": 5}[protocol], 0x80, 1, 0, 0, 0, 0, 0xCA, 0x9A, 0x3B, 0, 0, 0, 0}
		if _, err := conn.Write(ask); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2048)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := conn.Read(buf)
		s, code, notes := v.end()
		if next := int(buf[24]) | int(buf[25])<<8; err != nil || n != 40 || uint64(next) != s.Messages+1 || code != 0 || len(s.Services) != 3 {
			t.Errorf("%s: %v, %x, exit %d, %+v\n%s", protocol, err, buf[:40], code, s, notes)
		}
	}
}

// CME's loops can be read by a decoder that shares nothing with them: every instrument, no byte left over.
func TestVenueLoopsCanBeRead(t *testing.T) {
	r := newRig(t)
	var groups [2]string
	var in [2]net.PacketConn
	for i := range in {
		var err error
		if in[i], err = net.ListenPacket("udp4", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		defer in[i].Close()
		groups[i] = in[i].LocalAddr().String()
	}
	v := startVenue(t, "--protocol", "mdp3", "--messages", "3000", "--speed", "max", "--linger", "-1s", "--port", "tcp-replay=0", "--loop-pause", "10ms",
		"--definition-group", groups[0], "--snapshot-group", groups[1])
	if v.services["snapshot-loop"] != groups[1] || v.services["definition-loop"] != groups[0] {
		t.Errorf("%v", v.services)
	}
	<-v.over
	// A whole cycle of each, as a capture of groups of their own.
	var out outputs
	file, err := out.capture(r.dir + "/loops.pcap")
	if err != nil {
		t.Fatal(err)
	}
	for i := range in {
		wire, err := sim.NewWire(sim.WireConfig{Lines: []sim.LineConfig{{Group: netip.MustParseAddrPort(fmt.Sprintf("239.10.1.%d:2649%d", 3-i, i))}}, Merged: file})
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 65536)
		for begun, taken := 0, false; ; {
			_ = in[i].SetReadDeadline(time.Now().Add(20 * time.Second))
			n, _, err := in[i].ReadFrom(buf)
			if err != nil {
				t.Fatal(err)
			}
			if buf[0] == 1 && buf[1]|buf[2]|buf[3] == 0 {
				if begun++; taken {
					break
				}
			}
			taken = begun > 50 // what was waiting in the socket is of the day
			if taken {
				if err := wire.Send(&sim.Datagram{TimeNS: 1_748_880_000_000_000_000 + uint64(i)*1e9, Seq: 1, Count: 1, Payload: buf[:n]}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := wire.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.publish(); err != nil {
		t.Fatal(err)
	}
	got := r.run("inspect", "--profile", "cme.mdp3", "--json", "loops.pcap")
	if got.code != 0 || strings.Count(got.out, `"snapshot_full_refresh_order_book"`) < 32 || strings.Count(got.out, `"snapshot_full_refresh"`) != 32 ||
		!strings.Contains(got.errors, "0 of unknown type, 0 with leftover bytes, 0 packets with problems") {
		t.Errorf("%d: %.2000s %s", got.code, got.out, got.errors)
	}
	if s, code, notes := v.end(); code != 0 || len(s.Services) != 3 {
		t.Errorf("exit %d, %+v\n%s", code, s, notes)
	}
}

// A capture is played with its losses, and what they took is there to be asked for, where the clean capture is named.
func TestVenueReplaysACapture(t *testing.T) {
	r := newRig(t)
	if got := r.run("sim", "-o", "day.pcap", "--clean", "clean.pcap", "--messages", "2000", "--loss-a", "20", "--loss-b", "20"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	got := r.run("venue", "--interface", "lo", "--replay", "day.pcap", "--speed", "max", "--linger", "1ms", "--port", "mold=0,soup=0,glimpse=0")
	if got.code != exitFailed || !strings.Contains(got.errors, "name the day's clean capture too") {
		t.Errorf("%+v", got)
	}
	got = r.run("venue", "--interface", "lo", "--tx", "socket", "--replay", "day.pcap", "--clean", "clean.pcap", "--speed", "max", "--linger", "1ms", "--json", "--port", "mold=0,soup=0,glimpse=0")
	var s venueSummary
	if err := json.Unmarshal([]byte(got.out), &s); err != nil || got.code != 0 || s.Messages < 2000 || s.Packets == 0 {
		t.Errorf("%v %+v", err, got)
	}
}

// What is wrong in an order is said before anything begins.
func TestVenueSaysWhatIsWrong(t *testing.T) {
	r := newRig(t)
	for args, want := range map[string]string{
		"venue":                                    "--interface",
		"venue -I lo --service glimps":             "mold, soup, glimpse",
		"venue -I lo --fault slience":              "wirebook venue --faults",
		"venue -I lo --fault mold:stall":           "soup, glimpse, gapfill-tcp",
		"venue -I lo --fault-share 0":              "--fault-share",
		"venue -I lo --port snap=1":                "SERVICE=PORT",
		"venue -I lo --listen ::1":                 "IPv4",
		"venue -I lo --protocol itch":              "must be itch50",
		"venue -I lo --clean good.pcap":            "--replay",
		"venue -I nosuch0":                         "nosuch0",
		"venue -I lo --loss-a 101 --service none ": "--loss-a",
		"venue -I lo --user MUCHTOOLONG":           "six characters",
	} {
		if got := r.run(strings.Fields(args)...); got.code != exitUsage || !strings.Contains(got.errors, want) {
			t.Errorf("%s: %+v, want %q", args, got, want)
		}
	}
	if got := r.run("venue", "--faults"); got.code != 0 || !strings.Contains(got.out, "off-by-one") {
		t.Errorf("%+v", got)
	}
}
