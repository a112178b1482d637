package config

import (
	"strings"
	"testing"
)

// Only what is near is suggested, and of that the nearest.
func TestNear(t *testing.T) {
	var profiles []string
	for _, p := range Profiles() {
		profiles = append(profiles, p.Name)
	}
	flags := strings.Fields("profile config symbol input-format instance json from until")
	for _, c := range []struct {
		word  string
		names []string
		want  string
	}{
		{"nasdaq.itch51", profiles, "nasdaq.itch50"},
		{"NASDAQ.ITCH50", profiles, "nasdaq.itch50"},
		{"nasdaq.ithc50", profiles, "nasdaq.itch50"},
		{"iex.tops17", profiles, "iex.tops15 iex.tops16"},
		{"itch", profiles, "bx.itch50 nasdaq.itch50 psx.itch50"},
		{"cme.mpd3", profiles, "cme.mdp3"},
		{"nasdaq.fix44", profiles, ""}, // one venue, another feed
		{"x", profiles, ""},
		{"", profiles, ""},
		{"profil", flags, "profile"},
		{"symbols", flags, "symbol"},
		{"jsno", flags, "json"},
		{"frobnicate", flags, ""},
		{"x", flags, ""},
	} {
		if got := strings.Join(Near(c.word, c.names), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.word, got, c.want)
		}
	}
}

// A value that cannot be read is told once, with its own rule: not again as the nothing that stands for it, and not as the
// place of another line.
func TestPortMistakesAreToldOnce(t *testing.T) {
	_, err := Parse("f.yaml", []byte(`channels:
  - name: a
    profile: nasdaq.itch50
    lines:
      - {name: A, group: 233.54.12.1, port: 266477}
      - {name: B, group: 233.54.12.1, port: -5}
      - {name: C, group: 233.54.12.1, port: abc}
      - {name: D, group: 233.54.12.1, port: 0}
      - {name: E, group: 233.54.12.1}
`))
	want := `configuration has mistakes:
  f.yaml: line 5: channels[0].lines[0].port: 266477: must be 1 to 65535
  f.yaml: line 6: channels[0].lines[1].port: -5: must be 1 to 65535
  f.yaml: line 7: channels[0].lines[2].port: abc: must be 1 to 65535
  f.yaml: line 8: channels[0].lines[3].port: 0: must be 1 to 65535
  f.yaml: line 9: channels[0].lines[4].port: 0: must be 1 to 65535`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}
