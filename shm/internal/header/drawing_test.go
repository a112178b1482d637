package header

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// The byte drawings above the structs say what the compiler does: every field is in them, in order, and every number stands above
// the bar of the field that begins there. A drawing is pairs of lines: offsets, and fields between bars ("|digests 5×40|header 16|").
func TestDrawings(t *testing.T) {
	files, err := filepath.Glob("../../abi*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	drawn := map[string]string{}
	for _, name := range append(files, "../../records.go") {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				drawn[g.Specs[0].(*ast.TypeSpec).Name.Name] = g.Doc.Text()
			}
		}
	}
	bodies := "MBO Trade Level MBP1 MBP10 Status Imbalance Statistics Definition" // DBN's, told by its specification
	for _, s := range Structs() {
		name := s.Type.Name()
		found, err := drawing(drawn[name], s)
		if err != nil {
			t.Errorf("the drawing above %s: %v", name, err)
		} else if !found && !strings.Contains(bodies, name) {
			t.Errorf("%s has no byte drawing", name)
		}
	}
}

var (
	digits  = regexp.MustCompile(`\d+`)
	offsets = regexp.MustCompile(`^\s+(\d+(?:\s+\d+)+)\s*$`)
	cells   = regexp.MustCompile(`^\s+\|(.*)\|`)
	sized   = regexp.MustCompile(`(?:(\d+)×)?(\d+)$`)
)

// drawing holds the drawing in a comment against a struct; found is false where there is none.
func drawing(doc string, s Struct) (found bool, err error) {
	fields := Fields(s.Type)
	at := uintptr(0)
	var numbers map[int]string // by column
	for _, line := range strings.Split(doc, "\n") {
		if offsets.MatchString(line) {
			numbers = map[int]string{}
			for _, m := range digits.FindAllStringIndex(line, -1) {
				numbers[m[0]] = line[m[0]:m[1]]
			}
			continue
		}
		m := cells.FindStringSubmatch(line)
		if m == nil || numbers == nil {
			continue
		}
		found = true
		column := strings.IndexByte(line, '|')
		first, last := column, column+utf8.RuneCountInString(m[1])+1
		if numbers[first] == "" || numbers[last] == "" {
			return true, fmt.Errorf("the line from %d on has no number above its first or last bar", at)
		}
		begins := map[int]string{column: strconv.Itoa(int(at))}
		for _, cell := range strings.Split(m[1], "|") {
			column += utf8.RuneCountInString(cell) + 1
			word := strings.TrimSuffix(strings.Fields(cell)[0], ",")
			want, count := uint64(0), 1
			if z := sized.FindStringSubmatch(strings.TrimSpace(cell)); z != nil && z[0] != strings.TrimSpace(cell) {
				want, _ = strconv.ParseUint(z[2], 10, 64)
				if n, _ := strconv.Atoi(z[1]); n > 0 {
					want *= uint64(n)
					if len(fields) > 0 && !named(fields[0].Name, word) {
						count, word = n, "" // a row of fields of one type: "sections 6×32"
					}
				}
			}
			from := at
			for range count {
				if len(fields) == 0 || word != "" && !named(fields[0].Name, word) {
					return true, fmt.Errorf("%q at %d is no field there", cell, at)
				}
				at = fields[0].Offset + fields[0].Size
				fields = fields[1:]
			}
			if want != 0 && uint64(at-from) != want {
				return true, fmt.Errorf("%q has %d bytes", cell, at-from)
			}
			begins[column] = strconv.Itoa(int(at))
		}
		for column, n := range numbers {
			if begins[column] != n {
				return true, fmt.Errorf("above column %d stands %s, where %q begins", column, n, begins[column])
			}
		}
		numbers = nil
	}
	if found && len(fields) > 0 {
		return true, fmt.Errorf("%s is not in it", fields[0].Name)
	}
	return found, nil
}

func named(field, word string) bool {
	return field == word || strings.TrimRight(field, "0123456789") == word || field == "hd" && word == "header"
}
