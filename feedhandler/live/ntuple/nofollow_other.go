//go:build !linux

package ntuple

const noFollow = 0
