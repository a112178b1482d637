package config

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestEveryMistakeAtOnceWithItsLine(t *testing.T) {
	text := `instance: "bad name"
publish: [mbo, mbp-2]
colour: green
channels:
  - name: one
    profile: nasdaq.itch51
    lines:
      - {name: A, group: 233.54.12.300, port: 1}
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
		`line 3: unknown key colour`,
		`line 6: channels[0].profile: "nasdaq.itch51"`,
		`line 8: channels[0].lines[0].group: "233.54.12.300"`,
		`line 9: channels[1].name: one`,
		`line 11: "soon" is not a duration`,
		`line 14: channels[1].lines[1].group`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing %q in:\n%v", want, err)
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
