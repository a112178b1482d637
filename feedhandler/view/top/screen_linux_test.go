package top

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// many makes a screen of an instance with eleven channels besides the fixture's.
func many(t *testing.T, width, height int) *Screen {
	t.Helper()
	_, v, _, a := instance(t)
	atomic.StoreUint64(&a.Lost, 1_234_567)
	now := Read(v, time.Now())
	now.Channels[0].UnitsLost = 5
	for i := range 11 {
		name, lag := fmt.Sprintf("cme-%02d", i), uint64(1000-i)
		now.Channels = append(now.Channels, Channel{Name: name, Active: true, MessagesPerS: Rate(100 + i), Lines: []Line{
			{Name: "A", State: "up", PacketsPerS: Rate(10 * i), LagP99NS: &lag}, {Name: "B", State: "up", Dropped: map[string]uint64{"socket_drops": uint64(i)}},
		}})
	}
	return &Screen{Instance: "one", now: &now, width: width, height: height}
}

// press sends keys, as the terminal does.
func press(m *Screen, keys ...tea.KeyPressMsg) {
	for _, k := range keys {
		m.Update(k)
	}
}

func key(c rune) tea.KeyPressMsg {
	if c < ' ' || c > '~' {
		return tea.KeyPressMsg{Code: c}
	}
	return tea.KeyPressMsg{Code: c, Text: string(c)}
}

// heads returns the two table heads of a text.
func heads(lines []string) (channel, line string) {
	for _, l := range lines {
		if strings.HasPrefix(l, "CHANNEL") {
			channel = l
		}
		if strings.HasPrefix(l, "LINE") {
			line = l
		}
	}
	return channel, line
}

// TestNarrowKeepsWhatMatters: whatever the width, from 80 columns on, loss, drops and lag are seen; wide, all columns.
func TestNarrowKeepsWhatMatters(t *testing.T) {
	for width := 80; width <= 140; width++ {
		m := many(t, width, 24)
		lines := m.lines()
		channel, line := heads(lines)
		for _, word := range []string{"MSGS/S", "GAPS", "LOST", "SUSPECT"} {
			if !strings.Contains(channel, word) {
				t.Errorf("%d columns: no %s in %q", width, word, channel)
			}
		}
		for _, word := range []string{"STATE", "LOST", "DROPPED", "LAG P99"} {
			if !strings.Contains(line, word) {
				t.Errorf("%d columns: no %s in %q", width, word, line)
			}
		}
		text := strings.Join(lines, "\n")
		for _, word := range []string{"1,234,567", "receives by socket", "framing_short_header 2", "socket_drops 7", "wire_unrouted 3", "xdp_drops 9"} {
			if !strings.Contains(text, word) {
				t.Errorf("%d columns: no %q in\n%s", width, word, text)
			}
		}
		for _, l := range lines {
			if len([]rune(l)) > width {
				t.Errorf("%d columns: %q", width, l)
			}
		}
		if t.Failed() {
			return
		}
	}
	channel, line := heads(many(t, 140, 24).lines())
	for _, word := range []string{"NEXT", "HEALED", "INSTR"} {
		if !strings.Contains(channel, word) {
			t.Errorf("wide: no %s in %q", word, channel)
		}
	}
	for _, word := range []string{"FIRST", "DUPLICATE", "LATE", "LAG P50", "PACKETS"} {
		if !strings.Contains(line, word) {
			t.Errorf("wide: no %s in %q", word, line)
		}
	}
}

// TestScroll: every line can be reached, the first stays, and no screen is higher or wider than the terminal.
func TestScroll(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {132, 24}, {200, 100}, {80, 5}, {80, 2}, {20, 3}, {80, 1}, {1, 1}} {
		m := many(t, size[0], size[1])
		all := m.lines()
		seen := map[string]bool{}
		look := func() {
			shown := strings.Split(m.content(), "\n")
			if len(shown) > size[1] {
				t.Fatalf("%v: %d lines", size, len(shown))
			}
			for _, l := range shown {
				if seen[l] = true; len([]rune(l)) > size[0] {
					t.Fatalf("%v: %q", size, l)
				}
			}
			if size[1] > 1 && shown[0] != all[0] {
				t.Fatalf("%v: the first line is %q", size, shown[0])
			}
		}
		look()
		for range all {
			press(m, key(tea.KeyPgDown))
			look()
		}
		for _, l := range all {
			if !seen[l] && size[1] > 2 {
				t.Errorf("%v: paging down never showed %q", size, l)
			}
		}
		end := m.content()
		press(m, key(tea.KeyDown), key(tea.KeyPgDown), key(tea.KeyEnd))
		if m.content() != end {
			t.Errorf("%v: beyond the end\n%s", size, m.content())
		}
		press(m, key(tea.KeyUp))
		if len(all) > m.room() && size[1] > 2 && m.content() == end {
			t.Errorf("%v: up from the end does nothing", size)
		}
		press(m, key(tea.KeyHome), key(tea.KeyUp), key(tea.KeyPgUp))
		if m.at != 0 {
			t.Errorf("%v: home is %d", size, m.at)
		}
	}
	if text := many(t, 80, 24).content(); !strings.Contains(text, "lines 2-23 of ") {
		t.Errorf("the last line does not say that there is more:\n%s", text)
	}
}

// TestSort: s goes through name, rate, lost and lag, for channels and lines; the reading itself stays as it was.
func TestSort(t *testing.T) {
	m := many(t, 132, 100)
	first := func(head string) string {
		lines := m.lines()
		for i, l := range lines {
			if strings.HasPrefix(l, head) {
				return lines[i+1][:22]
			}
		}
		return ""
	}
	for _, want := range [][3]string{
		{"as configured", "itch", "itch A"}, {"name", "cme-00", "cme-00 A"}, {"rate", "cme-10", "cme-10 A"}, {"lost", "itch", "itch A"}, {"lag", "cme-00", "cme-00 A"}, {"name", "cme-00", "cme-00 A"},
	} {
		if !strings.Contains(m.content(), "s sort: "+want[0]) {
			t.Errorf("the last line does not say %s", want[0])
		}
		if got := strings.TrimSpace(first("CHANNEL")); got != want[1] {
			t.Errorf("by %s the first channel is %s, want %s", want[0], got, want[1])
		}
		if got := strings.TrimSpace(first("LINE")); got != want[2] {
			t.Errorf("by %s the first line is %s, want %s", want[0], got, want[2])
		}
		press(m, key('s'))
	}
	if m.now.Channels[0].Name != "itch" || m.now.Channels[11].Name != "cme-10" {
		t.Error("sorting changed the reading: the next one's rates are wrong")
	}
}

func TestHelpOverlay(t *testing.T) {
	m := many(t, 80, 24)
	before := m.content()
	press(m, key('?'))
	for _, word := range []string{"PgDn", "sort: name, rate, lost, lag", "DROPPED", "any key leads back"} {
		if !strings.Contains(m.content(), word) {
			t.Errorf("the help does not say %q:\n%s", word, m.content())
		}
	}
	if _, cmd := m.Update(key(tea.KeyEscape)); cmd != nil || m.content() != before {
		t.Error("a key in the help does more than lead back")
	}
	if _, cmd := m.Update(key('q')); cmd == nil {
		t.Error("q does not quit")
	}
}

// TestZerosAreNoNews: counters that are zero are not listed.
func TestZerosAreNoNews(t *testing.T) {
	s := &Snapshot{Channels: []Channel{}, Dropped: map[string]uint64{}, Counters: map[string]uint64{}}
	s.count("xdp_frames", `queue="eth1/0"`, 9)
	s.count("xdp_drops", `queue="eth1/0"`, 0)
	s.count("xdp_drops", `queue="eth1/1"`, 0)
	text := strings.Join(Lines(s, 80), "\n")
	if strings.Contains(text, "xdp_drops") || !strings.Contains(text, "xdp_frames 9") || !strings.Contains(text, "eth1/1           nothing so far") {
		t.Errorf("zeros:\n%s", text)
	}
}
