package view

import (
	"strings"
	"testing"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// TestLinesTellPositions: what is known of a record's place is told, and what is not is told by name.
func TestLinesTellPositions(t *testing.T) {
	const at = 1_748_871_000_000_123_456
	m := shm.MBO{RecordHeader: shm.RecordHeader{Length: shm.SizeMBO / 4, RType: shm.RTypeMBO}, Action: 'A', Side: 'B', TsRecv: at}
	p := segment.Position{
		Natural: shm.Natural{Session: 3, Unit: 4711, K: 2, Times: shm.Times{RecvNS: at, TakenNS: at + 1830, CommitNS: at + 1830 + 412}},
		Place:   shm.Placed, Named: true, ChannelName: "east", SessionName: "MONDAY", Resets: 1,
	}
	r := Record{Schema: shm.SchemaMBO, Body: shm.Bytes(&m), Natural: &p}
	for _, c := range []struct {
		change     func()
		line, json string
	}{
		{func() {}, "| east MONDAY/1 4711.2  13:30:00.000123456 +1830 +412 ns",
			`"place":"placed","channel_name":"east","session":"MONDAY","session_number":3,"resets":1,"unit":4711,"k":2,"ts_burst":1748871000000123456,"ts_taken":1748871000000125286,"ts_commit":1748871000000125698}`},
		{func() { p.Times.TakenNS, p.Times.CommitNS, p.Resets = 0, 0, 0 }, "| east MONDAY 4711.2  13:30:00.000123456", `"ts_taken":null,"ts_commit":null}`},
		{func() { p.Filtered = true }, "| east MONDAY 4711.?  ", `"unit":4711,"k":null,`},
		{func() { p.Place, p.SessionName = shm.Inside, "" }, "| east session 3 4711.?  ", `"place":"inside_unit"`},
		{func() { p.Named, p.ChannelName = false, "" }, "|  session 3 4711.?  ", `"session_number":3,"resets":null,"unit":4711`},
		{func() { p = segment.Position{Place: shm.Orphan} }, "| orphan", `"place":"orphan","channel_name":"","session":"","session_number":0,"resets":0,"unit":null,"k":null,"ts_burst":null,`},
	} {
		c.change()
		if line := string(AppendLine(nil, &r, false)); !strings.Contains(line, c.line) {
			t.Errorf("line %q, want %q in it", line, c.line)
		}
		if text, ok := AppendJSON(nil, &r, false); !ok || !strings.Contains(string(text), c.json) {
			t.Errorf("%s, want %s in it", text, c.json)
		}
	}
}
