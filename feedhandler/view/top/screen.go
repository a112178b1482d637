package top

import (
	"context"
	"fmt"
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

// Update takes a reading at each tick.
func (m *Screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q", "Q", "esc", "ctrl+c":
			return m, tea.Quit
		}
	case tick:
		s, err := Open("", m.Instance, m.now)
		if m.err = err; err == nil {
			m.now = s
		}
		return m, m.next()
	}
	return m, nil
}

// View shows the newest reading, or why there is none.
func (m *Screen) View() tea.View {
	lines := Lines(m.now, m.width)
	if m.err != nil {
		lines = append([]string{"cannot read: " + m.err.Error(), ""}, lines...)
	}
	if room := m.height - 1; len(lines) > room && room > 0 {
		lines = append(lines[:room-1], fmt.Sprintf("... %d more lines: make the terminal higher, or --once", len(lines)-room+1))
	}
	content := ""
	for _, l := range lines {
		content += l + "\n"
	}
	v := tea.NewView(content + "q quit")
	v.AltScreen = true
	v.WindowTitle = "wirebook top " + m.Instance
	return v
}
