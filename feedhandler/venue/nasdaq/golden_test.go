package nasdaq

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// TestGoldenCaptures holds every message and field of the small captures against the dissector's decode: names,
// order, wire bytes and what Inspect reads from them. Every message must also decode without a fault.
func TestGoldenCaptures(t *testing.T) {
	root := feedtest.Captures(t)
	for _, c := range []struct {
		dir      string
		make     func() decoder
		tables   *[256]*layout.Message
		messages int
	}{
		{"nasdaq-itch50/Nasdaq.Equities.TotalView.Itch.v5.0", func() decoder { return NewITCH50(100, 0) }, &itchTables, 3},
		{"nasdaq-itch50/Nasdaq.Equities.TotalView.Itch.v5.0.20230822", func() decoder { return NewITCH50(100, 0) }, &itchTables, 51},
		{"nasdaq-itch50/Bx.Equities.TotalView.Itch.v5.0", func() decoder { return NewITCH50(100, 0) }, &itchTables, 2},
		{"nasdaq-itch50/Bx.Equities.TotalView.Itch.v5.0.20230822", func() decoder { return NewITCH50(100, 0) }, &itchTables, 51},
		{"nasdaq-itch50/Psx.Equities.TotalView.Itch.v5.0.20230822", func() decoder { return NewPSXITCH50(100, 0) }, &psxTables, 30},
		{"nasdaq-bbo21", func() decoder { return NewBBO21(100, 0) }, &bboTables, 13},
	} {
		got, d := 0, c.make()
		feedtest.GoldenDir(t, filepath.Join(root, c.dir), func(file string, no int, payload []byte, app *feedtest.Node) {
			h, spans := split(t, file, payload)
			header := app.Find("Packet Header")
			if name := hex.EncodeToString(payload[:10]); name != header.Find("Session").X {
				t.Errorf("%s: packet %d: session %s, want %s", file, no, name, header.Find("Session").X)
			}
			if v := header.Find("Sequence Number").V; strconv.FormatUint(h.Seq, 10) != v {
				t.Errorf("%s: packet %d: sequence %d, want %s", file, no, h.Seq, v)
			}
			messages := app.All("Message")
			if len(messages) != len(spans) {
				t.Fatalf("%s: packet %d: %d messages, want %d", file, no, len(spans), len(messages))
			}
			b := newBatch()
			for i, s := range spans {
				msg := payload[s.Off : s.Off+s.Len]
				sameAsDissector(t, c.tables, d.Inspect(msg), msg, messages[i])
				if fault := d.Decode(b, msg); fault != book.FaultNone {
					t.Errorf("%s: packet %d: %v", file, no, fault)
				}
				got++
			}
		})
		if got != c.messages {
			t.Errorf("%s: %d messages, want %d", c.dir, got, c.messages)
		}
	}
}

func split(t testing.TB, file string, payload []byte) (framing.Header, []framing.Span) {
	t.Helper()
	var h framing.Header
	var m framing.MoldUDP64
	if fault := m.Header(payload, &h); fault != framing.FaultNone {
		t.Fatalf("%s: %v", file, fault)
	}
	spans, fault := m.Split(nil, payload, &h)
	if fault != framing.FaultNone {
		t.Fatalf("%s: %v", file, fault)
	}
	return h, spans
}

func sameAsDissector(t *testing.T, tables *[256]*layout.Message, in layout.Inspected, msg []byte, want *feedtest.Node) {
	t.Helper()
	code := want.Find("Message Header").Find("Message Type")
	if code.X != hex.EncodeToString(msg[:1]) || in.Type != code.V || in.Unknown || in.Truncated || in.Leftover != nil {
		t.Fatalf("type %s %x, want %s: %+v", in.Type, msg[:1], code.V, in)
	}
	body := want.Kids[len(want.Kids)-1]
	if feedtest.Name(body.Key) != in.Name {
		t.Errorf("name %s, want %s", in.Name, feedtest.Name(body.Key))
	}
	if len(body.Kids) != len(in.Fields) {
		t.Fatalf("%s: %d fields, want %d", in.Name, len(in.Fields), len(body.Kids))
	}
	fields := tables[msg[0]].Fields
	for i, kid := range body.Kids {
		v := in.Fields[i]
		if v.Name != feedtest.Name(kid.Key) || v.Absent || wireHex(msg, &fields[i]) != kid.X {
			t.Errorf("%s.%s: wire %s, want %s %s", in.Name, v.Name, wireHex(msg, &fields[i]), kid.Key, kid.X)
		}
		raw, _ := hex.DecodeString(kid.X)
		if v.Kind == layout.Text {
			if v.Text != strings.TrimRight(string(raw), " \x00") {
				t.Errorf("%s.%s: %q, want %q", in.Name, v.Name, v.Text, raw)
			}
			continue
		}
		var number uint64
		for _, c := range raw {
			number = number<<8 | uint64(c)
		}
		if v.Uint != number {
			t.Errorf("%s.%s: %d, want %d", in.Name, v.Name, v.Uint, number)
		}
	}
}

// TestGoldenRITCH compares the artificial day, in BinaryFILE framing, with its message list.
func TestGoldenRITCH(t *testing.T) {
	dir := filepath.Join(feedtest.Captures(t), "nasdaq-itch50", "artificial")
	file := feedtest.Open(t, filepath.Join(dir, "ritch.part1.itch50"))
	defer file.Close()
	list := feedtest.Open(t, filepath.Join(dir, "ritch.part1.msgs.jsonl.gz"))
	defer list.Close()
	in, rows, d := bufio.NewReader(file), bufio.NewScanner(list), NewITCH50(100, receivedAt)
	aliases := map[string]string{
		"luld_reference_price_tier":       "luld_ref",
		"original_order_reference_number": "order_reference_number",
		"canceled_shares":                 "cancelled_shares",
	}
	count := 0
	for rows.Scan() {
		var size [2]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			t.Fatal(err)
		}
		msg := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(in, msg); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{}
		row := json.NewDecoder(strings.NewReader(rows.Text()))
		row.UseNumber()
		if err := row.Decode(&want); err != nil {
			t.Fatal(err)
		}
		shown := d.Inspect(msg)
		if shown.Type != want["message_type"] || len(shown.Fields) != len(want)-1 || shown.Truncated || shown.Leftover != nil {
			t.Fatalf("message %d: %+v, want %v", count, shown, want)
		}
		for _, v := range shown.Fields {
			name := v.Name
			if other, ok := aliases[name]; ok {
				name = other
			}
			got := v.Text
			switch {
			case v.Name == "price": // the list shows prices scaled
				got = strconv.FormatFloat(float64(v.Uint)/1e4, 'f', -1, 64)
			case v.Kind == layout.Uint:
				got = strconv.FormatUint(v.Uint, 10)
			}
			expected, ok := want[name]
			if !ok {
				t.Fatalf("message %d: %s has no %s", count, shown.Type, name)
			}
			if number, ok := expected.(json.Number); ok {
				expected = strings.TrimSuffix(number.String(), ".0")
			}
			if got != expected {
				t.Fatalf("message %d: %s.%s is %s, want %v", count, shown.Name, v.Name, got, expected)
			}
		}
		if fault := d.Decode(newBatch(), msg); fault != book.FaultNone {
			t.Fatalf("message %d: %v", count, fault)
		}
		count++
	}
	if _, err := in.ReadByte(); err != io.EOF || count != 6000 {
		t.Fatalf("%d messages, then %v", count, err)
	}
	names := ""
	for i := 1; i < d.Directory().Len(); i++ {
		names += d.Directory().At(uint32(i)).Symbol.String() + " "
	}
	if names != "ALC BOB CHAR " {
		t.Errorf("directory %s", names)
	}
}

// TestGoldenDerived: all messages of the derived day in order have the digest and counts they were made with.
func TestGoldenDerived(t *testing.T) {
	stem := filepath.Join(feedtest.Captures(t), "nasdaq-itch50", "derived", "es20231225.part1")
	var want struct {
		Session  string
		Packets  int
		Messages int
		Counts   map[string]int
		NextSeq  uint64 `json:"next_seq"`
		SHA256   string
	}
	expect := feedtest.Open(t, stem+".expect.json")
	defer expect.Close()
	if err := json.NewDecoder(expect).Decode(&want); err != nil {
		t.Fatal(err)
	}
	digest, d, b := sha256.New(), NewITCH50(100, 0), newBatch()
	counts, next, messages, packets := map[string]int{}, uint64(1), 0, 0
	var kinds []framing.Kind
	feedtest.Payloads(t, stem+".clean.pcap.gz", func(no int, ns int64, payload []byte) {
		h, spans := split(t, "clean", payload)
		if h.Seq != next || (&framing.MoldUDP64{}).Session(payload) != want.Session {
			t.Fatalf("packet %d: sequence %d, want %d", no, h.Seq, next)
		}
		if packets++; h.Kind != framing.Data {
			kinds = append(kinds, h.Kind)
		}
		next += uint64(h.Count)
		for _, s := range spans {
			msg := payload[s.Off : s.Off+s.Len]
			digest.Write(msg)
			counts[string(msg[:1])]++
			messages++
			b.Reset()
			b.BeginPacket(book.Packet{TsRecv: uint64(ns)})
			if fault := d.Decode(b, msg); fault != book.FaultNone {
				t.Fatalf("packet %d: %v", no, fault)
			}
			// The day was made with ns since midnight UTC, not New York: its times of day equal the capture's UTC
			// clock. The date is the first packet's in New York, still the 24th, throughout.
			const newYork24th, utc25th = 1_703_394_000_000_000_000, 1_703_462_400_000_000_000
			if lag := int64(b.Events[0].TsEvent-newYork24th) - (ns - utc25th); lag < -1e9 || lag > 1e9 {
				t.Fatalf("packet %d: time of day is %d ns off the capture's", no, lag)
			}
		}
	})
	if got := hex.EncodeToString(digest.Sum(nil)); got != want.SHA256 || next != want.NextSeq || messages != want.Messages {
		t.Errorf("digest %s of %d messages to %d, want %s of %d to %d", got, messages, next, want.SHA256, want.Messages, want.NextSeq)
	}
	if len(counts) != len(want.Counts) {
		t.Errorf("counts %v, want %v", counts, want.Counts)
	}
	for code, n := range want.Counts {
		if counts[code] != n {
			t.Errorf("%d of type %s, want %d", counts[code], code, n)
		}
	}
	if packets-len(kinds) != want.Packets {
		t.Errorf("%d packets of data, want %d", packets-len(kinds), want.Packets)
	}
	if len(kinds) != 2 || kinds[0] != framing.Heartbeat || kinds[1] != framing.EndOfSession {
		t.Errorf("the day must end with a heartbeat and an end of session: %v", kinds)
	}
}
