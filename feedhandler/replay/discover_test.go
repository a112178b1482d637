package replay

import (
	"context"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
)

// made is a capture that is made while it is read.
type made struct {
	n    int
	make func(n int, p *capture.Packet) bool
}

func (m *made) Next(p *capture.Packet) error {
	if !m.make(m.n, p) {
		return io.EOF
	}
	m.n++
	return nil
}

func (m *made) Progress() (int64, int64)  { return 0, 0 }
func (m *made) Files() []capture.FileInfo { return nil }
func (m *made) Close() error              { return nil }

// frameTo is an Ethernet frame with one system event at a place of the sequence; what tells two runs apart goes into its time.
func frameTo(dst []byte, group byte, port uint16, seq, run uint64) []byte {
	event := make([]byte, 12)
	event[0], event[11] = 'S', 'Q'
	binary.BigEndian.PutUint64(event[3:], (run<<32|seq)<<8)
	event[11] = 'Q'
	payload := framing.AppendMoldUDP64Header(nil, [10]byte([]byte("0000000001")), seq, 1)
	payload = framing.AppendMoldUDP64Message(payload, event)
	dst = append(dst[:0], 1, 0, 0x5e, 0, 0, group, 2, 0, 0, 0, 0, 1, 8, 0)
	dst = append(dst, 0x45, 0, 0, 0, 0, 0, 0, 0, 16, 17, 0, 0, 10, 0, 0, 1, 239, 0, 0, group)
	binary.BigEndian.PutUint16(dst[16:], uint16(28+len(payload)))
	dst = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(dst, 30000), port)
	dst = binary.BigEndian.AppendUint16(dst, uint16(8+len(payload)))
	return append(append(dst, 0, 0), payload...)
}

func discovered(t *testing.T, src capture.Source) (lines [][]string, notes []string) {
	t.Helper()
	profile, err := config.FindProfile("nasdaq.itch50")
	if err != nil {
		t.Fatal(err)
	}
	list, notes, err := Discover(src, profile)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range list {
		var of []string
		for _, l := range ch.Lines {
			of = append(of, l.Group)
		}
		lines = append(lines, of)
	}
	return lines, notes
}

// TestLateLineJoinsItsChannel: a line that begins after 600,000 packets and brings nine is a line of the channel whose
// numbers it brings, whether it comes before the other line or a little after.
func TestLateLineJoinsItsChannel(t *testing.T) {
	const before = 600_000
	for _, lag := range []uint64{0, 3, 1000} {
		frame := make([]byte, 0, 128)
		src := &made{make: func(n int, p *capture.Packet) bool {
			group, seq := byte(1), uint64(n)
			switch {
			case n < before:
			case n < before+18:
				i := uint64(n - before)
				seq = before + i/2
				if i%2 == 1 {
					group, seq = 2, seq-lag
				}
			default:
				return false
			}
			frame = frameTo(frame, group, 26477, seq, 0)
			*p = capture.Packet{Data: frame, TS: 1e18 + uint64(n)*1000}
			return true
		}}
		if got, _ := discovered(t, src); len(got) != 1 || len(got[0]) != 2 {
			t.Errorf("%d units behind: channels %v, want one of two lines", lag, got)
		}
	}
}

// TestLinesFarApart: two lines of which one is a day's half behind the other have places in common, though none at a time.
func TestLinesFarApart(t *testing.T) {
	const units = 700_000
	frame := make([]byte, 0, 128)
	src := &made{make: func(n int, p *capture.Packet) bool {
		frame = frameTo(frame, byte(1+n/units), 26477, uint64(n%units), 0)
		*p = capture.Packet{Data: frame, TS: 1e18 + uint64(n)*1000}
		return n < 2*units
	}}
	if got, _ := discovered(t, src); len(got) != 1 || len(got[0]) != 2 {
		t.Errorf("channels %v, want one of two lines", got)
	}
}

// TestSameNumbersOtherMessages: two channels of one session that both number from 1 stay two.
func TestSameNumbersOtherMessages(t *testing.T) {
	frame := make([]byte, 0, 128)
	src := &made{make: func(n int, p *capture.Packet) bool {
		frame = frameTo(frame, byte(1+n%2), 26477, uint64(n/2), uint64(n%2))
		*p = capture.Packet{Data: frame, TS: 1e18 + uint64(n)*1000}
		return n < 20_000
	}}
	if got, _ := discovered(t, src); len(got) != 2 {
		t.Errorf("channels %v, want two", got)
	}
}

// TestRestartsOfALossyLine: a server that starts anew under its session, and lines that each lose half of their packets.
func TestRestartsOfALossyLine(t *testing.T) {
	frame := make([]byte, 0, 128)
	src := &made{make: func(n int, p *capture.Packet) bool {
		run, seq := uint64(n/20_000), uint64(n%20_000/2)
		frame = frameTo(frame, byte(1+n%2), 26477, seq, run)
		if lost := (seq*2654435761+run*40503+uint64(n%2)*977)>>7%2 == 0; lost {
			frame[12] = 0x86 // another EtherType
		}
		*p = capture.Packet{Data: frame, TS: 1e18 + run*60e9 + uint64(n)*1000}
		return n < 120_000
	}}
	if got, _ := discovered(t, src); len(got) != 1 || len(got[0]) != 2 {
		t.Errorf("channels %v, want one of two lines", got)
	}
}

// TestWhatIsLeftOutIsTold: a ninth line, and a destination that speaks the framing but not the feed.
func TestWhatIsLeftOutIsTold(t *testing.T) {
	frame := make([]byte, 0, 128)
	src := &made{make: func(n int, p *capture.Packet) bool {
		frame = frameTo(frame, byte(1+n%10), 26477, uint64(n/10), 0)
		if n%10 == 9 {
			frame[64] = '?' // the message's type
		}
		*p = capture.Packet{Data: frame, TS: 1e18 + uint64(n)*1000}
		return n < 1000
	}}
	lines, notes := discovered(t, src)
	told := strings.Join(notes, "\n")
	if len(lines) != 1 || len(lines[0]) != 8 || !strings.Contains(told, "239.0.0.9:26477 is left out") || !strings.Contains(told, "239.0.0.10:26477 is left out") {
		t.Errorf("channels %v, notes:\n%s", lines, told)
	}
}

// TestCaseChannelStartsLate: a channel that begins after 500,000 packets of another is read.
func TestCaseChannelStartsLate(t *testing.T) {
	_, s := run(t, "nasdaq.itch50", nil, "", feedtest.Case(t, "12-channel-starts-late", "late-channel.pcap.gz"))
	if s.Messages != 101 || len(s.Digests) != 2 || len(s.Dropped) != 0 {
		t.Errorf("%d messages of %d channels, dropped %v", s.Messages, len(s.Digests), s.Dropped)
	}
}

// TestCaseRestartSameSession: an IEX server that starts anew under its session, line B without half of the packets.
func TestCaseRestartSameSession(t *testing.T) {
	_, s := run(t, "iex.deep10", nil, "", feedtest.Case(t, "27-restart-same-session", "restart-same-session-B-half.pcap.gz"))
	if len(s.Digests) != 1 || len(s.Lines) != 2 || s.UnitsLost != 0 || s.Lines[0].Lost != 0 {
		t.Errorf("%d channels, %d lines, %d lost on every line: %+v", len(s.Digests), len(s.Lines), s.UnitsLost, s.Lines)
	}
}

// TestCaseSwitchHeaderWithProfile: channels are found behind the header that a switch puts in front, told or found.
func TestCaseSwitchHeaderWithProfile(t *testing.T) {
	const folder = "09-arista7280-with-profile"
	_, base := run(t, "nasdaq.itch50", nil, "", feedtest.Case(t, folder, "base.pcap"))
	for _, file := range []string{"arista-0010.pcap", "arista-0120.pcap"} {
		for _, trailer := range []string{"arista7280", "auto"} {
			s, err := Run(context.Background(), Options{Files: []string{feedtest.Case(t, folder, file)}, Profile: "nasdaq.itch50",
				Capture: capture.Options{Trailer: trailer}})
			if err != nil {
				t.Errorf("%s, %s: %v", file, trailer, err)
				continue
			}
			sameContent(t, file+", "+trailer, s, base)
			if s.Messages != 26 || s.Stamps["switch"] != s.Packets {
				t.Errorf("%s, %s: %d messages, stamps %v of %d packets", file, trailer, s.Messages, s.Stamps, s.Packets)
			}
		}
		_, err := Run(context.Background(), Options{Files: []string{feedtest.Case(t, folder, file)}, Profile: "nasdaq.itch50"})
		if err == nil || !strings.Contains(err.Error(), "--trailer arista7280") {
			t.Errorf("%s without a trailer: %v", file, err)
		}
	}
}

// TestFirstFollowsStamps: in a capture of two ports that is not in time order, line B is first in 4,807 of 5,000 by the
// stamps, and in 4,250 by the order of the file.
func TestFirstFollowsStamps(t *testing.T) {
	path := captureFile(t, "cme-mdp3", "large", "Cme.Mdp3.Sbe.v6.1.pcap")
	_, s := run(t, "cme.mdp3", nil, "", path)
	if len(s.Lines) != 2 || s.Lines[0].First != 193 || s.Lines[1].First != 4807 {
		t.Errorf("lines %+v", s.Lines)
	}
}
