//go:build amd64 || arm64

package bench

// askHead asks for the first two cache lines of a frame: headers and, in most, the whole first message. What is behind the
// end of memory is no fault.
//
//go:noescape
func askHead(frame *byte)
