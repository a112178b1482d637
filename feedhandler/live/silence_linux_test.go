package live

import (
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/feedtest/wiretest"
	"wirebook/feedhandler/sim"
)

// noon is on a Wednesday, in New York.
var noon = time.Date(2026, 11, 18, 17, 0, 0, 0, time.UTC)

// TestTheSecondRunIsTold: a run whose groups another's filter takes off the interface is told so at its start, with the name
// of the instance, and told again when it hears nothing; both in the log and in the counter that top shows.
func TestTheSecondRunIsTold(t *testing.T) {
	wiretest.New(t)
	first := xdpConfiguration(t, "native", "one1")
	list, _, _ := day(t, 53, 2_000, 1, sim.WireConfig{Seed: 53}, built(t, &first.Channels[0]))
	a, _ := start(t, first, nil)
	second := configuration(t, "one1", "two2")
	second.Instance = "second"
	b, log := startWith(t, Options{Config: second, Shm: a.opts.Shm})
	said := log.String()
	for _, want := range []string{"takes these groups off the interface", "instance " + first.Instance + ", process", "one1 line A (239.10.1.1:26477)", "one1 line B"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said: %s", want, said)
		}
	}
	if strings.Contains(said, "two2 line") {
		t.Errorf("a channel that nobody takes: %s", said)
	}
	sendAll(t, sender(t), list)
	eventually(t, "the first has them", func() bool { return counter(a.view(t), "wire_ok", "") == uint64(len(list)) })
	v := b.view(t)
	b.watchSilence(noon)
	b.watchSilence(noon.Add(50 * time.Second))
	if n := counter(v, "channel_silent_seconds", ""); n != 0 || strings.Contains(log.String(), "hears nothing") {
		t.Errorf("said after 50 s: %d", n)
	}
	b.watchSilence(noon.Add(70 * time.Second))
	b.watchSilence(noon.Add(80 * time.Second))
	if n := counter(v, "channel_silent_seconds", "one1"); n != 80 || strings.Count(log.String(), "a channel hears nothing") != 2 {
		t.Errorf("silent for %d s, want 80, and said once a channel: %s", n, log)
	}
	b.watchSilence(noon.Add(12 * time.Hour))
	if n := counter(v, "channel_silent_seconds", ""); n != 0 {
		t.Errorf("%d s silent at night", n)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	sendAll(t, sender(t), list[:100])
	eventually(t, "the second receives", func() bool { return b.feeds[0].Part.LastHeardNS() != 0 })
	b.watchSilence(noon.Add(24 * time.Hour))
	if n := counter(v, "channel_silent_seconds", "one1"); n != 0 {
		t.Errorf("%d s silent, and it hears", n)
	}
}

// TestSilenceEndsWithTheChannel: a channel that a reload took away is silent no more, and one of its name that another brings
// hours later has not been silent since.
func TestSilenceEndsWithTheChannel(t *testing.T) {
	wiretest.New(t)
	both, one := configuration(t, "one1", "two2"), configuration(t, "one1")
	h, log := start(t, both, nil)
	v := h.view(t)
	h.watchSilence(noon)
	h.watchSilence(noon.Add(70 * time.Second))
	if n := counter(v, "channel_silent_seconds", "two2"); n != 70 {
		t.Fatalf("silent for %d s, want 70", n)
	}
	for _, c := range []*config.Config{one, both} {
		if _, err := h.Reload(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if n := counter(v, "channel_silent_seconds", "two2"); n != 0 {
			t.Errorf("silent for %d s after the reload", n)
		}
	}
	said := strings.Count(log.String(), "channel=two2")
	h.watchSilence(noon.Add(time.Hour))
	if n := counter(v, "channel_silent_seconds", "two2"); n != 0 || strings.Count(log.String(), "channel=two2") != said {
		t.Errorf("a channel that has just come was silent for %d s: %s", n, log)
	}
}

func TestSessionHours(t *testing.T) {
	for _, c := range []struct {
		venue string
		at    time.Time
		want  bool
	}{
		{"XNAS", noon, true}, {"IEXG", noon, true}, {"GLBX", noon, true}, {"", noon, true},
		{"XNAS", noon.AddDate(0, 0, 3), false}, {"GLBX", noon.AddDate(0, 0, 3), false}, {"", noon.AddDate(0, 0, 3), true}, // Saturday
		{"XNAS", noon.Add(12 * time.Hour), false}, {"GLBX", noon.Add(12 * time.Hour), true},
		{"GLBX", time.Date(2026, 11, 18, 22, 30, 0, 0, time.UTC), false}, // the daily pause in Chicago
	} {
		if got := inSession(c.venue, c.at); got != c.want {
			t.Errorf("%s at %s: %v", c.venue, c.at, got)
		}
	}
}
