package main

import "golang.org/x/sys/unix"

// mountTiny mounts a file system of one page of data and a few more on dir.
func mountTiny(dir string) error { return unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k") }

func unmount(dir string) error { return unix.Unmount(dir, 0) }
