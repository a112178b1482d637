package config

import "strings"

// Near returns those of names that somebody who wrote word may have meant: the names that word is a part of, or else the
// nearest by the letters to change, where these are few for its length. None is better than a guess.
func Near(word string, names []string) (near []string) {
	word = strings.ToLower(word)
	if len(word) >= 3 {
		for _, n := range names {
			if strings.Contains(strings.ToLower(n), word) {
				near = append(near, n)
			}
		}
	}
	if len(near) > 0 {
		return near
	}
	best := max(1, min(3, len(word)/3))
	for _, n := range names {
		d := distance(word, strings.ToLower(n))
		if d > best || d >= len(n) || d >= len(word) {
			continue
		}
		if d < best {
			near, best = nil, d
		}
		near = append(near, n)
	}
	return near
}

// distance counts the letters to insert, drop, change, or swap with their neighbour to make b of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
