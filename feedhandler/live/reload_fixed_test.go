package live

import (
	"slices"
	"testing"

	"wirebook/feedhandler/config"
)

// A reload says what of the configuration only a restart can change.
func TestReloadNamesWhatWantsARestart(t *testing.T) {
	was := config.Config{Instance: "a"}
	for key, change := range map[string]func(*config.Config){
		"readers": func(c *config.Config) { c.Readers = 8 },
		"group":   func(c *config.Config) { c.Group = "feeds" },
		"rings":   func(c *config.Config) { c.Rings.MBO = 4096 },
	} {
		is := was
		change(&is)
		if got := fixed(&was, &is); !slices.Equal(got, []string{key}) {
			t.Errorf("%s changed: %q named", key, got)
		}
	}
}
