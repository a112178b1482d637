//go:build amd64 || arm64

package afxdp

// fetchEight asks for the first cache line of eight packets, and with meta for the line before it. A hint: an address
// that is none of ours does no harm. descs must be eight.
//
//go:noescape
func fetchEight(mem *byte, descs *Desc, meta bool)
