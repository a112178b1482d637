//go:build !linux

package rights

import "errors"

var errLinux = errors.New("only Linux has these rights")

// Become fails.
func Become(string, *Need, string, ...string) error { return errLinux }

// Drop fails.
func Drop(*Need) (string, error) { return "", errLinux }

// Filter fails.
func Filter(*Need) error { return errLinux }
