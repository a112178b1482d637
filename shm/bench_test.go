package shm

import (
	"strconv"
	"testing"
)

// BenchmarkPublish is one record into a ring nobody reads. The ring of 1<<14 slots fits a second-level cache where
// slots are small; BenchmarkCRing in shm/segment does the same stores in C.
func BenchmarkPublish(b *testing.B) {
	for s := Schema(0); s < SchemaCount; s++ {
		for _, slots := range []uint32{1 << 10, 1 << 16} {
			b.Run(s.String()+"/"+strconv.Itoa(int(slots)), func(b *testing.B) {
				_, w, _ := newRing(b, s, slots)
				var (
					mbo   MBO
					trade Trade
					mbp1  MBP1
					mbp10 MBP10
					def   = Definition{RecordHeader: RecordHeader{Length: SizeDefinition / 4}}
				)
				b.SetBytes(int64(s.SlotSize()))
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i++ {
					switch s {
					case SchemaMBO:
						mbo.OrderID = uint64(i)
						w.PublishMBO(&mbo)
					case SchemaTrades:
						trade.TsEvent = uint64(i)
						w.PublishTrade(&trade, uint64(i))
					case SchemaMBP1:
						mbp1.TsEvent = uint64(i)
						w.PublishMBP1(&mbp1, 0)
					case SchemaMBP10:
						mbp10.TsEvent = uint64(i)
						w.PublishMBP10(&mbp10, 0)
					default:
						w.Publish(Bytes(&def), 0)
					}
				}
			})
		}
	}
}

// BenchmarkClaim builds an mbo record in its slot, every field, as the core does.
func BenchmarkClaim(b *testing.B) {
	_, w, _ := newRing(b, SchemaMBO, 1<<10)
	ring := MBOOf(w)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		slot := ring.Claim()
		r := &slot.Body
		r.Length, r.RType, r.PublisherID, r.InstrumentID = SizeMBO/4, RTypeMBO, 2, uint32(i)
		r.TsEvent, r.OrderID, r.Price, r.Size = uint64(i), uint64(i), int64(i), uint32(i)
		r.Flags, r.ChannelID, r.Action, r.Side = FlagLast, 1, ActionAdd, SideBid
		r.TsRecv, r.TsInDelta, r.Sequence = uint64(i), int32(i), uint32(i)
		ring.Commit(slot)
	}
}

// BenchmarkPublishBatch flushes the head cursor once for 16 records, as a packet does.
func BenchmarkPublishBatch(b *testing.B) {
	_, w, _ := newRing(b, SchemaMBO, 1<<10)
	var m MBO
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		w.PublishMBO(&m)
		if i&15 == 15 {
			w.Flush()
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for s := Schema(0); s < SchemaCount; s++ {
		b.Run(s.String(), func(b *testing.B) {
			_, w, r := newRing(b, s, 1<<10)
			publishChecked(w, 1<<10)
			dst := memory(r.PayloadSize())
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				if r.Next(dst) != Record {
					r.Seek(0)
				}
			}
		})
	}
}

func BenchmarkLatest(b *testing.B) {
	mem := memory(LatestBytes(64))
	w, err := NewLatestWriter(mem, 64, SchemaMBO, 1)
	if err != nil {
		b.Fatal(err)
	}
	r, err := NewLatestReader(mem)
	if err != nil {
		b.Fatal(err)
	}
	var m MBP10
	b.Run("update", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			w.Update(uint32(i&63), &m, uint64(i))
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			r.Read(uint32(i&63), &m)
		}
	})
}
