package config

import (
	"strings"
	"testing"
)

// A set is channels of one feed on one worker; unless told otherwise, those of a publisher and worker are one.
func TestSets(t *testing.T) {
	const head = "live: {interface: lo, cpus: [0, 1]}\nchannels:\n"
	line := func(port string) string { return "  lines: [{name: A, group: 224.0.31.1, port: " + port + "}]\n" }
	for name, c := range map[string]struct{ text, want string }{
		"two workers":  {"- name: a\n  profile: cme.mdp3\n  set: x\n" + line("1") + "- name: b\n  profile: cme.mdp3\n  set: x\n  worker: 1\n" + line("2"), "line 10: channels[1].worker: 1: channels of a set belong to one worker, and a of this set is worker 0's"},
		"another feed": {"- name: a\n  profile: nasdaq.itch50\n  set: x\n" + line("1"), "line 5: channels[0].set: x: channels of nasdaq.itch50 form no sets"},
		"two feeds":    {"- name: a\n  profile: cme.mdp3\n  set: x\n" + line("1") + "- name: b\n  profile: iex.deep10\n  set: x\n" + line("2"), "channels of iex.deep10 form no sets"},
		"right":        {"- name: a\n  profile: cme.mdp3\n  set: x\n" + line("1") + "- name: b\n  profile: cme.mdp3\n  set: x\n" + line("2"), ""},
	} {
		_, err := Parse("f.yaml", []byte(head+c.text))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sets := map[string]string{}
	for name, ch := range map[string]Channel{
		"one": {Profile: "cme.mdp3"}, "two": {Profile: "cme.mdp3"}, "other worker": {Profile: "cme.mdp3", Worker: 1},
		"other publisher": {Profile: "cme.mdp3", PublisherID: 9}, "told": {Profile: "cme.mdp3", Set: "mine"}, "none": {Profile: "nasdaq.itch50"},
	} {
		ch.Name = name
		built, err := ch.Build()
		if err != nil {
			t.Fatal(err)
		}
		sets[name] = built.Set
	}
	if sets["one"] == "" || sets["one"] != sets["two"] || sets["one"] == sets["other worker"] || sets["one"] == sets["other publisher"] || sets["told"] != "mine" || sets["none"] != "" {
		t.Errorf("%v", sets)
	}
}
