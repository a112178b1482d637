//go:build amd64 || arm64

package book

// fetchLines asks for the cache lines at n addresses. One call for many: the call costs more than the instruction.
//
//go:noescape
func fetchLines(addresses *uintptr, n int)
