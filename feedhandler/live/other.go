//go:build !linux

package live

import (
	"errors"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/live/worker"
)

var errLinux = errors.New("live receive needs Linux")

func xdpRights() error { return errLinux }

func ntupleOff(string) bool             { return false }
func tagsTakenOff(string) bool          { return false }
func networkNamespace() (uint64, error) { return 0, errLinux }

func clearCPUs([]int) (string, error) { return "", errLinux }
func lockMemory() error               { return errLinux }

// Check fails: only Linux receives.
func Check(*config.Config) error { return errLinux }

func shared(a, b *worker.Feed, live *config.Live) (x, y string) { return "", "" }

func (h *Handler) warnTaken() {}
