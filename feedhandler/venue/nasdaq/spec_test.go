package nasdaq

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

// TestLayoutsEqualTheTables compares every structure and field with the layout tables of the specification
// versions. Names that a later or sister version changed are listed here.
func TestLayoutsEqualTheTables(t *testing.T) {
	type renamed map[string]string
	texas := renamed{
		"add_order_mpid_attribution_message": "add_order_with_mpid_attribution_message",
		"mwcb_status_message":                "mwcb_status_level_message",
		"trading_action_reason":              "reason",
		"cancelled_shares":                   "canceled_shares",
		"shares_long":                        "cross_shares",
	}
	in2026 := renamed{"retail_price_improvement_indicator_message": "retail_interest_message", "reason_code": "reason"}
	for _, c := range []struct {
		file     string
		tables   *[256]*layout.Message
		messages int
		renamed  renamed
	}{
		{"nasdaq-totalview-itch-5.0.tsv", &itchTables, 21, nil},
		{"nasdaq-totalview-itch-5.0-2026.tsv", &itchTables, 23, in2026},
		{"nasdaq-texas-totalview-itch-5.0.tsv", &itchTables, 21, texas},
		{"nasdaq-psx-totalview-itch-5.0.tsv", &psxTables, 20, nil},
		{"nasdaq-bbo-2.1.tsv", &bboTables, 9, nil},
	} {
		path := filepath.Join(feedtest.Captures(t), "..", "specs", c.file)
		f, err := os.Open(path)
		if err != nil {
			t.Skipf("layout tables absent beside the captures: %v; this check did not run", err)
		}
		defer f.Close()
		seen := map[byte]int{}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			row := strings.Split(lines.Text(), "\t")
			if len(row) < 8 || row[1] != "message" || len(row[2]) != 1 || row[4] == "-" {
				continue
			}
			code := row[2][0]
			m := c.tables[code]
			if m == nil {
				t.Errorf("%s: no layout of type %q", c.file, code)
				continue
			}
			name, field := row[0], row[4]
			if to, ok := c.renamed[name]; ok {
				name = to
			}
			if to, ok := c.renamed[field]; ok {
				field = to
			}
			size, _ := strconv.Atoi(row[3])
			if name != m.Name || size != m.Size-1 || m.Code != row[2] {
				t.Errorf("%s: %s of %d bytes is %s of %d", c.file, name, size, m.Name, m.Size-1)
			}
			i := seen[code]
			seen[code]++
			if i >= len(m.Fields) {
				t.Errorf("%s: %s lacks %s", c.file, name, field)
				continue
			}
			got, kind := m.Fields[i], layout.Uint
			if strings.HasPrefix(row[7], "char") {
				kind = layout.Text
			}
			off, _ := strconv.Atoi(row[5])
			bytes, _ := strconv.Atoi(row[6])
			if got.Name != field || got.Off-1 != off || got.Size != bytes || got.Kind != kind || kind == layout.Uint && !got.BigEndian {
				t.Errorf("%s: %s field %d is %+v, the table has %s at %d, %d bytes", c.file, name, i, got, field, off, bytes)
			}
		}
		if len(seen) != c.messages {
			t.Errorf("%s: %d message types, want %d", c.file, len(seen), c.messages)
		}
		for code, n := range seen {
			if n != len(c.tables[code].Fields) {
				t.Errorf("%s: type %q has %d fields, the layout %d", c.file, code, n, len(c.tables[code].Fields))
			}
		}
	}
}
