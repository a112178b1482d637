// Command genheader writes shm/include/wirebook.h and the layouts in shm/python/wirebook.py; "go generate ./shm" runs it.
package main

import (
	"fmt"
	"os"

	"wirebook/shm/internal/header"
)

func main() {
	if err := write("include/wirebook.h", "python/wirebook.py"); err != nil {
		fmt.Fprintln(os.Stderr, "genheader:", err)
		os.Exit(1)
	}
}

func write(c, python string) error {
	text, err := header.Generate()
	if err != nil {
		return err
	}
	if err := os.WriteFile(c, text, 0o644); err != nil {
		return err
	}
	if text, err = os.ReadFile(python); err != nil {
		return err
	}
	if text, err = header.Python(text); err != nil {
		return fmt.Errorf("%s: %w", python, err)
	}
	return os.WriteFile(python, text, 0o644)
}
