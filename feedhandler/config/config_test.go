package config

import (
	"errors"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"wirebook/shm/segment"
)

func TestEveryMistakeAtOnceWithItsLine(t *testing.T) {
	text := `instance: "bad name"
publish: [mbo, mbp-2]
colour: green
channels:
  - name: one
    profile: nasdaq.itch51
    lines:
      - {name: A, group: 233.54.12.300, port: 0}
  - name: one
    profile: nasdaq.itch50
    gap_timeout: soon
    lines:
      - {name: A, group: 233.54.12.1, port: 1}
      - {name: B, group: 233.54.12.1, port: 1}
`
	_, err := Parse("feeds.yaml", []byte(text))
	if !errors.Is(err, ErrInvalid) {
		t.Fatalf("error %v, want ErrInvalid", err)
	}
	for _, want := range []string{
		`line 1: instance: bad name`,
		`line 2: publish[1]: mbp-2`,
		`line 3: colour: unknown key; there are instance, group, publish, latest, digests, checksums, readers, trailer, rings, live, channels`,
		`line 6: channels[0].profile: "nasdaq.itch51"`,
		`line 8: channels[0].lines[0].group: "233.54.12.300"`,
		`line 8: channels[0].lines[0].port: 0: must be 1 to 65535`,
		`line 9: channels[1].name: one`,
		`line 11: channels[1].gap_timeout: "soon": must be a duration such as 50ms or 2s`,
		`line 14: channels[1].lines[1].group`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
		}
	}
}

// Values of the wrong kind are told like all the rest: line, key, value, rule, in the order of the file.
func TestWrongKinds(t *testing.T) {
	text := `latest: perhaps
publish: mbo
rings: [1, 2]
channels:
  - name: a
    profile: nasdaq.itch50
    channel_id: 256
    publisher_id: -1
    max_orders: many of them, far too many
    lines:
      - {name: A, group: 233.54.12.1, port: 99999, speed: 1}
      - 7
`
	_, err := Parse("f.yaml", []byte(text))
	if err == nil {
		t.Fatal("accepted")
	}
	at := 0
	for _, want := range []string{
		"f.yaml: line 1: latest: perhaps: must be true or false",
		"f.yaml: line 2: publish: mbo: must be a list of text",
		"f.yaml: line 3: rings: a list: must be keys with values",
		"f.yaml: line 7: channels[0].channel_id: 256: must be a number from 0 to 255",
		"f.yaml: line 8: channels[0].publisher_id: -1: must be a number from 0 to 65535",
		"f.yaml: line 9: channels[0].max_orders: many of...: must be a whole number",
		"f.yaml: line 11: channels[0].lines[0].speed: unknown key; there are name, group, port, source, vlan, interface, recovery",
		"f.yaml: line 12: channels[0].lines[1]: 7: must be keys with values",
	} {
		i := strings.Index(err.Error(), want)
		if i < at {
			t.Errorf("missing, or out of order: %q in:\n%v", want, err)
			continue
		}
		at = i
	}
	if !strings.Contains(err.Error(), "f.yaml: line 11: channels[0].lines[0].port: 99999: must be 1 to 65535") || strings.Contains(err.Error(), "uint") {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"just words":          "f.yaml: line 1: the file: just words: must be keys with values",
		"channels: {a: [}":    "f.yaml: did not find",
		"live: {cpu: [1]}":    "f.yaml: line 1: live.cpu: unknown key; there are interface, rx, xdp_mode, cpus,",
		"rings: {mbp1: 1}":    "f.yaml: line 1: rings.mbp1: unknown key; there are mbo, mbp-1, mbp-10, trades, admin, marks, packets, huge_dir, instruments",
		"channels: [{x: 1}]":  "f.yaml: line 1: channels[0].x: unknown key; there are name, profile,",
		"a: b\n\tc: d":        "f.yaml: line 2: found a tab",
		"channels: nothing\n": "f.yaml: line 1: channels: nothing: must be a list",
		"channels: [{name: c, profile: abc, max_orders: abc}]":                  "channels[0].max_orders: abc: must be a whole number",
		"channels: [{name: c, lines: [{name: A, group: abc, port: abc}]}]":      "channels[0].lines[0].port: abc: must be 1 to 65535",
		"channels: [{name: c, lines: [{name: abc, group: abc}]}]":               "channels[0].lines[0].group: \"abc\": must be an IPv4 address",
		"live: {busy_poll: soon, interface: soon}\nchannels: [{profile: soon}]": "live.busy_poll: \"soon\": must be a duration",
	} {
		if _, err := Parse("f.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestGoodConfig(t *testing.T) {
	c, err := Parse("feeds.yaml", []byte(`
instance: nasdaq
channels:
  - name: itch
    profile: nasdaq.itch50
    gap_timeout: 20ms
    lines:
      - {name: A, group: 233.54.12.111, port: 26477}
      - {name: B, group: 233.49.196.111, port: 26477, source: 10.0.0.1}
`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Instance != "nasdaq" || len(c.Channels[0].Lines) != 2 || c.Channels[0].GapTimeout != 20_000_000 {
		t.Fatalf("read as %+v", c)
	}
}

func TestUnknownProfileSuggests(t *testing.T) {
	_, err := FindProfile("iex.tops17")
	if err == nil || !strings.Contains(err.Error(), "iex.tops16") {
		t.Fatalf("error %v does not suggest iex.tops16", err)
	}
	if _, err := FindProfile(""); err == nil || !strings.Contains(err.Error(), "there are bx.itch50, cme.mdp3") {
		t.Errorf("no name: %v, want the list", err)
	}
}

func TestPublishedSchemaIsCurrent(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	const path = "../../docs/config.schema.json"
	if os.Getenv("WIREBOOK_UPDATE") != "" {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatal("docs/config.schema.json is not what the Go types say: run make generate")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("channels:\n  - name: a\n    profile: nasdaq.itch50\n"))
	f.Add([]byte("channels: 3"))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("fuzz.yaml", data)
		if err == nil && len(c.Channels) == 0 {
			t.Fatal("accepted a configuration without channels")
		}
	})
}

func TestRoomAtTheStartIsWithinTheMost(t *testing.T) {
	const text = "channels:\n  - name: one\n    profile: nasdaq.itch50\n"
	for keys, want := range map[string]string{
		"    max_orders: 1000\n":                           "", // less than the profile's start: it is cut
		"    max_orders: 1000\n    initial_orders: 1000\n": "",
		"    max_orders: 1000\n    initial_orders: 1001\n": "line 5: channels[0].initial_orders: 1001: must not exceed max_orders, 1000",
		"    max_orders: 268435457\n":                      "line 4: channels[0].max_orders: 268435457: must be 0 to 268435456",
		"    initial_orders: 20000000\n":                   "line 4: channels[0].initial_orders: 20000000: must not exceed max_orders, 16777216",
	} {
		_, err := Parse("f.yaml", []byte(text+keys))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", keys, err, want)
		}
	}
}

// TestEmptyFile: a file without anything is one mistake, however it says nothing.
func TestEmptyFile(t *testing.T) {
	for _, text := range []string{"", "# channels will follow\n", "---\n", "null\n", "~", "# a document\n---\n"} {
		_, err := Parse("x.yaml", []byte(text))
		if err == nil || !strings.HasSuffix(err.Error(), "mistakes:\n  x.yaml: the file says nothing; it needs channels") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestInstanceNames: the published schema takes the names that shared memory takes.
func TestInstanceNames(t *testing.T) {
	field, _ := reflect.TypeFor[Config]().FieldByName("Instance")
	_, pattern, _ := strings.Cut(field.Tag.Get("jsonschema"), "pattern=")
	pattern, _, _ = strings.Cut(pattern, ",default")
	schema := regexp.MustCompile(strings.ReplaceAll(pattern, `\,`, ","))
	for name, good := range map[string]bool{
		strings.Repeat("n", 63): true, strings.Repeat("n", 64): false, "": false, "a": true, "_a": false, ".a": false, "a b": false, "a-b.c_d": true, "1": true, "ä": false,
	} {
		if err := segment.CheckName(name); (err == nil) != good || schema.MatchString(name) != good {
			t.Errorf("%q: %v, by the schema %v, want %v", name, err, schema.MatchString(name), good)
		}
	}
}
