package cme

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/layout"
)

// row is one line of a layout table.
type row struct {
	structure, kind, code, block, field, offset, size, typ, endian, scale, null, enum, rule string
}

// readTable gives the rows of one version's table by structure, without the rows that name bits.
func readTable(t *testing.T, version int) map[string][]row {
	path := filepath.Join(feedtest.Captures(t), "..", "specs", "cme-mdp3-sbe-v1."+strconv.Itoa(version)+".tsv")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("layout tables absent; this check did not run: %v", err)
	}
	defer f.Close()
	table := map[string][]row{}
	for s := bufio.NewScanner(f); s.Scan(); {
		c := strings.Split(s.Text(), "\t")
		if len(c) < 13 || strings.HasPrefix(c[7], "bit ") || c[0] == "structure" {
			continue
		}
		table[c[0]] = append(table[c[0]], row{c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12]})
	}
	return table
}

// Every template of every version's table: name, fields, offsets, sizes, signs, nulls and groups are ours, and there
// is no template that the tables lack.
func TestTemplatesAreTheTables(t *testing.T) {
	seen := map[int]bool{}
	for _, version := range []int{5, 6, 8, 9, 10, 11, 12, 13} {
		table := readTable(t, version)
		for name, rows := range table {
			if rows[0].kind != "message" {
				continue
			}
			id, err := strconv.Atoi(rows[0].code)
			if err != nil {
				t.Fatal(err)
			}
			seen[id] = true
			tmpl := templateOf(uint16(id))
			if tmpl == nil {
				t.Errorf("v%d: no template %d", version, id)
				continue
			}
			if got := tmpl.messageNameAt(uint16(version)); got != name {
				t.Errorf("v%d %d: name %s, want %s", version, id, got, name)
			}
			var groups []row
			var fields []row
			for _, r := range rows {
				if strings.HasSuffix(r.field, "_groups") {
					groups = append(groups, r)
				} else if r.typ != "empty" {
					fields = append(fields, r)
				}
			}
			where := "v" + strconv.Itoa(version) + " " + name
			compareBlock(t, where, tmpl, uint16(id), uint16(version), tmpl.root, expand(table, fields))
			ours := tmpl.groups
			for len(ours) > 0 && uint16(version) < ours[len(ours)-1].since {
				ours = ours[:len(ours)-1]
			}
			if len(ours) != len(groups) {
				t.Errorf("%s: %d groups, want %d", where, len(ours), len(groups))
				continue
			}
			for i, g := range groups {
				if ours[i].name != g.field {
					t.Errorf("%s: group %s, want %s", where, ours[i].name, g.field)
				}
				dimension, entry := table[strings.TrimPrefix(g.typ, "struct:")][0], table[strings.TrimPrefix(g.typ, "struct:")][1]
				if wide := dimension.typ == "struct:group_size_8_byte"; wide != ours[i].eightBytes {
					t.Errorf("%s: %s in eight bytes: %v", where, g.field, ours[i].eightBytes)
				}
				compareBlock(t, where+" "+g.field, tmpl, uint16(id), uint16(version),
					ours[i].layoutAt(uint16(version)), expand(table, table[strings.TrimPrefix(entry.typ, "struct:")]))
			}
		}
	}
	for id, tmpl := range templates {
		if tmpl != nil && !seen[id] && len(seen) > 0 {
			t.Errorf("template %d is in no table", id)
		}
	}
}

// expand puts the fields of a part in its place.
func expand(table map[string][]row, rows []row) (flat []row) {
	for _, r := range rows {
		part, ok := strings.CutPrefix(r.typ, "struct:")
		if !ok {
			flat = append(flat, r)
			continue
		}
		base, _ := strconv.Atoi(r.offset)
		for _, p := range table[part] {
			off, _ := strconv.Atoi(p.offset)
			p.offset = strconv.Itoa(base + off)
			flat = append(flat, p)
		}
	}
	return flat
}

// compareBlock holds a layout against a table's rows. The layout may go on: later versions appended.
func compareBlock(t *testing.T, where string, tmpl *template, id, version uint16, m *layout.Message, rows []row) {
	if len(m.Fields) < len(rows) {
		t.Errorf("%s: %d fields, want %d", where, len(m.Fields), len(rows))
		return
	}
	for i, r := range rows {
		f := m.Fields[i]
		if name := tmpl.nameAt(id, version, f.Name); name != r.field {
			t.Errorf("%s: field %s, want %s", where, name, r.field)
		}
		if strconv.Itoa(f.Off) != r.offset || strconv.Itoa(f.Size) != r.size {
			t.Errorf("%s: %s at %d, %d bytes; want %s, %s", where, r.field, f.Off, f.Size, r.offset, r.size)
		}
		want := layout.Text
		switch plain := strings.TrimPrefix(r.typ, "bits "); plain[0] {
		case 'u':
			want = layout.Uint
		case 'i':
			want = layout.Int
		case 'b':
			want = layout.Opaque
		}
		if f.Kind != want || f.BigEndian {
			t.Errorf("%s: %s has kind %d, want %d (%s)", where, r.field, f.Kind, want, r.typ)
		}
	}
}

// blank puts the highest value where the tables give a number as null, and zero elsewhere.
func TestBlank(t *testing.T) {
	e := blank[bookEntry]()
	if e.MdEntryPxOptionalEx.Get() != 1<<63-1 || e.MdEntrySizeShortOptional.Get() != 1<<31-1 || e.SecurityID.Get() != 0 || e.MdPriceLevel.Get() != 0 {
		t.Errorf("%+v", e)
	}
	d := blank[definitionFX]()
	if d.MaturityMonthYear.Year.Get() != 0xFFFF || d.AltMinQuoteLife.Get() != 0xFFFFFFFF || d.Symbol != ([20]byte{}) {
		t.Errorf("%+v", d)
	}
}
