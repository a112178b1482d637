//go:build !amd64 && !arm64

package afxdp

// fetchEight does nothing where there is no instruction for it: it is only a hint.
func fetchEight(mem *byte, descs *Desc, meta bool) {}
