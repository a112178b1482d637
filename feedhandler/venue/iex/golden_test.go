package iex

import (
	"encoding/hex"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/layout"
)

// Every message and field of the small captures equals the dissector's decode.
func TestGolden(t *testing.T) {
	captures := feedtest.Captures(t)
	for _, c := range []struct {
		dir  string
		tp   TP
		dec  func() decoder
		want int
	}{
		{"iex-tops/Tops.IexTp.v1.5", TP{ProtocolTOPS}, func() decoder { return NewTOPS(TOPS15, 100) }, 6},
		{"iex-deep10/Deep.IexTp.v1.0", TP{ProtocolDEEP}, func() decoder { return NewDEEP(100) }, 2},
		{"iex-deepplus10", TP{ProtocolDEEPPlus}, func() decoder { return NewDEEPPlus(100) }, 11},
	} {
		t.Run(c.dir, func(t *testing.T) {
			header := layout.Of[SegmentHeader]("", "iextp_header")
			packets := 0
			feedtest.GoldenDir(t, filepath.Join(captures, c.dir), func(file string, no int, payload []byte, app *feedtest.Node) {
				packets++
				where := filepath.Base(file) + " packet " + strconv.Itoa(no)
				compareFields(t, where, app.Find("Iextp Header"), header.Read(payload, headerBytes))
				h, msgs := split(t, c.tp, payload)
				if got := app.Find("Iextp Header").Find("Session Id").V; got != c.tp.Session(payload) || got != strconv.FormatUint(h.Session, 10) {
					t.Errorf("%s: session %s, dissector %s", where, c.tp.Session(payload), got)
				}
				want := app.All("Message")
				if len(want) != len(msgs) {
					t.Fatalf("%s: %d messages, dissector %d", where, len(msgs), len(want))
				}
				d, b := c.dec(), newBatch()
				for i, msg := range msgs {
					compareMessage(t, where+" message "+strconv.Itoa(i), want[i], d.Inspect(msg))
					if fault := d.Decode(b, msg); fault != 0 {
						t.Errorf("%s message %d: %v", where, i, fault)
					}
				}
			})
			if packets != c.want {
				t.Errorf("%d packets, expected %d", packets, c.want)
			}
		})
	}
}

func compareMessage(t *testing.T, where string, want *feedtest.Node, got layout.Inspected) {
	t.Helper()
	if code := want.Find("Message Header").Find("Message Type").V; got.Type != code || got.Truncated || got.Unknown || got.Leftover != nil {
		t.Fatalf("%s: %+v, dissector type %s", where, got, code)
	}
	for i := range want.Kids {
		kid := &want.Kids[i]
		if strings.HasSuffix(kid.Key, " Message") {
			if feedtest.Name(kid.Key) != got.Name {
				t.Fatalf("%s: %s, dissector %s", where, got.Name, kid.Key)
			}
			compareFields(t, where, kid, got.Fields)
			return
		}
	}
	t.Fatalf("%s: the dissector shows no message body", where)
}

func compareFields(t *testing.T, where string, want *feedtest.Node, got []layout.Value) {
	t.Helper()
	if len(want.Kids) != len(got) {
		t.Fatalf("%s: %d fields, dissector %d", where, len(got), len(want.Kids))
	}
	for i := range want.Kids {
		kid, v := &want.Kids[i], got[i]
		if feedtest.Name(kid.Key) != v.Name {
			t.Errorf("%s: field %s, dissector %s", where, v.Name, kid.Key)
		}
		var ok bool
		raw, err := hex.DecodeString(kid.X)
		switch {
		case len(kid.Kids) > 0:
			ok = v.Kind == layout.Uint && v.Uint == joinBits(t, kid)
		case err != nil || kid.X == "":
			t.Fatalf("%s: %s has no wire bytes", where, kid.Key)
		case v.Kind == layout.Text:
			ok = v.Text == strings.TrimRight(string(raw), " \x00")
		case v.Kind == layout.Opaque:
			ok = v.Text == kid.X
		default:
			var x uint64
			for j := len(raw) - 1; j >= 0; j-- {
				x = x<<8 | uint64(raw[j])
			}
			shift := 64 - 8*len(raw)
			ok = v.Uint == x && (v.Kind != layout.Int || v.Int == int64(x<<shift)>>shift)
		}
		if !ok || v.Absent {
			t.Errorf("%s: %s is %+v, dissector %s %s", where, kid.Key, v, kid.V, kid.X)
		}
	}
}

// joinBits makes a flag word of its bits, shown from bit 0 up; "Unused N" is N bits wide. The one word the
// dissector shows the other way round, modify flags, is 0 in the captures.
func joinBits(t *testing.T, word *feedtest.Node) uint64 {
	t.Helper()
	var x uint64
	pos := 0
	for i := range word.Kids {
		bit := &word.Kids[i]
		width := 1
		if n, found := strings.CutPrefix(bit.Key, "Unused "); found {
			width, _ = strconv.Atoi(n)
		}
		v, err := strconv.ParseUint(bit.V, 0, 8)
		if err != nil {
			t.Fatalf("%s.%s: %v", word.Key, bit.Key, err)
		}
		x |= v << pos
		pos += width
	}
	if pos != 8 {
		t.Fatalf("%s: %d bits", word.Key, pos)
	}
	return x
}
