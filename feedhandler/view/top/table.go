package top

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// column is one column of a table. Those of the highest rank go first where the terminal is narrow; rank 0 stays.
type column struct {
	title string
	width int
	rank  int
	left  bool
}

// table returns a table's head and rows in the columns that fit width.
func table(columns []column, rows [][]string, width int) []string {
	limit := 0
	for _, c := range columns {
		limit = max(limit, c.rank)
	}
	for ; limit > 0; limit-- {
		sum := -1
		for _, c := range columns {
			if c.rank <= limit {
				sum += c.width + 1
			}
		}
		if sum <= width {
			break
		}
	}
	title := make([]string, len(columns))
	for i, c := range columns {
		title[i] = c.title
	}
	var out []string
	for _, cells := range append([][]string{title}, rows...) {
		var parts []string
		for i, c := range columns {
			switch {
			case c.rank > limit:
			case c.left:
				parts = append(parts, fmt.Sprintf("%-*.*s", c.width, c.width, cells[i]))
			default:
				parts = append(parts, fmt.Sprintf("%*s", c.width, cells[i]))
			}
		}
		out = append(out, cut(strings.Join(parts, " "), width))
	}
	return out
}

// cut is a line of at most width columns.
func cut(line string, width int) string {
	if r := []rune(line); len(r) > width {
		line = string(r[:max(width, 0)])
	}
	return strings.TrimRight(line, " ")
}

// wrap joins parts to lines of at most width columns: what does not fit goes on below, indented.
func wrap(head string, parts []string, gap string, width int) []string {
	var out []string
	line := head
	for i, p := range parts {
		if i > 0 && utf8.RuneCountInString(line+gap+p) > width {
			out, line = append(out, cut(line, width)), "    "+p
			continue
		}
		if i > 0 {
			line += gap
		}
		line += p
	}
	return append(out, cut(line, width))
}
