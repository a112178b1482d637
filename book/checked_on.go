//go:build race || invariants

package book

const checked = true
