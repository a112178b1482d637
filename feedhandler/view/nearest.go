package view

import (
	"sort"
	"strings"
)

// Nearest returns at most n of names that may have been meant by name, nearest first: two letters apart at most, or names
// that go on where it ends.
func Nearest(name string, names []string, n int) []string {
	type near struct {
		name string
		far  int
	}
	var list []near
	upper := strings.ToUpper(name)
	seen := map[string]bool{}
	for _, s := range names {
		if seen[s] {
			continue
		}
		seen[s] = true
		other := strings.ToUpper(s)
		far := apart(upper, other)
		if strings.HasPrefix(other, upper) {
			far = min(far, 2)
		}
		if far <= 2 && far < len(upper) {
			list = append(list, near{s, far})
		}
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].far != list[j].far {
			return list[i].far < list[j].far
		}
		return list[i].name < list[j].name
	})
	var out []string
	for _, s := range list[:min(n, len(list))] {
		out = append(out, s.name)
	}
	return out
}

// apart counts the letters to insert, delete or change between two words (Levenshtein).
func apart(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
