package config

import (
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"wirebook/feedhandler"
)

const vlanLines = `channels:
  - name: c
    profile: nasdaq.itch50
    lines:
      - {name: A, group: 239.1.1.1, port: 1, vlan: 100}
      - {name: B, group: 239.1.1.1, port: 1, vlan: 200}
      - {name: C, group: 239.1.1.1, port: 1}
      - {name: D, group: 239.1.1.2, port: 1, vlan: any}
`

// TestVLANs: lines may differ by VLAN alone; what any takes is nobody else's.
func TestVLANs(t *testing.T) {
	c, err := Parse("f.yaml", []byte(vlanLines))
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Channels[0].Build()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint16{100, 200, 0, feedhandler.AnyVLAN} {
		if b.Lines[i].VLAN != want {
			t.Errorf("line %d: VLAN %d, want %d", i, b.Lines[i].VLAN, want)
		}
	}
	if _, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{b}}); err != nil {
		t.Error(err)
	}
	text, err := yaml.Marshal(c.Channels[0].Lines)
	if err != nil || !strings.Contains(string(text), "vlan: 100") || !strings.Contains(string(text), "vlan: any") {
		t.Errorf("%s %v", text, err)
	}
	if j, err := json.Marshal(c.Channels[0].Lines[3].VLAN); string(j) != `"any"` {
		t.Errorf("%s %v", j, err)
	}
	for with, want := range map[string]string{
		"vlan: 4095":                         `line 5: channels[0].lines[0].vlan: "4095": must be a VLAN's number, 1 to 4094, or any`,
		"vlan: eth0.5":                       `line 5: channels[0].lines[0].vlan: "eth0.5": must be a VLAN's number`,
		"vlan: 200":                          "line 6: channels[0].lines[1].group: 239.1.1.1:1: group, port, source and VLAN are already those of channel c line A",
		"vlan: any":                          "group, port, source and VLAN are already those of channel c line A",
		"vlan: 100, source: 10.1.1.1}\n#":    "",
		"vlan: 0":                            "line 7: channels[0].lines[2].group: 239.1.1.1:1: group, port, source and VLAN are already those of channel c line A",
		"vlan: 100, interface: eth0.100}\n#": "",
	} {
		_, err := Parse("f.yaml", []byte(strings.Replace(vlanLines, "vlan: 100", with, 1)))
		if want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", with, err, want)
		}
	}
}

func TestChoiceOfChecksums(t *testing.T) {
	for text, want := range map[string][2]bool{ // live, captured
		"": {true, false}, "checksums: auto\n": {true, false}, "checksums: always\n": {true, true}, "checksums: never\n": {false, false},
		"checksums: true\n": {true, true}, "checksums: false\n": {false, false},
	} {
		c, err := Parse("f.yaml", []byte(text+vlanLines))
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{c.Checksums.Live(), c.Checksums.Captured()}; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if _, err := Parse("f.yaml", []byte("checksums: sometimes\n"+vlanLines)); err == nil || !strings.Contains(err.Error(), `line 1: checksums: "sometimes": must be auto, always or never`) {
		t.Error(err)
	}
}
