//go:build (amd64 || arm64) && !purego

package shm

import "unsafe"

// publishMBO does all of PublishMBO in one call: schema check, claim, mark, copy, commit.
//
//go:noescape
func publishMBO(w *Writer, m *MBO) uint64

// publishTrade is PublishTrade in one call.
//
//go:noescape
func publishTrade(w *Writer, m *Trade, tradeID uint64) uint64

// publishMBP1 is PublishMBP1 in one call.
//
//go:noescape
func publishMBP1(w *Writer, m *MBP1, tradeID uint64) uint64

// publishN marks slot, copies words, puts extra at byte extraAt and channel behind it, commits.
//
//go:noescape
func publishN(slot unsafe.Pointer, committed uint64, src unsafe.Pointer, words, extraAt uintptr, extra, channel uint64)

// pause tells the processor n times that this is a spin loop.
//
//go:noescape
func pause(n uint32)
