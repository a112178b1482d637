package cme

import (
	"encoding/hex"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// framer is what both framings are.
type framer interface {
	Header(payload []byte, h *framing.Header) framing.Fault
	Split(dst []framing.Span, payload []byte, h *framing.Header) ([]framing.Span, framing.Fault)
}

// cut splits one payload by the framing its first bytes ask for.
func cutPacket(t testing.TB, payload []byte, tcp bool) (framing.Header, [][]byte) {
	t.Helper()
	var f framer = MDP3Framing{}
	if tcp {
		f = MDP3TCPFraming{}
	}
	var h framing.Header
	if fault := f.Header(payload, &h); fault != framing.FaultNone {
		t.Fatalf("header: %v", fault)
	}
	spans, fault := f.Split(nil, payload, &h)
	if fault != framing.FaultNone {
		t.Fatalf("split: %v", fault)
	}
	var messages [][]byte
	for _, s := range spans {
		if s.Unit != 0 {
			t.Fatalf("span of unit %d", s.Unit)
		}
		messages = append(messages, payload[s.Off:s.Off+s.Len])
	}
	return h, messages
}

// Every message and field of every capture is what the dissector shows, in the dissector's order.
func TestGolden(t *testing.T) {
	root := filepath.Join(feedtest.Captures(t), "cme-mdp3")
	for _, c := range []struct {
		dir      string
		packets  int
		messages int
	}{
		{"Mdp3.Sbe.v1.5", 3, 12}, {"Mdp3.Sbe.v1.8", 1, 3}, {"Mdp3.Sbe.v1.9", 2, 6}, {"Mdp3.Sbe.v1.12", 3, 3},
		{"large", 10000, 20546},
	} {
		t.Run(c.dir, func(t *testing.T) {
			if c.dir == "large" && testing.Short() {
				t.Skip("the large capture takes seconds; not run with -short")
			}
			g := golden{}
			feedtest.GoldenDir(t, filepath.Join(root, c.dir), func(file string, no int, payload []byte, app *feedtest.Node) {
				g.where, g.t = file+" packet "+strconv.Itoa(no), t
				g.packet(payload, app)
			})
			if g.packets != c.packets || g.messages != c.messages {
				t.Errorf("%d packets, %d messages; want %d, %d", g.packets, g.messages, c.packets, c.messages)
			}
			t.Logf("%d packets, %d messages, %d fields", g.packets, g.messages, g.fields)
		})
	}
}

// golden compares and counts.
type golden struct {
	t                         *testing.T
	where                     string
	packets, messages, fields int
}

func (g *golden) packet(payload []byte, app *feedtest.Node) {
	g.packets++
	head, key, seqKey, timeKey := app.Find("Binary Packet Header"), "Message", "Packet Sequence Number", "Sending Time"
	tcp := head == nil
	if tcp {
		head, key, seqKey, timeKey = app.Find("Technical Header"), "Tcp Message", "Message Sequence Number", "Tcp Sending Time"
	}
	h, messages := cutPacket(g.t, payload, tcp)
	if want := head.Find(seqKey).V; strconv.FormatUint(h.Seq, 10) != want {
		g.t.Errorf("%s: sequence %d, want %s", g.where, h.Seq, want)
	}
	if want := head.Find(timeKey).V; strconv.FormatUint(h.TsSend, 10) != want {
		g.t.Errorf("%s: sending time %d, want %s", g.where, h.TsSend, want)
	}
	g.fields += 2
	trees := app.All(key)
	if len(trees) != len(messages) {
		g.t.Fatalf("%s: %d messages, want %d", g.where, len(messages), len(trees))
	}
	for i := range trees {
		g.message(messages[i], trees[i])
	}
}

func (g *golden) message(msg []byte, tree *feedtest.Node) {
	g.messages++
	in := inspect(msg)
	if in.Unknown || in.Truncated || len(in.Leftover) != 0 {
		g.t.Fatalf("%s: unknown %v truncated %v leftover %x", g.where, in.Unknown, in.Truncated, in.Leftover)
	}
	var want []leaf
	for i := range tree.Kids {
		kid := &tree.Kids[i]
		if kid.X != "" {
			want = append(want, leaf{"message_size", kid.X}) // the TCP services call it so too, but for a prefix
			continue
		}
		if kid.Key != "Message Header" && feedtest.Name(kid.Key) != in.Name {
			g.t.Errorf("%s: message %q, want %q", g.where, in.Name, kid.Key)
		}
		want = leaves(want, kid)
	}
	got := flatten(flatten(nil, in.Header), in.Fields)
	g.fields += len(want)
	if len(got) != len(want) {
		g.t.Fatalf("%s: %s: %d fields %v\nwant %d %v", g.where, in.Name, len(got), got, len(want), want)
	}
	for i, w := range want {
		if got[i].Name != w.name || !w.spells(got[i]) {
			g.t.Fatalf("%s: %s: field %d is %+v, want %+v", g.where, in.Name, i, got[i], w)
		}
	}
}

// leaf is a field of the dissector: its name and wire bytes in hex.
type leaf struct{ name, x string }

// leaves lists every field that has wire bytes. A word of bits is its parent's bytes; where the dissector gives the
// parent none, every bit is zero and so is the word.
func leaves(dst []leaf, n *feedtest.Node) []leaf {
	for i := range n.Kids {
		kid := &n.Kids[i]
		switch {
		case kid.X != "":
			dst = append(dst, leaf{feedtest.Name(kid.Key), kid.X})
		case isBits(kid):
			dst = append(dst, leaf{feedtest.Name(kid.Key), "00"})
		default:
			dst = leaves(dst, kid)
		}
	}
	return dst
}

// isBits tells a word of bits from a structure: its fields are single masked digits, all zero here.
func isBits(n *feedtest.Node) bool {
	for i := range n.Kids {
		if n.Kids[i].X != "0" {
			return false
		}
	}
	return len(n.Kids) > 0
}

// spells says whether a value is what the wire bytes say.
func (w leaf) spells(v layout.Value) bool {
	raw, err := hex.DecodeString(w.x)
	if err != nil {
		return false
	}
	switch v.Kind {
	case layout.Text:
		return v.Text == strings.TrimRight(string(raw), " \x00")
	case layout.Opaque:
		return v.Text == w.x
	}
	want := uint64(0)
	for i := len(raw) - 1; i >= 0; i-- {
		want = want<<8 | uint64(raw[i])
	}
	signed := int64(want<<(64-8*len(raw))) >> (64 - 8*len(raw))
	return v.Uint == want && (v.Kind == layout.Uint || v.Int == signed)
}

// flatten lists the fields of what Inspect gave, groups opened.
func flatten(dst []layout.Value, values []layout.Value) []layout.Value {
	for i := range values {
		v := values[i]
		switch {
		case v.Absent:
		case v.Group:
			dst = flatten(dst, v.Dimension)
			for _, entry := range v.Entries {
				dst = flatten(dst, entry)
			}
		default:
			dst = append(dst, v)
		}
	}
	return dst
}
