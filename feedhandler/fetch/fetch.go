//go:build amd64 || arm64

// Package fetch asks for memory before it is read.
//
// A packet of a full receive queue lies in memory that this core has not seen: its headers and first message are a miss or
// two, for which everything else waits. Who knows the next packets asks for them while it handles this one. It is a hint
// and changes nothing.
package fetch

// Head asks for the first two cache lines of a frame: headers and, in most, the whole first message. The frame must not be
// empty; what lies behind it is never read.
//
//go:noescape
func Head(frame *byte)
