package inspect_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"wirebook/feedhandler/inspect"
	"wirebook/feedhandler/venue"
)

// frame wraps a payload in Ethernet, IPv4 and UDP.
func frame(payload []byte) []byte {
	f := make([]byte, 42, 42+len(payload))
	f[12], f[13] = 0x08, 0x00
	ip := f[14:]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(28+len(payload)))
	copy(ip[12:], []byte{10, 0, 0, 1})
	copy(ip[16:], []byte{233, 54, 12, 111})
	binary.BigEndian.PutUint16(ip[20:], 1234)
	binary.BigEndian.PutUint16(ip[22:], 26477)
	binary.BigEndian.PutUint16(ip[24:], uint16(8+len(payload)))
	return append(f, payload...)
}

// moldPacket makes a MoldUDP64 packet of messages.
func moldPacket(session string, seq uint64, messages ...string) []byte {
	p := binary.BigEndian.AppendUint64([]byte(session), seq)
	p = binary.BigEndian.AppendUint16(p, uint16(len(messages)))
	for _, m := range messages {
		p = binary.BigEndian.AppendUint16(p, uint16(len(m)))
		p = append(p, m...)
	}
	return p
}

func show(t *testing.T, in *inspect.Inspector, f []byte) (asJSON, asText string) {
	t.Helper()
	err := in.Frame(1, 1_700_000_000_000_000_001, f, func(m *inspect.Message) error {
		line := inspect.AppendJSON(nil, m, false)
		if !json.Valid(line) {
			t.Errorf("not JSON: %q", line)
		}
		if wide := inspect.AppendJSON(nil, m, true); !bytes.Contains(wide, []byte(`"ts":"1700000000000000001"`)) || !json.Valid(wide) {
			t.Errorf("wide integers are numbers: %s", wide)
		}
		asJSON += string(line)
		asText += string(inspect.AppendText(nil, m))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return asJSON, asText
}

const systemEvent = "S\x00\x00\x00\x01\x00\x00\x00\x00\x00\x05O" // locate 0, tracking 1, 5 ns, O

// What is odd is shown, not skipped, and the rest of the packet with it.
func TestOddMessagesAreShown(t *testing.T) {
	for _, c := range []struct {
		name    string
		payload []byte
		json    []string
		text    []string
	}{
		{"plain", moldPacket("000000001A", 7, systemEvent),
			[]string{`"packet":1,"ts":1700000000000000001,"src":"10.0.0.1:1234","dst":"233.54.12.111:26477","session":"000000001A","seq":7,"type":"S","name":"system_event_message","fields":{"stock_locate":0,"tracking_number":1,"timestamp":5,"event_code":"O"}}`},
			[]string{"#1 2023-11-14T22:13:20.000000001Z 233.54.12.111:26477  session 000000001A  seq 7  S system_event_message\n    stock_locate: 0\n"}},
		{"padded session", moldPacket("ABC       ", 7, systemEvent), []string{`"session":"ABC",`}, []string{"session ABC  seq"}},
		{"zero session", moldPacket(strings.Repeat("\x00", 10), 0, systemEvent), []string{`"session":"",`}, []string{"26477  seq 0"}},
		{"unknown type", moldPacket("000000001A", 7, "z\x01\x02", systemEvent),
			[]string{`"seq":7,"type":"z","name":"unknown","fields":{},"unknown":true,"leftover":"7a0102"}`, `"seq":8,"type":"S"`},
			[]string{"seq 7  z unknown\n    leftover 3 bytes: 7a0102\n", "seq 8  S "}},
		{"type that does not print", moldPacket("000000001A", 7, "\x1b[2J"), []string{`"type":"0x1b"`}, []string{"0x1b unknown"}},
		{"leftover", moldPacket("000000001A", 7, systemEvent+"\xfe\xff"), []string{`"event_code":"O"},"leftover":"feff"}`}, []string{"leftover 2 bytes: feff"}},
		{"truncated", moldPacket("000000001A", 7, systemEvent[:11]), []string{`"timestamp":5},"truncated":true}`}, []string{"! truncated"}},
		{"empty message", moldPacket("000000001A", 7, "", systemEvent), []string{`"truncated":true`, `"seq":8`}, []string{"seq 8", "! truncated"}},
		{"hostile text", moldPacket("000000001A", 7, systemEvent[:11]+"\x1b", systemEvent[:11]+"\xff", systemEvent[:11]+"\""),
			[]string{`"event_code":"\u001b"`, `"event_code":"\u00ff"`, `"event_code":"\""`}, []string{`event_code: \x1b`, `event_code: \xff`, `event_code: "`}},
		{"count too high", binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64([]byte("000000001A"), 7), 3), []string{`"problem":"message_cut_short"`}, []string{"! message_cut_short"}},
		{"bytes behind the messages", append(moldPacket("000000001A", 7, systemEvent), 1, 2, 3), []string{`"seq":7`, `"problem":"leftover_bytes","leftover":"010203"`}, []string{"seq 7", "! leftover_bytes    leftover 3 bytes: 010203"}},
		{"no mold", []byte("hello"), []string{`"problem":"short_header","leftover":"68656c6c6f"}`}, []string{"! short_header    leftover 5 bytes: 68656c6c6f"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			asJSON, asText := show(t, inspect.New(venue.Find("nasdaq.itch50")), frame(c.payload))
			for _, want := range c.json {
				if !strings.Contains(asJSON, want) {
					t.Errorf("JSON lacks %s:\n%s", want, asJSON)
				}
			}
			for _, want := range c.text {
				if !strings.Contains(asText, want) {
					t.Errorf("text lacks %q:\n%s", want, asText)
				}
			}
			if strings.ContainsAny(asText, "\x1b\x00") || strings.Contains(asText, "\xff") {
				t.Errorf("raw bytes reach the terminal: %q", asText)
			}
		})
	}
}

func TestPacketsWithoutMessages(t *testing.T) {
	heartbeat, end := moldPacket("000000001A", 7), moldPacket("000000001A", 7)
	end[18], end[19] = 0xFF, 0xFF
	in := inspect.New(venue.Find("nasdaq.itch50"))
	if got, _ := show(t, in, frame(heartbeat)); got != "" {
		t.Errorf("a heartbeat unasked: %s", got)
	}
	in.Heartbeats = true
	if got, _ := show(t, in, frame(heartbeat)); !strings.Contains(got, `"seq":7,"type":"","name":"heartbeat","fields":{}`) {
		t.Errorf("heartbeat: %s", got)
	}
	if got, _ := show(t, in, frame(end)); !strings.Contains(got, `"name":"end_of_session"`) {
		t.Errorf("end of session: %s", got)
	}
}

// Every frame of a capture cut at every byte: shown or counted, never a panic.
func TestCutFrames(t *testing.T) {
	whole := frame(moldPacket("000000001A", 7, systemEvent, "z", systemEvent))
	for _, feed := range venue.Feeds() {
		in := inspect.New(&feed)
		in.Heartbeats = true
		for n := range whole {
			show(t, in, whole[:n])
			tcp := append([]byte(nil), whole[:n]...)
			if len(tcp) > 23 {
				tcp[23] = 6
			}
			show(t, in, tcp)
		}
		if in.Packets != 2*uint64(len(whole)) {
			t.Errorf("%s: %d packets", feed.Name, in.Packets)
		}
	}
}
