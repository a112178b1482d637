// Command genheader writes shm/include/wirebook.h; "go generate ./shm" runs it.
package main

import (
	"fmt"
	"os"

	"wirebook/shm/internal/header"
)

func main() {
	path := "include/wirebook.h"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	text, err := header.Generate()
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "genheader:", err)
		os.Exit(1)
	}
}
