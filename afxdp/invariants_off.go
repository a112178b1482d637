//go:build !invariants

package afxdp

// invariants: the build tag of the same name makes Release scribble over what it takes back, so that whoever kept a
// frame fails at once.
const invariants = false

func scribble([]byte) {}
