// Package pages asks the system for large pages. A book of a million orders is touched all over, and with 4 KB pages a
// good part of each miss is the walk of the page tables.
package pages

// hugeBytes is the size of a large page on amd64 and, with 4 KB base pages, on arm64.
const hugeBytes = 2 << 20
