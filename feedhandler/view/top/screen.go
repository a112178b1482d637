package top

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"wirebook/shm/segment"
)

// Open takes a reading of an instance, with its rates where an earlier one is given. It opens the instance anew each
// time: a restart of the writer makes new files.
func Open(root, instance string, before *Snapshot) (*Snapshot, error) {
	v, err := segment.Open(root, instance)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	s := Read(v, time.Now())
	s.Readers = Readers(v.Dir, s.PID)
	s.Announced = announced(v)
	if before != nil {
		s.Rates(before)
	}
	return &s, nil
}

// Twice takes two readings, so that there are rates: for who looks once. A writer that ended has none.
func Twice(ctx context.Context, root, instance string, apart time.Duration) (*Snapshot, error) {
	first, err := Open(root, instance, nil)
	if err != nil || !first.Alive || first.State != "running" {
		return first, err
	}
	select {
	case <-ctx.Done():
		return first, nil
	case <-time.After(apart):
	}
	return Open(root, instance, first)
}

// Screen is the refreshed screen, a program of bubbletea.
type Screen struct {
	Instance string
	Every    time.Duration
	Keys     bool // standard input is a terminal that can say q

	now           *Snapshot
	err           error
	by            Order
	at            int // lines scrolled away below the first
	help          bool
	width, height int
}

type tick time.Time

// Run shows the screen until q, Ctrl-C or the end of ctx.
func (m *Screen) Run(ctx context.Context) (err error) {
	if m.now, err = Open("", m.Instance, nil); err != nil {
		return err
	}
	m.width, m.height = 80, 24
	options := []tea.ProgramOption{tea.WithoutSignalHandler(), tea.WithFPS(10)}
	if !m.Keys {
		options = append(options, tea.WithInput(nil))
	}
	p := tea.NewProgram(m, options...)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-ctx.Done():
			p.Quit()
		case <-done:
		}
	}()
	if _, err := p.Run(); err != nil {
		return fmt.Errorf("draw: %w (try --once)", err)
	}
	return nil
}

func (m *Screen) next() tea.Cmd {
	return tea.Tick(m.Every, func(at time.Time) tea.Msg { return tick(at) })
}

// Init starts the clock.
func (m *Screen) Init() tea.Cmd { return m.next() }

// Update takes a reading at each tick, and keys.
func (m *Screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m, m.key(msg.String())
	case tick:
		s, err := Open("", m.Instance, m.now)
		if m.err = err; err == nil {
			m.now = s
		}
		return m, m.next()
	}
	return m, nil
}

// key does what a key says.
func (m *Screen) key(key string) tea.Cmd {
	if m.help && key != "ctrl+c" {
		m.help = false // any key leads back
		return nil
	}
	m.bound() // the terminal, or the reading, may be another since
	page := max(m.room()-1, 1)
	switch key {
	case "q", "Q", "esc", "ctrl+c":
		return tea.Quit
	case "?", "h":
		m.help = true
	case "s":
		m.by = m.by.Next()
	case "up", "k":
		m.at--
	case "down", "j":
		m.at++
	case "pgup":
		m.at -= page
	case "pgdown", "space":
		m.at += page
	case "home", "g":
		m.at = 0
	case "end", "G":
		m.at = 1 << 30
	}
	m.at = max(m.at, 0)
	m.bound()
	return nil
}

// bound keeps the scrolling within the lines there are.
func (m *Screen) bound() { m.at = min(m.at, max(len(m.lines())-m.room(), 0)) }

// helpLines explain keys and columns.
var helpLines = []string{
	"wirebook top: keys",
	"",
	"  arrows, PgUp, PgDn, Home, End   scroll",
	"  s                               sort: name, rate, lost, lag",
	"  ?                               this help; any key leads back",
	"  q, Esc, Ctrl-C                  quit",
	"",
	"MSGS/S, PKTS/S  a second, since the reading before",
	"STATE, SINCE    live, or gapped, stale and why; since when, UTC",
	"HEALED          gaps that the other line or a later packet filled",
	"GAPS, LOST      gaps that no line filled, and their messages",
	"SUSPECT         instruments whose book may be wrong",
	"LOST of a line  what this line did not bring",
	"DROPPED         what the kernel or the NIC's ring had no room for",
	"LAG             how far a line comes behind the other: half, 99 of 100",
	"",
	"A narrow terminal shows fewer columns; 'wirebook top --once' shows all.",
}

// lines is the whole text; the first stays in place when the rest scrolls: who it is, or why nothing can be read.
func (m *Screen) lines() []string {
	lines := Sorted(m.now, m.width, m.by)
	if m.err != nil {
		lines = append([]string{cut("cannot read: "+m.err.Error(), m.width)}, lines...)
	}
	return lines
}

// room is how many lines there is place for above the last.
func (m *Screen) room() int { return max(m.height-1, 1) }

// content is what the screen shows: the first line in place, the others from where was scrolled to, the keys below.
func (m *Screen) content() string {
	lines, room := m.lines(), m.room()
	foot := "q quit   ? help   s sort: " + m.by.String()
	switch {
	case m.help:
		lines, foot = nil, "any key leads back"
		for _, l := range helpLines[:min(len(helpLines), room)] {
			lines = append(lines, cut(l, m.width))
		}
	case len(lines) > room:
		all := len(lines)
		at := min(m.at, all-room)
		lines = append([]string{lines[0]}, lines[at+1:at+room]...)
		foot += fmt.Sprintf("   lines %d-%d of %d: arrows, PgUp, PgDn", min(at+2, all), at+room, all)
	}
	if m.height <= 1 {
		return cut(foot, m.width)
	}
	return strings.Join(append(slices.Clip(lines), cut(foot, m.width)), "\n")
}

// View shows the newest reading, or why there is none.
func (m *Screen) View() tea.View {
	v := tea.NewView(m.content())
	v.AltScreen = true
	v.WindowTitle = "wirebook top " + m.Instance
	return v
}
