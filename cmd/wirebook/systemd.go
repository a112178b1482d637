package main

import (
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// manager tells the service manager how it goes, where there is one. A manager that does not read blocks its own
// goroutine and nothing else.
type manager struct {
	log    *slog.Logger
	states chan string
	ended  chan struct{}
	every  time.Duration // of the watchdog; 0 without one
	fed    time.Time
}

func newManager(log *slog.Logger) *manager {
	m := &manager{log: log, states: make(chan string, 64), ended: make(chan struct{})}
	if every, err := daemon.SdWatchdogEnabled(false); err == nil {
		m.every = every / 3
	}
	go func() {
		defer close(m.ended)
		for s := range m.states {
			if _, err := daemon.SdNotify(false, s); err != nil {
				m.log.Warn("the service manager was not told", "state", s, "error", err)
			}
		}
	}()
	return m
}

// tell never waits: what finds no room is left out.
func (m *manager) tell(state string) {
	select {
	case m.states <- state:
	default:
	}
}

// alive feeds the watchdog, at a third of its interval.
func (m *manager) alive() {
	if m.every == 0 {
		return
	}
	if now := time.Now(); now.Sub(m.fed) >= m.every {
		m.fed = now
		m.tell(daemon.SdNotifyWatchdog)
	}
}

// close waits a moment for what is still to be told. Nobody tells anything any more.
func (m *manager) close() {
	close(m.states)
	select {
	case <-m.ended:
	case <-time.After(500 * time.Millisecond):
	}
}
