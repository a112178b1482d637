package main

import (
	"strings"
	"testing"
)

// The help of every verb teaches: what it does, and how to call it.
func TestHelpTeaches(t *testing.T) {
	for _, c := range rootCommand().Commands() {
		if c.Name() == "help" || c.Name() == "completion" || c.Hidden {
			continue
		}
		if c.Short == "" || len(c.Long) < 100 || !strings.Contains(c.Long, "wirebook "+c.Name()) {
			t.Errorf("%s: help without an example: %q", c.Name(), c.Long)
		}
		for _, line := range strings.Split(c.Long, "\n") {
			if len(line) > 130 {
				t.Errorf("%s: a line of %d characters: %s", c.Name(), len(line), line)
			}
		}
	}
}

// The shell is told profiles, schemas and formats.
func TestCompletion(t *testing.T) {
	r := newRig(t)
	for args, want := range map[string]string{
		"replay --profile nas":        "nasdaq.itch50",
		"inspect --profile ie":        "iex.deepplus10",
		"export --profile cme":        "cme.mdp3",
		"export --schema m":           "mbp-10",
		"export --format d":           "dbn",
		"replay --trailer m":          "metawatch",
		"replay --input-format pcapn": "pcapng",
		"profiles ps":                 "psx.itch50",
		"sim --protocol md":           "mdp3",
		"rep":                         "replay",
	} {
		got := r.run(append([]string{"__complete"}, strings.Fields(args)...)...)
		if got.code != 0 || !strings.Contains(got.out, want) {
			t.Errorf("%s: %q, want %s", args, got.out, want)
		}
	}
	for _, args := range []string{"--version", "version", "profiles", "profiles iex.deep10", "profiles --json", "profiles --schema", "replay --help"} {
		if got := r.run(strings.Fields(args)...); got.code != 0 || got.out == "" || got.errors != "" {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
