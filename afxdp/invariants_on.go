//go:build invariants

package afxdp

const invariants = true

func scribble(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}
