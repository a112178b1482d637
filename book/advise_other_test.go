//go:build !linux

package book

func hugePages[T any](table []T) {}
