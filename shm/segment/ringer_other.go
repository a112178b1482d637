//go:build !linux

package segment

import (
	"time"

	"wirebook/shm"
)

type ringer struct{}

func newRinger(*mapping, shm.ReadersConfig) (*ringer, error) { return nil, ErrUnsupported }
func (g *ringer) doorbell(uint16) *shm.Doorbell              { return nil }
func (g *ringer) wakeAll()                                   {}
func (g *ringer) stop(uint32)                                {}
func endDoorbells(*mapping, uint32)                          {}
func sleepOn(*uint32, uint32, time.Duration) bool            { return false }
