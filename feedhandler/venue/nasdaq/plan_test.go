package nasdaq

import (
	"testing"

	"wirebook/feedhandler/venue/layout"
)

// TestPlansReadInsideTheirLayouts: the reads by offset are unchecked, so every plan must keep to its message, and
// start with what all order messages share.
func TestPlansReadInsideTheirLayouts(t *testing.T) {
	shared := itchTables['D']
	count := 0
	for i := range plans {
		code := byte(i)
		p, m := &plans[code], itchTables[code]
		if p.size == 0 {
			continue
		}
		count++
		if m == nil || int(p.size) != m.Size || m.Size < shared.Size || p.id == 0 {
			t.Fatalf("%q: %+v", code, p)
		}
		for _, f := range []struct {
			off  uint8
			size int
			used bool
		}{{p.side, 1, p.sideless == 0}, {p.id, 8, true}, {p.ref, 8, p.refMask != 0}, {p.qty, 4, p.qtyMask != 0}, {p.price, 4, p.priceMask != 0}} {
			if int(f.off)+f.size > m.Size || (f.off != 0) != f.used {
				t.Errorf("%q: offset %d of %d bytes in %d, used %v", code, f.off, f.size, m.Size, f.used)
			}
			if f.used && !hasField(m, int(f.off), f.size) {
				t.Errorf("%q: no field of %d bytes at %d", code, f.size, f.off)
			}
		}
		for i := range 3 { // locate, tracking number, timestamp
			if m.Fields[i] != shared.Fields[i] {
				t.Errorf("%q: field %d is %+v", code, i, m.Fields[i])
			}
		}
	}
	if count != 6 {
		t.Errorf("%d plans, want 6", count)
	}
}

func hasField(m *layout.Message, off, size int) bool {
	for i := range m.Fields {
		if m.Fields[i].Off == off && m.Fields[i].Size == size {
			return true
		}
	}
	return false
}
