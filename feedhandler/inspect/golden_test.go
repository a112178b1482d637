package inspect_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/inspect"
	"wirebook/feedhandler/venue"
)

// shown is one JSON line, its fields in the order of the line.
type shown struct {
	Packet    int64           `json:"packet"`
	TS        int64           `json:"ts"`
	Src       string          `json:"src"`
	Dst       string          `json:"dst"`
	Session   string          `json:"session"`
	Seq       uint64          `json:"seq"`
	TsSend    uint64          `json:"ts_send"`
	Type      string          `json:"type"`
	Name      string          `json:"name"`
	Header    json.RawMessage `json:"header"`
	Fields    json.RawMessage `json:"fields"`
	Unknown   bool            `json:"unknown"`
	Truncated bool            `json:"truncated"`
	Leftover  string          `json:"leftover"`
	Problem   string          `json:"problem"`
}

// lines reads a capture as the verb does and calls visit with every JSON line.
func lines(t testing.TB, profile, path string, visit func(line []byte, m *shown)) *inspect.Inspector {
	t.Helper()
	p, err := config.FindProfile(profile)
	if err != nil {
		t.Fatal(err)
	}
	src, err := capture.Open([]string{path}, capture.Options{Warn: func(w capture.Warning) {
		if w.Trouble != capture.TimeBackwards { // two capture ports disagree by some ns in one file
			t.Errorf("warning: %s", w)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	in := inspect.New(venue.Find(p.Feed))
	var pkt capture.Packet
	var line []byte
	for no := int64(1); ; no++ {
		if err := src.Next(&pkt); errors.Is(err, io.EOF) {
			return in
		} else if err != nil {
			t.Fatal(err)
		}
		err := in.Frame(no, pkt.TS, pkt.Data, func(m *inspect.Message) error {
			line = inspect.AppendJSON(line[:0], m, false)
			var s shown
			if err := json.Unmarshal(line, &s); err != nil {
				return fmt.Errorf("%w in %s", err, line)
			}
			visit(line, &s)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// leaf is a scalar: of a JSON line (value), or of the dissector (wire bytes in hex, or a word put together of its bits).
type leaf struct {
	name  string
	value any // json.Number or string
	x     string
	word  uint64
	bits  bool
}

// flatten lists the scalars of an object in its order, arrays and objects opened.
func flatten(t testing.TB, raw []byte) []leaf {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var list []leaf
	var walk func(name string)
	walk = func(name string) {
		token, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch token {
		case json.Delim('{'):
			for dec.More() {
				key, err := dec.Token()
				if err != nil {
					t.Fatal(err)
				}
				walk(key.(string))
			}
		case json.Delim('['):
			for dec.More() {
				walk(name)
			}
		default:
			list = append(list, leaf{name: name, value: token})
			return
		}
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
	}
	if len(raw) > 0 {
		walk("")
	}
	return list
}

// dissected lists the dissector's fields that have wire bytes; bits are joined to their word.
func dissected(t testing.TB, dst []leaf, n *feedtest.Node) []leaf {
	for i := range n.Kids {
		kid := &n.Kids[i]
		switch word, bits := joinBits(t, kid); {
		case kid.X != "":
			dst = append(dst, leaf{name: feedtest.Name(kid.Key), x: kid.X})
		case bits:
			dst = append(dst, leaf{name: feedtest.Name(kid.Key), word: word, bits: true})
		default:
			dst = dissected(t, dst, kid)
		}
	}
	return dst
}

// joinBits makes a word of a node whose children are masked digits, from bit 0 up; "Unused N" is N bits wide.
func joinBits(t testing.TB, n *feedtest.Node) (word uint64, ok bool) {
	t.Helper()
	at := 0
	for i := range n.Kids {
		bit := &n.Kids[i]
		if len(bit.X) != 1 || len(bit.Kids) > 0 {
			return 0, false
		}
		v, err := strconv.ParseUint(bit.V, 0, 8)
		if err != nil {
			t.Fatalf("%s.%s: %v", n.Key, bit.Key, err)
		}
		word |= v << at
		width := 1
		if w, found := strings.CutPrefix(bit.Key, "Unused "); found {
			width, _ = strconv.Atoi(w)
		}
		at += width
	}
	return word, len(n.Kids) > 0
}

// spells says whether a JSON value is what the wire bytes say.
func (w leaf) spells(value any, bigEndian bool) bool {
	raw, err := hex.DecodeString(w.x)
	text, isText := value.(string)
	switch {
	case isText:
		asText := ""
		for _, c := range []byte(strings.TrimRight(string(raw), " \x00")) {
			asText += string(rune(c))
		}
		return err == nil && !w.bits && (text == asText || text == w.x)
	case w.bits:
		return value == json.Number(strconv.FormatUint(w.word, 10))
	case err != nil || len(raw) == 0 || len(raw) > 8:
		return false
	}
	var u uint64
	for i := range raw {
		c := raw[i]
		if !bigEndian {
			c = raw[len(raw)-1-i]
		}
		u = u<<8 | uint64(c)
	}
	shift := 64 - 8*len(raw)
	return value == json.Number(strconv.FormatUint(u, 10)) || value == json.Number(strconv.FormatInt(int64(u<<shift)>>shift, 10))
}

// decode is one packet of the dissector's file.
type decode struct {
	No           int64           `json:"no"`
	TimeNS       int64           `json:"time_ns"`
	Src          string          `json:"src"`
	Dst          string          `json:"dst"`
	SrcPort      int             `json:"sport"`
	DstPort      int             `json:"dport"`
	App          json.RawMessage `json:"app"`
	header, body *feedtest.Node
	messages     []*feedtest.Node
}

// decodes reads a dissector's file packet by packet.
func decodes(t testing.TB, path string) func() *decode {
	t.Helper()
	f := feedtest.Open(t, path)
	t.Cleanup(func() { f.Close() })
	dec := json.NewDecoder(f)
	for {
		token, err := dec.Token()
		if err != nil {
			t.Fatalf("%s: no packets: %v", path, err)
		}
		if token == "packets" {
			break
		}
	}
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	return func() *decode {
		if !dec.More() {
			return nil
		}
		var d decode
		if err := dec.Decode(&d); err != nil {
			t.Fatal(err)
		}
		app, err := feedtest.ParseTree(d.App)
		if err != nil {
			t.Fatal(err)
		}
		d.body = &app
		for _, key := range []string{"Packet Header", "Iextp Header", "Binary Packet Header", "Technical Header"} {
			if h := app.Find(key); h != nil {
				d.header = h
			}
		}
		if d.messages = app.All("Message"); len(d.messages) == 0 {
			d.messages = app.All("Tcp Message")
		}
		return &d
	}
}

// family says how the dissector's trees of a venue are laid out.
type family struct {
	bigEndian  bool
	perMessage bool // sequence counts messages, not packets
	sequence   string
	session    string
	sent       string
}

var (
	mold  = family{bigEndian: true, perMessage: true, sequence: "Sequence Number", session: "Session"}
	iexTP = family{perMessage: true, sequence: "First Message Sequence Number", session: "Session Id", sent: "Send Time"}
	mdp3  = family{sequence: "Packet Sequence Number", sent: "Sending Time"}
	mdp3T = family{sequence: "Message Sequence Number", sent: "Tcp Sending Time"}
)

// TestGolden: every JSON line of every small capture, and of the large one of CME, is the dissector's decode: packet,
// time, addresses, session, sequence, send time, type, name, and every field in wire order, header, padding and group
// sizes too. No capture shows a problem, an unknown type or leftover bytes.
func TestGolden(t *testing.T) {
	root := feedtest.Captures(t)
	for _, c := range []struct {
		dir, profile      string
		family            family
		packets, messages int
	}{
		{"nasdaq-itch50/Nasdaq.Equities.TotalView.Itch.v5.0", "nasdaq.itch50", mold, 3, 3},
		{"nasdaq-itch50/Nasdaq.Equities.TotalView.Itch.v5.0.20230822", "nasdaq.itch50", mold, 51, 51},
		{"nasdaq-itch50/Bx.Equities.TotalView.Itch.v5.0", "bx.itch50", mold, 2, 2},
		{"nasdaq-itch50/Bx.Equities.TotalView.Itch.v5.0.20230822", "bx.itch50", mold, 51, 51},
		{"nasdaq-itch50/Psx.Equities.TotalView.Itch.v5.0.20230822", "psx.itch50", mold, 30, 30},
		{"nasdaq-bbo21/Nasdaq.Equities.Bbo.Itch.v2.1.20241105", "nasdaq.bbo21", mold, 13, 13},
		{"iex-tops/Tops.IexTp.v1.5", "iex.tops15", iexTP, 6, 57},
		{"iex-deep10/Deep.IexTp.v1.0", "iex.deep10", iexTP, 2, 2},
		{"iex-deepplus10/DeepPlus.IexTp.1.0.2", "iex.deepplus10", iexTP, 11, 377},
		{"cme-mdp3/Mdp3.Sbe.v1.5", "cme.mdp3", mdp3, 3, 12},
		{"cme-mdp3/Mdp3.Sbe.v1.8", "cme.mdp3", mdp3, 1, 3},
		{"cme-mdp3/Mdp3.Sbe.v1.9", "cme.mdp3", mdp3, 2, 6},
		{"cme-mdp3/Mdp3.Sbe.v1.12", "cme.mdp3", mdp3, 3, 3},
		{"cme-mdp3/large", "cme.mdp3", mdp3, 10000, 20546},
	} {
		t.Run(c.dir, func(t *testing.T) {
			t.Parallel()
			large := strings.HasSuffix(c.dir, "large")
			if large && testing.Short() {
				t.Skip("the large capture takes seconds; not run with -short")
			}
			files, err := filepath.Glob(filepath.Join(root, c.dir, "*.pcap"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no captures: %v", err)
			}
			packets, messages, fields := 0, 0, 0
			for _, file := range files {
				ending := ".json"
				if large {
					ending = ".json.gz"
				}
				next := decodes(t, strings.TrimSuffix(file, ".pcap")+ending)
				var d *decode
				at := 0
				in := lines(t, c.profile, file, func(line []byte, m *shown) {
					for d == nil || at == len(d.messages) {
						if d, at = next(), 0; d == nil {
							t.Fatalf("%s: more lines than the dissector has messages: %s", file, line)
						}
					}
					f := c.family
					if d.body.Find("Technical Header") != nil {
						f = mdp3T
					}
					fields += f.compare(t, filepath.Base(file), d, at, m)
					at++
					messages++
				})
				if d == nil || at != len(d.messages) || next() != nil {
					t.Errorf("%s: the dissector goes on after %d messages", file, messages)
				}
				packets += int(in.Packets)
				if in.Problems+in.Unknown+in.Leftover+in.Other != 0 {
					t.Errorf("%s: counts %+v", file, in)
				}
			}
			if packets != c.packets || messages != c.messages {
				t.Errorf("%d packets, %d messages; want %d, %d", packets, messages, c.packets, c.messages)
			}
			t.Logf("%d packets, %d messages, %d fields", packets, messages, fields)
		})
	}
}

// compare holds one JSON line against message at of a packet and returns how many fields were compared.
func (f family) compare(t *testing.T, file string, d *decode, at int, m *shown) int {
	t.Helper()
	where := fmt.Sprintf("%s packet %d message %d", file, d.No, at)
	check := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s %v, the dissector %v", where, what, got, want)
		}
	}
	check("packet", m.Packet, d.No)
	check("ts", m.TS, d.TimeNS)
	check("src", m.Src, fmt.Sprintf("%s:%d", d.Src, d.SrcPort))
	check("dst", m.Dst, fmt.Sprintf("%s:%d", d.Dst, d.DstPort))
	seq, err := strconv.ParseUint(d.header.Find(f.sequence).V, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if f.perMessage {
		seq += uint64(at)
	}
	check("seq", m.Seq, seq)
	if f.session != "" {
		session := d.header.Find(f.session)
		text := session.V
		if raw, err := hex.DecodeString(session.X); err == nil && f.session == "Session" {
			text = strings.TrimRight(string(raw), " \x00")
		}
		check("session", m.Session, text)
	} else {
		check("session", m.Session, "")
	}
	if f.sent != "" {
		check("ts_send", strconv.FormatUint(m.TsSend, 10), d.header.Find(f.sent).V)
	}
	if m.Unknown || m.Truncated || m.Leftover != "" || m.Problem != "" {
		t.Fatalf("%s: %+v", where, m)
	}
	var want []leaf
	header := d.messages[at].Find("Message Header")
	for i := range d.messages[at].Kids {
		kid := &d.messages[at].Kids[i]
		switch {
		case strings.HasSuffix(kid.Key, " Index"):
		case kid == header && header.Find("Template Id") == nil:
			check("type", m.Type, header.Find("Message Type").V) // the length before it is the framing's
		case kid == header:
			check("type", m.Type, header.Find("Template Id").V)
			want = dissected(t, want, header)
		case kid.X != "":
			want = append(want, leaf{name: "message_size", x: kid.X})
		default:
			check("name", m.Name, feedtest.Name(kid.Key))
			want = dissected(t, want, kid)
		}
	}
	got := append(flatten(t, m.Header), flatten(t, m.Fields)...)
	if len(got) != len(want) {
		t.Fatalf("%s: %s: %d fields %v\nthe dissector %d %v", where, m.Name, len(got), got, len(want), want)
	}
	for i := range want {
		if got[i].name != want[i].name || !want[i].spells(got[i].value, f.bigEndian) {
			t.Errorf("%s: %s: field %d is %s = %v, the dissector %+v", where, m.Name, i, got[i].name, got[i].value, want[i])
		}
	}
	return len(want)
}

// TestGoldenLargeIEX: message for message, what the lists of the long IEX captures hold is in the JSON lines.
func TestGoldenLargeIEX(t *testing.T) {
	if testing.Short() {
		t.Skip("the large captures take seconds; not run with -short")
	}
	root := feedtest.Captures(t)
	for _, c := range []struct {
		stem, profile string
		messages      int
	}{
		{"iex-tops/large/TOPS16.part1", "iex.tops16", 46504}, {"iex-deep10/large/DEEP10.part1", "iex.deep10", 286789},
	} {
		t.Run(c.profile, func(t *testing.T) {
			t.Parallel()
			list := feedtest.Open(t, filepath.Join(root, c.stem+".msgs.jsonl.gz"))
			defer list.Close()
			rows := json.NewDecoder(list)
			rows.UseNumber()
			n := 0
			in := lines(t, c.profile, filepath.Join(root, c.stem+".pcap.gz"), func(line []byte, m *shown) {
				var row []any // packet, run, sequence, type, fields
				if err := rows.Decode(&row); err != nil {
					t.Fatalf("message %d: %v: %s", n, err, line)
				}
				n++
				if row[0] != json.Number(strconv.FormatInt(m.Packet, 10)) || row[2] != json.Number(strconv.FormatUint(m.Seq, 10)) || row[3] != m.Type {
					t.Fatalf("message %d is %s, want %v", n, line, row)
				}
				got := map[string]any{}
				for i, l := range flatten(t, m.Fields) {
					got[l.name] = l.value
					if i == 0 { // the first field has a name of its own in each message: state, event, flags
						got["first"] = l.value
					}
				}
				for name, want := range row[4].(map[string]any) {
					key, alias := name, map[string]string{"ts": "timestamp"}
					if a, ok := alias[name]; ok {
						key = a
					}
					value, ok := got[key]
					if !ok {
						value = got["first"]
					}
					if text, isText := value.(string); isText {
						if number, isNumber := want.(json.Number); isNumber && len(text) == 1 {
							value, want = strconv.Itoa(int(text[0])), number.String() // a letter the list spells as its code
						}
					}
					if value != want {
						t.Fatalf("message %d: %s is %v, want %v: %s", n, name, value, want, line)
					}
				}
			})
			if n != c.messages || in.Problems+in.Unknown+in.Leftover != 0 {
				t.Errorf("%d messages, want %d; %+v", n, c.messages, in)
			}
		})
	}
}
