package book

import "testing"

func TestBatchReuse(t *testing.T) {
	b := NewBatch(2)
	for range 3 {
		b.Reset()
		b.BeginPacket(Packet{Seq: 7})
		b.Seq = 1<<32 + 9
		for range 5 {
			b.Add(KindAdd).Qty = 3
		}
		if e, s := b.AddStatus(); s.IsTrading != '~' || e.Kind != KindStatus || e.Seq != 9 || e.Packet != 0 {
			t.Fatalf("status %+v %+v", e, s)
		}
		if e, s := b.AddStatistic(); s.Price != UndefPrice || e.Aux != 0 {
			t.Fatalf("statistic %+v %+v", e, s)
		}
		if _, i := b.AddImbalance(); i.PairedQty != UndefQty {
			t.Fatalf("imbalance %+v", i)
		}
		if _, d := b.AddDefinition(); *d != NewDefinition() {
			t.Fatalf("definition %+v", d)
		}
		if len(b.Events) != 9 || b.Packet().Seq != 7 || b.Events[4].Qty != 3 {
			t.Fatalf("batch %+v", b.Events)
		}
	}
	if n := testing.AllocsPerRun(10, func() {
		b.Reset()
		b.BeginPacket(Packet{})
		b.Add(KindAdd)
		b.AddStatus()
	}); n != 0 {
		t.Errorf("%v allocations in a batch that has room", n)
	}
}

func TestDirectory(t *testing.T) {
	d, early := NewDirectory(3), NewBatch(4)
	d.Follow(early)
	for key := uint64(10); key < 13; key++ {
		if idx := d.Add(key, uint32(key), MakeSymbol([]byte("AB  \x00"))); idx != uint32(key-9) {
			t.Fatalf("key %d has index %d", key, idx)
		}
	}
	if d.Add(99, 1, Symbol{}) != 0 || d.Lookup(99) != 0 {
		t.Error("a full directory took one more")
	}
	if d.Add(11, 5, Symbol{}) != 2 || d.Lookup(12) != 3 || d.Len() != 4 || d.At(1).Symbol.String() != "AB" {
		t.Error("lookup")
	}
	if n := len(early.Changes); n != 3 {
		t.Errorf("%d entries changed", n)
	}
	early.Reset()
	early.Add(KindNone)
	for _, lot := range []uint32{7, 8} {
		d.At(2).LotSize = lot
		d.Touch(2)
	}
	early.Add(KindNone)
	d.At(2).LotSize = 9
	d.Touch(2)
	if c := early.Changes; len(c) != 2 || c[0].At != 1 || c[0].Index != 2 || c[0].Instrument.LotSize != 8 || c[1].At != 2 || c[1].Instrument.LotSize != 9 {
		t.Errorf("changes %+v", c)
	}
	late := NewBatch(4)
	d.Follow(late)
	if c := late.Changes; len(c) != 3 || c[1].Instrument.LotSize != 9 {
		t.Errorf("who follows late is told %+v", c)
	}
	d.Unfollow(early)
	d.Touch(1)
	if len(early.Changes) != 2 || len(late.Changes) != 4 {
		t.Errorf("%d and %d changes", len(early.Changes), len(late.Changes))
	}
	d.Reset()
	if d.Len() != 1 || d.Lookup(12) != 0 || d.Add(12, 12, Symbol{}) != 1 {
		t.Error("a reset directory is not a new one")
	}
}
