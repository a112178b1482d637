package shm

import (
	"testing"
)

// FuzzRing reads rings whose every byte may lie. The reader must end, stay inside its memory and never panic.
func FuzzRing(f *testing.F) {
	good, w, _ := newRing(f, SchemaMBO, 4)
	publishChecked(w, 7)
	w.Flush()
	f.Add(append([]byte(nil), good[:256]...), append([]byte(nil), good[HeaderBytes:]...), uint8(0), uint64(0))
	f.Add(append([]byte(nil), good[:256]...), append([]byte(nil), good[HeaderBytes:]...), uint8(0), uint64(1<<61))
	f.Fuzz(func(t *testing.T, header, slots []byte, schema uint8, seek uint64) {
		if len(header) > HeaderBytes || len(slots) > 1<<16 {
			return
		}
		mem := memory(HeaderBytes + len(slots))
		copy(mem, header)
		copy(mem[HeaderBytes:], slots)
		readAll(mem, seek)
		// The same with a header that passes, so that the slots are reached.
		h := ringHeader(mem)
		s := Schema(schema) % SchemaCount
		h.Magic, h.ABI, h.HeaderSize = MagicRing, ABIVersion, HeaderBytes
		h.Schema, h.SlotSize, h.BodySize = uint32(s), uint32(s.SlotSize()), uint32(s.BodySize())
		for h.SlotCount = 2; HeaderBytes+2*int(h.SlotCount)*s.SlotSize() <= len(mem); h.SlotCount *= 2 {
		}
		readAll(mem, seek)
	})
}

func readAll(mem []byte, seek uint64) {
	r, err := NewReader(mem)
	if err != nil {
		return
	}
	dst := memory(3 * r.PayloadSize())
	for _, move := range []func(){func() {}, func() { r.Seek(seek) }, func() { r.SeekEdge() }} {
		move()
		for range 40 {
			if res := r.Next(dst); res == Record {
				r.Body(dst)
				r.Extra(dst)
			}
			r.NextBatch(dst)
			r.Behind()
		}
	}
}

// FuzzControl reads control files and latest tables whose every byte may lie.
func FuzzControl(f *testing.F) {
	good, c, _ := newControl(f)
	if _, err := c.AddCounter("packets", ""); err != nil {
		f.Fatal(err)
	}
	if _, err := c.AddInstrument(InstrumentEntry{ID: 1}); err != nil {
		f.Fatal(err)
	}
	clone := func(b []byte) []byte { return append([]byte(nil), b...) }
	f.Add(clone(good[:640]), clone(good[HeaderBytes:]))
	latest, l, _ := newLatest(f, 2)
	l.Update(1, new(MBP10), 3)
	f.Add(clone(latest[:64]), clone(latest[HeaderBytes:]))
	f.Fuzz(func(t *testing.T, header, body []byte) {
		if len(header) > HeaderBytes || len(body) > 1<<16 {
			return
		}
		mem := memory(HeaderBytes + len(body))
		copy(mem, header)
		copy(mem[HeaderBytes:], body)
		if v, err := NewControlView(mem); err == nil {
			v.Clock()
			v.Rings()
			v.Stale(1, 1)
			for i := range v.Channels() {
				v.Channel(i)
			}
			for i := range v.Lines() {
				v.Line(i)
			}
			for i := range v.Counters() {
				if e, ok := v.Counter(i); ok {
					Text(e.Name[:])
				}
			}
			for i := range min(v.Instruments(), 3) {
				v.Instrument(i)
			}
		}
		if r, err := NewLatestReader(mem); err == nil {
			var m MBP10
			for i := range min(r.Capacity()+1, 3) {
				r.Read(i, &m)
			}
		}
	})
}
