package nasdaq

import (
	"math/bits"
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
		p, m := plans[code], itchTables[code]
		if p.size == notOrder {
			continue
		}
		count++
		if m == nil || int(p.size) != m.Size || m.Size < shared.Size || p.id == 0 {
			t.Fatalf("%q: %+v", code, p)
		}
		if p.side != 0 && !hasField(m, int(p.side), 1) || (p.side != 0) != (p.told == sided) || sides[code] != sideless && p.side == 0 {
			t.Errorf("%q: side at %d", code, p.side)
		}
		for _, f := range []struct {
			off  uint8
			mask uint64
		}{{p.id, ^uint64(0)}, {p.ref, p.refMask}, {p.qty, p.qtyMask}, {p.price, p.priceMask}} {
			size := bits.Len64(f.mask) / 8
			if int(f.off)+8 > m.Size || (f.off != 0) != (f.mask != 0) {
				t.Errorf("%q: offset %d in %d bytes, mask %x", code, f.off, m.Size, f.mask)
			}
			if f.mask != 0 && !hasField(m, int(f.off)+8-size, size) {
				t.Errorf("%q: no field of %d bytes before %d", code, size, f.off+8)
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
