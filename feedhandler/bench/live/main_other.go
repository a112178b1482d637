//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench-live needs Linux: AF_XDP and network namespaces")
	os.Exit(1)
}
