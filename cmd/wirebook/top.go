package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"wirebook/feedhandler/view/top"
	"wirebook/shm/segment"
)

// topFlags shape 'wirebook top'.
type topFlags struct {
	instance     string
	every        time.Duration
	once, asJSON bool
}

func topCommand() *cobra.Command {
	var f topFlags
	c := &cobra.Command{
		Use:   "top [flags]",
		Short: "Show an instance at work: lines, rates, gaps, lag, drops, clock, readers",
		Long: `Shows what an instance counts, refreshed in the terminal, from shared memory alone: the writer is not asked, and may be
a live run, a replay, or gone.

  wirebook top                          the instance named default
  wirebook top --instance demo --once   one reading
  wirebook top --json | jq .dropped     one reading as JSON; with --every 1s, one object a line each second

LAG is how far a line's packets come behind the other line's. HEALED gaps were filled by the other line or by a later
packet, GAPS no line filled; LOST are their messages. DROPPED is what the kernel or the NIC's ring had no room for.
SUSPECT counts instruments whose book may be wrong. A line that is "disputed" has said for seconds what another line that is
heard contradicts; where nothing tells which is right, every book of the channel is suspect.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := segment.CheckName(f.instance); err != nil {
				return usageError{err}
			}
			if f.every < 100*time.Millisecond {
				return usageError{fmt.Errorf("--every %s: at least 100ms", f.every)}
			}
			live := isTerminal(os.Stdout) && os.Getenv("TERM") != "dumb" && !f.once && !f.asJSON
			switch {
			case live:
				return f.live(c.Context())
			case f.asJSON && c.Flags().Changed("every") && !f.once:
				return f.stream(c.Context())
			}
			s, err := f.read(nil)
			if err != nil {
				return err
			}
			if f.asJSON {
				enc := json.NewEncoder(os.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(s)
			}
			return top.Text(os.Stdout, s)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&f.instance, "instance", "i", "default", "name of the instance: its directory under /dev/shm/wirebook")
	fl.DurationVar(&f.every, "every", time.Second, "how often to read")
	fl.BoolVar(&f.once, "once", false, "one reading, also on a terminal")
	fl.BoolVar(&f.asJSON, "json", false, "as JSON")
	_ = c.RegisterFlagCompletionFunc("instance", completeInstances)
	return c
}

// read opens the instance anew each time: a restart of the writer makes new files.
func (f *topFlags) read(before *top.Snapshot) (*top.Snapshot, error) {
	v, err := segment.Open("", f.instance)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	s := top.Read(v, time.Now())
	s.Readers = top.Readers(v.Dir, s.PID)
	if before != nil {
		s.Rates(before)
	}
	return &s, nil
}

// stream writes an object a line until it is ended.
func (f *topFlags) stream(ctx context.Context) error {
	enc := json.NewEncoder(os.Stdout)
	var before *top.Snapshot
	for {
		s, err := f.read(before)
		if err != nil {
			return err
		}
		if err := enc.Encode(s); err != nil {
			return err
		}
		before = s
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(f.every):
		}
	}
}

// topScreen is the refreshed screen, a program of bubbletea.
type topScreen struct {
	f      *topFlags
	before *top.Snapshot
	now    *top.Snapshot
	err    error
	width  int
	height int
}

func (f *topFlags) live(ctx context.Context) error {
	first, err := f.read(nil)
	if err != nil {
		return err
	}
	m := &topScreen{f: f, now: first, width: 80, height: 24}
	options := []tea.ProgramOption{tea.WithoutSignalHandler(), tea.WithFPS(10)}
	if !isTerminal(os.Stdin) {
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

func (m *topScreen) next() tea.Cmd {
	return tea.Tick(m.f.every, func(at time.Time) tea.Msg { return tick(at) })
}

// Init starts the clock.
func (m *topScreen) Init() tea.Cmd { return m.next() }

// Update takes a reading at each tick.
func (m *topScreen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q", "Q", "esc", "ctrl+c":
			return m, tea.Quit
		}
	case tick:
		s, err := m.f.read(m.now)
		if m.err = err; err == nil {
			m.before, m.now = m.now, s
		}
		return m, m.next()
	}
	return m, nil
}

// View shows the newest reading, or why there is none.
func (m *topScreen) View() tea.View {
	lines := top.Lines(m.now, m.width)
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
	v.WindowTitle = "wirebook top " + m.f.instance
	return v
}
