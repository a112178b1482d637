//go:build nicrig

package nictest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/socket"
)

// venue is a simulated day and its sending, with the time of each packet.
type venue struct {
	packets []packet
	clean   string // capture of the day without losses
	date    string
}

type packet struct {
	group       uint32
	port        uint16
	payload     []byte
	first, next uint32   // messages it carries
	sent        []moment // one a channel
}

// moment is the host's clock before and after a packet was given to the NIC.
type moment struct{ before, after int64 }

type digest struct {
	Content string `json:"content"`
	Records uint64 `json:"records"`
}

// newVenue simulates messages over two lossy lines; what one line loses the other brings.
func newVenue(t *testing.T, dir string, messages, rate int) *venue {
	t.Helper()
	day, clean := filepath.Join(dir, "day.pcap"), filepath.Join(dir, "clean.pcap")
	if out, code := verb(t, nil, "sim", "-o", day, "--clean", clean, "--messages", fmt.Sprint(messages), "--seconds", "0", "--rate", fmt.Sprint(rate),
		"--seed", "7", "--loss-a", "5", "--loss-b", "5", "--reorder", "2", "--duplicate", "2", "--no-double-loss"); code != 0 {
		t.Fatalf("sim: %s", out)
	}
	v := &venue{clean: clean}
	src, err := capture.Open([]string{day}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var p capture.Packet
	var d feedhandler.Datagram
	for {
		err := src.Next(&p)
		if errors.Is(err, io.EOF) {
			return v
		}
		if err != nil || feedhandler.ParseFrame(p.Data, false, &d) != feedhandler.WireOK {
			t.Fatalf("the simulator's capture: %v", err)
		}
		if v.date == "" {
			v.date = time.Unix(0, int64(p.TS)).UTC().Format(time.DateOnly)
		}
		first := uint32(binary.BigEndian.Uint64(d.Payload[10:])) // MoldUDP64: session 10, sequence 8, count 2
		v.packets = append(v.packets, packet{group: d.Dst, port: d.DstPort, payload: append([]byte(nil), d.Payload...),
			first: first, next: first + uint32(binary.BigEndian.Uint16(d.Payload[18:]))})
	}
}

// send sends the day from the peer to channels channels, the group's last number telling them apart, so many packets a
// second. Each line has a source of its own, so that they spread over the NIC's queues.
func (v *venue) send(channels, rate int) error {
	outs := map[uint32]*socket.Sender{}
	defer func() {
		for _, out := range outs {
			out.Close()
		}
	}()
	sender := func(group uint32) (out *socket.Sender, err error) {
		if outs[group] == nil {
			err = atPeer(func() (err error) {
				outs[group], err = socket.OpenSender(socket.SenderOptions{Interface: peerNIC, Checksums: true})
				return err
			})
		}
		return outs[group], err
	}
	var failed uint64
	start, n := time.Now(), 0
	for i := range v.packets {
		p := &v.packets[i]
		p.sent = make([]moment, channels)
		if i < 8 {
			// A session is joined at what is heard first: the emulated queues must not swap the first packets of two lines.
			start = start.Add(50 * time.Millisecond)
		}
		for c := range channels {
			time.Sleep(time.Until(start.Add(time.Duration(n) * time.Second / time.Duration(rate))))
			n++
			group := p.group&^0xff | uint32(c+1)
			out, err := sender(group)
			if err != nil {
				return err
			}
			m := &p.sent[c]
			m.before = time.Now().UnixNano()
			err = errors.Join(out.Send(group, p.port, p.payload, &failed), out.Flush())
			if m.after = time.Now().UnixNano(); err != nil || failed > 0 {
				return fmt.Errorf("packet %d: %w", i, err)
			}
		}
	}
	return nil
}

// bringing finds when the packets with a message were sent to a channel: two lines, sometimes twice.
func (v *venue) bringing(channel int) map[uint32][]moment {
	by := map[uint32][]moment{}
	for i := range v.packets {
		p := &v.packets[i]
		for s := p.first; s < p.next; s++ {
			by[s] = append(by[s], p.sent[channel])
		}
	}
	return by
}

// replayed returns the digests of the offline replay of the clean day as channel n, by schema.
func (v *venue) replayed(t *testing.T, n int) map[string]digest {
	t.Helper()
	config := filepath.Join(t.TempDir(), "replay.yaml")
	if err := os.WriteFile(config, []byte("instance: replay\nchannels:\n"+channelText(v, n, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	var replay struct {
		Digests map[string]map[string]digest `json:"digests"`
	}
	object(t, nil, &replay, "replay", "-c", config, "--no-shm", "--quiet", "--json", v.clean)
	list := replay.Digests[fmt.Sprintf("ch%d", n)]
	if len(list) == 0 {
		t.Fatal("the replay has no digests")
	}
	return list
}
