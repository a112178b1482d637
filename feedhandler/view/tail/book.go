package tail

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"wirebook/feedhandler/view"
	"wirebook/shm"
)

// ladder opens the instance for the ladder of an instrument.
func (t *Tail) ladder(ctx context.Context) (*view.Follower, error) {
	o := t.Options
	o.Ladder, o.From = true, view.FromOldest
	return view.Open(ctx, o, t.Timeout, t.waiting)
}

// Book shows the ladder of one instrument once.
func (t *Tail) Book(ctx context.Context, symbol string) error {
	f, err := t.ladder(ctx)
	if err != nil {
		return calm(ctx, err)
	}
	defer f.Close()
	l, err := f.ReadLadder(symbol)
	if err != nil {
		return err
	}
	var text []byte
	if !t.JSON {
		text = []byte(strings.Join(l.Lines(t.Raw), "\n") + "\n")
	} else if text, err = view.AppendLadderJSON(nil, l, t.Strings); err != nil {
		return err
	}
	if _, err := t.Out.Write(text); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	st := f.Status(time.Now())
	switch state := st.StateName(); {
	case state == "died":
		t.note("the writer's process %d is gone, and did not end in good order: the book is as it left it", st.PID)
	case st.Stale:
		t.note("the writer (process %d) is silent: the book is as it left it", st.PID)
	}
	return nil
}

// rungs is the live ladder: a program of bubbletea, as table is.
type rungs struct {
	t             *Tail
	f             *view.Follower
	symbol        string
	ladder        *view.Ladder // nil: there is no such instrument so far
	screen        view.Screen
	width, height int
	content       string
	ended         bool
}

// LiveBook shows the ladder of one instrument until the writer ends, q or Ctrl-C, and leaves it on the terminal.
func (t *Tail) LiveBook(ctx context.Context, symbol string) error {
	f, err := t.ladder(ctx)
	if err != nil {
		return calm(ctx, err)
	}
	defer f.Close()
	m := &rungs{t: t, f: f, symbol: symbol, screen: view.Screen{Palette: view.Colours()}, width: 80, height: 24}
	if m.ladder, err = f.Ladder(symbol); err != nil && f.AnyInstrument() {
		return err // and of an instance that has none so far, it may come
	}
	if err := t.program(ctx, m); err != nil {
		return err
	}
	if m.ladder != nil {
		_, err = io.WriteString(t.Out, strings.Join(m.ladder.Lines(false), "\n")+"\n")
	} else {
		_, err = f.Ladder(symbol)
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// Init starts the clock.
func (m *rungs) Init() tea.Cmd { return func() tea.Msg { return tick(time.Now()) } }

// Update reads the ring and draws anew.
func (m *rungs) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
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

// drain takes what the ring holds into the ladder.
func (m *rungs) drain() {
	if m.ladder == nil {
		m.ladder, _ = m.f.Ladder(m.symbol)
	}
	var rec view.Record
	end := time.Now().Add(drainFor)
	for n := 1; ; n++ {
		res := m.f.Next(&rec, 0)
		switch res {
		case shm.Record:
			if m.ladder != nil {
				m.f.TakeLadder(m.ladder, &rec)
			}
		case shm.NewEpoch:
			m.ladder, _ = m.f.Ladder(m.symbol)
		case shm.Empty, shm.Stopped, shm.StaleWriter:
			m.ended = res == shm.Stopped
			return
		}
		if n%1024 == 0 && !time.Now().Before(end) {
			return
		}
	}
}

func (m *rungs) draw(now time.Time) {
	if m.ladder != nil && !m.f.RefreshLadder(m.ladder) {
		m.ladder, _ = m.f.Ladder(m.symbol)
	}
	m.screen.Message = ""
	if m.ladder == nil {
		m.screen.Message = "no instrument " + m.symbol + " so far: waiting for it"
	}
	st := m.f.Status(now)
	m.content = m.screen.DrawLadder(&st, m.ladder, m.width, m.height)
}

// View shows what draw made.
func (m *rungs) View() tea.View {
	v := tea.NewView(m.content)
	v.AltScreen = true
	v.WindowTitle = "wirebook " + m.symbol
	return v
}
