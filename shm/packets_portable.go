//go:build (!amd64 && !arm64) || purego || race

package shm

import "sync/atomic"

func release(word *uint64, v uint64) { atomic.StoreUint64(word, v) }

func announce(word *uint64, v uint64) { atomic.StoreUint64(word, v) }

// Claim returns a record with n bytes of payload for the caller to fill: Bytes is set, every other field 0, and the payload holds
// what was there before. It is no record before Commit; a writer that dies in between leaves none. Claiming again drops it. nil where
// n is larger than MaxPayload.
func (w *PacketWriter) Claim(n int) (*PacketHeader, []byte) { return w.claimAside(n) }

// Commit makes what Claim returned a record. Without a claim it does nothing.
func (w *PacketWriter) Commit() { w.commitAside() }
