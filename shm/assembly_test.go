//go:build (amd64 || arm64) && !purego

package shm

const portable = false
