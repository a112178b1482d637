package feedhandler_test

import (
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/shm"
)

// TestAbandonKeepsTheInstruments: what a panic left behind is emptied and doubtful; the session goes on, and nobody would
// name its instruments again before tomorrow.
func TestAbandonKeepsTheInstruments(t *testing.T) {
	for _, encoding := range sim.Encodings {
		p := simPipeline(t, encoding, 1)
		day(t, encoding, 3, sim.WireConfig{Lines: make([]sim.LineConfig, 1), Merged: into(p)}, nil)
		p.Flush()
		c := p.Channels()[0]
		n, first := c.Directory().Len(), c.Directory().At(1).Symbol
		p.Abandon()
		if c.Directory().Len() != n || c.Directory().At(1).Symbol != first {
			t.Errorf("%s: %d instruments of %d are left, the first is %q", encoding, c.Directory().Len()-1, n-1, c.Directory().At(1).Symbol)
		}
		if c.Suspect() != n-1 || c.Books().LiveOrders() != 0 {
			t.Errorf("%s: %d of %d books are doubtful, %d orders", encoding, c.Suspect(), n-1, c.Books().LiveOrders())
		}
	}
}

// bomb is a tap that panics once, behind a record.
type bomb struct {
	*surveyor
	left int
}

func (b *bomb) Record(s shm.Schema, body []byte, extra uint64) {
	b.surveyor.Record(s, body, extra)
	if b.left--; b.left == 0 {
		panic("bomb")
	}
}

// TestAbandonAfterAnyRecord: a panic behind any record, one that was told ahead of the books too, leaves nothing of the record's
// circumstances: every schema is told that the books are empty, goes on, and its positions with it.
func TestAbandonAfterAnyRecord(t *testing.T) {
	for _, encoding := range sim.Encodings {
		frames := framesOf(t, encoding, 3, sim.WireConfig{Lines: make([]sim.LineConfig, 1)})
		for left := 300; left < 340; left++ {
			p, v := surveyedBy(t, encoding, 1, func(v *surveyor) feedhandler.Tap { return &bomb{v, left} })
			blown, clears, after := false, [shm.SchemaCount]int{}, [shm.SchemaCount]int{}
			for i := range frames {
				func() {
					defer func() {
						if recover() != nil {
							blown = true
							from := len(v.list)
							p.Abandon()
							for _, r := range v.list[from:] {
								clears[r.schema]++
							}
						}
					}()
					from := len(v.list)
					frames[i].into(p, true)
					if blown {
						for _, r := range v.list[from:] {
							after[r.schema]++
						}
					}
				}()
			}
			p.End()
			v.check(string(encoding))
			if !blown {
				t.Fatalf("%s: no panic", encoding)
			}
			if clears[shm.SchemaMBP1] == 0 || clears[shm.SchemaMBP10] != clears[shm.SchemaMBP1] || after[shm.SchemaMBP10] == 0 {
				t.Errorf("%s: after record %d, clears %v, records afterwards %v", encoding, left, clears, after)
			}
		}
	}
}
