package shm

import (
	"encoding/binary"
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

// FuzzPackets reads packets rings whose every byte may lie, and has a writer take them over: both must end, stay inside the
// memory and never panic, and what the new writer puts must come out.
func FuzzPackets(f *testing.F) {
	clone := func(b []byte) []byte { return append([]byte(nil), b...) }
	good, w, _ := newPackets(f, 256, 4)
	for i := range 9 {
		w.Put(PacketHeader{Kind: PacketFrame}, make([]byte, 31*i%200))
	}
	w.Flush()
	f.Add(clone(good[:256]), clone(good[HeaderBytes:]), uint64(0))
	f.Add(clone(good[:256]), clone(good[HeaderBytes:]), uint64(1<<61))
	for _, damage := range []func(h *PacketsHeader){
		func(h *PacketsHeader) { h.Reach = 1 << 63 }, func(h *PacketsHeader) { h.Reach = 1<<61 + 8 }, func(h *PacketsHeader) { h.Reach = 0 },
		func(h *PacketsHeader) { h.Head = 1<<61 + 16 }, func(h *PacketsHeader) { h.Head = 7 },
		func(h *PacketsHeader) { h.Epoch, h.EpochStart = 9, 1<<61 }, func(h *PacketsHeader) { h.Epoch, h.EpochStart = 1<<63, 40 },
	} {
		bad := memory(len(good))
		copy(bad, good)
		damage(packetsHeader(bad))
		f.Add(bad[:256], bad[HeaderBytes:], uint64(64))
	}
	bad := memory(2048) // every word skips or is a record, the longest and the shortest
	for i := range uint64(128) {
		binary.LittleEndian.PutUint64(bad[16*i:], 16*i|(1+i%2))
		binary.LittleEndian.PutUint64(bad[16*i+8:], -(i & 1))
	}
	f.Add(clone(good[:256]), bad, uint64(16))
	f.Fuzz(func(t *testing.T, header, chunks []byte, seek uint64) {
		if len(header) > HeaderBytes || len(chunks) > 1<<16 {
			return
		}
		mem := memory(HeaderBytes + max(len(chunks), 1024))
		copy(mem, header)
		copy(mem[HeaderBytes:], chunks)
		readAllPackets(mem, seek)
		// The same with a header that passes, so that the chunks are reached.
		h := packetsHeader(mem)
		h.Magic, h.ABI, h.HeaderSize = MagicPackets, ABIVersion, HeaderBytes
		h.ChunkBytes, h.ChunkCount = 256, 4
		for HeaderBytes+int(2*h.ChunkCount*h.ChunkBytes) <= len(mem) {
			h.ChunkCount *= 2
		}
		readAllPackets(mem, seek)
		h.Epoch >>= 1
		w, err := NewPacketWriter(mem, PacketsConfig{ChunkBytes: 256, Chunks: h.ChunkCount, Epoch: h.Epoch + 1})
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewPacketReader(mem)
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(50) {
			at := w.Put(PacketHeader{Value: i}, make([]byte, i*4))
			if i == 20 {
				w.Flush()
			}
			if res := r.Next(); res != Record || r.At() != at || r.Header().Value != i || len(r.Payload()) != int(i*4) {
				t.Fatalf("record %d at %d: %v, %+v at %d", i, at, res, *r.Header(), r.At())
			}
		}
	})
}

func readAllPackets(mem []byte, seek uint64) {
	r, err := NewPacketReader(mem)
	if err != nil {
		return
	}
	for _, move := range []func(){func() {}, func() { r.Seek(seek) }, func() { r.SeekEdge() }, func() { r.SeekOldest() }} {
		move()
		for range 40 {
			if res := r.Next(); res == Record && len(r.Payload()) != int(r.Header().Bytes) {
				panic("a payload of another length than its header says")
			}
			r.Behind()
		}
	}
}
