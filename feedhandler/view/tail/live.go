package tail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"wirebook/feedhandler/view"
	"wirebook/shm"
)

// refreshEvery is the pace of the table; drainFor bounds how long one look at the rings lasts, so that keys are heard.
const (
	refreshEvery = 125 * time.Millisecond
	drainFor     = 80 * time.Millisecond
)

type tick time.Time

// table is the live table: a program of bubbletea. Rings are read in Update, on the program's own goroutine.
type table struct {
	t             *Tail
	f             *view.Follower
	books         *view.Books
	screen        view.Screen
	rate          view.Rate
	width, height int
	content       string
	ended         bool
}

// Live shows the table until the writer ends, q or Ctrl-C, and leaves a summary on the terminal.
func (t *Tail) Live(ctx context.Context) error {
	f, err := view.Open(ctx, t.Options, t.Timeout, t.waiting)
	if err != nil {
		return calm(ctx, err)
	}
	defer f.Close()
	m := &table{t: t, f: f, books: view.NewBooks(), screen: view.Screen{Palette: view.Colours()}, width: 80, height: 24}
	f.Seed(m.books)
	if err := t.program(ctx, m); err != nil {
		return err
	}
	st := f.Status(time.Now())
	err = view.WriteTable(t.Out, m.books.Active(10), m.width)
	fmt.Fprintln(t.Out, view.Summary(&f.Counts, &st, m.books.Len()))
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// program runs a screen until it ends, or ctx does.
func (t *Tail) program(ctx context.Context, m tea.Model) error {
	options := []tea.ProgramOption{tea.WithoutSignalHandler(), tea.WithFPS(20)}
	if !t.Keys {
		options = append(options, tea.WithInput(nil))
	}
	p := tea.NewProgram(m, options...)
	done := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			p.Quit()
		case <-done:
		}
	}()
	defer close(done)
	if _, err := p.Run(); err != nil {
		return fmt.Errorf("draw the screen: %w (try --plain)", err)
	}
	return nil
}

func next() tea.Cmd { return tea.Tick(refreshEvery, func(at time.Time) tea.Msg { return tick(at) }) }

// Init starts the clock.
func (m *table) Init() tea.Cmd { return func() tea.Msg { return tick(time.Now()) } }

// Update reads the rings and draws anew.
func (m *table) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q", "Q", "esc", "ctrl+c":
			return m, tea.Quit
		}
		return m, nil
	case tick:
		m.drain()
		m.draw(time.Now())
		if m.ended && !m.t.Follow {
			return m, tea.Quit
		}
		return m, next()
	}
	m.draw(time.Now())
	return m, nil
}

// drain takes what the rings hold into the books.
func (m *table) drain() {
	var rec view.Record
	end := time.Now().Add(drainFor)
	for n := 1; ; n++ {
		res := m.f.Next(&rec, 0)
		switch res {
		case shm.Record:
			m.books.Apply(&rec)
		case shm.NewEpoch:
			m.books.Clear()
			m.f.Seed(m.books)
		case shm.Empty, shm.Stopped, shm.StaleWriter:
			m.ended = res == shm.Stopped
			return
		}
		if n%1024 == 0 && !time.Now().Before(end) {
			return
		}
	}
}

func (m *table) draw(now time.Time) {
	st := m.f.Status(now)
	rows := m.books.Active(m.height)
	m.f.Refresh(rows)
	m.screen.Message = ""
	if m.books.Len() == 0 {
		if missing := m.f.Missing(); len(missing) > 0 {
			m.screen.Message = "no instrument " + strings.Join(missing, ", ") + " so far: waiting for it"
		}
	}
	m.content = m.screen.Draw(&st, m.books, &m.f.Counts, m.rate.Add(now, m.f.Counts.Read), rows, m.width, m.height)
}

// View shows what draw made.
func (m *table) View() tea.View {
	v := tea.NewView(m.content)
	v.AltScreen = true
	v.WindowTitle = "wirebook " + m.t.Options.Name
	return v
}
