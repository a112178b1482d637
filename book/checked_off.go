//go:build !race && !invariants

package book

// checked: every access to the tables is checked, see at.
const checked = false
