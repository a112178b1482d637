//go:build (amd64 || arm64) && !purego && !race

package shm

import "unsafe"

// commit makes the claimed slot a record and moves on.
//
//go:noescape
func commit(w *Writer, slot unsafe.Pointer)

// publishN marks slot, copies words, puts extra at byte extraAt and channel behind it, commits.
//
//go:noescape
func publishN(slot unsafe.Pointer, committed uint64, src unsafe.Pointer, words, extraAt uintptr, extra, channel uint64)

// pause tells the processor n times that this is a spin loop.
//
//go:noescape
func pause(n uint32)
