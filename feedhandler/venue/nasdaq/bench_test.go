package nasdaq

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"path/filepath"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
)

// flow is a run of messages and the datagrams' bounds: what a decoder sees once framing is done.
type flow struct {
	packets [][][]byte
	count   int
	bytes   int64
}

func (f *flow) add(packet [][]byte) {
	f.packets = append(f.packets, packet)
	f.count += len(packet)
	for _, m := range packet {
		f.bytes += int64(len(m))
	}
}

// synthetic mixes A, D, U, E, X, F as a busy day does, 8000 stocks, 4 messages a packet.
func synthetic(tb testing.TB, count int) *flow {
	random := rand.New(rand.NewSource(1))
	mix := "AAAAAAAAAAAAAAAAADDDDDDDDDDDDDDDDUUUUUEEEXXF"
	templates := examples(&itchTables)
	var f flow
	var packet [][]byte
	for i := 0; i < count; i++ {
		msg := bytes.Clone(templates[mix[random.Intn(len(mix))]])
		binary.BigEndian.PutUint16(msg[1:], uint16(1+random.Intn(8000)))
		binary.BigEndian.PutUint64(msg[11:], random.Uint64()>>30)
		if msg[0] == 'A' || msg[0] == 'F' {
			msg[19] = "BS"[random.Intn(2)]
		}
		if packet = append(packet, msg); len(packet) == 4 {
			f.add(packet)
			packet = nil
		}
	}
	return &f
}

func derived(tb testing.TB) *flow {
	var f flow
	path := filepath.Join(feedtest.Captures(tb), "nasdaq-itch50", "derived", "es20231225.part1.clean.pcap.gz")
	feedtest.Payloads(tb, path, func(no int, ns int64, payload []byte) {
		payload = bytes.Clone(payload)
		var h framing.Header
		var m framing.MoldUDP64
		m.Header(payload, &h)
		spans, _ := m.Split(nil, payload, &h)
		var packet [][]byte
		for _, s := range spans {
			packet = append(packet, payload[s.Off:s.Off+s.Len])
		}
		f.add(packet)
	})
	return &f
}

// BenchmarkDecode gives ns/message of the decoder and, beside it, of a floor: the same fields by hand into one
// reused event, without checks, directory or batch.
func BenchmarkDecode(b *testing.B) {
	for _, source := range []struct {
		name string
		make func(testing.TB) *flow
	}{
		{"derived", derived},
		{"synthetic", func(tb testing.TB) *flow { return synthetic(tb, 40_000) }},
	} {
		b.Run(source.name+"/itch50", func(b *testing.B) {
			f, d, batch := source.make(b), NewITCH50(10_000, receivedAt), book.NewBatch(64)
			f.run(b, func(packet [][]byte) {
				batch.Reset()
				batch.BeginPacket(book.Packet{TsRecv: receivedAt})
				for _, msg := range packet {
					batch.Seq++
					if d.Decode(batch, msg) != book.FaultNone {
						b.Fatal("a message did not decode")
					}
				}
			})
		})
		b.Run(source.name+"/floor", func(b *testing.B) {
			f := source.make(b)
			var e book.Event
			f.run(b, func(packet [][]byte) {
				for _, msg := range packet {
					floor(&e, msg)
				}
			})
			sink = e
		})
	}
}

func (f *flow) run(b *testing.B, each func(packet [][]byte)) {
	b.SetBytes(f.bytes)
	b.ReportAllocs()
	for b.Loop() {
		for _, packet := range f.packets {
			each(packet)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(f.count), "ns/message")
}

var sink book.Event

//go:noinline
func floor(e *book.Event, m []byte) {
	be := binary.BigEndian
	e.Instrument = uint32(be.Uint16(m[1:]))
	e.TsEvent = uint64(be.Uint16(m[5:]))<<32 | uint64(be.Uint32(m[7:]))
	switch m[0] {
	case 'A', 'F':
		_ = m[35]
		e.OrderID, e.Side = be.Uint64(m[11:]), book.Side(m[19])
		e.Qty, e.Price = uint64(be.Uint32(m[20:])), int64(be.Uint32(m[32:]))
	case 'D':
		e.OrderID = be.Uint64(m[11:])
	case 'E':
		_ = m[30]
		e.OrderID, e.Qty, e.Ref = be.Uint64(m[11:]), uint64(be.Uint32(m[19:])), be.Uint64(m[23:])
	case 'X':
		_ = m[22]
		e.OrderID, e.Qty = be.Uint64(m[11:]), uint64(be.Uint32(m[19:]))
	case 'U':
		_ = m[34]
		e.Ref, e.OrderID = be.Uint64(m[11:]), be.Uint64(m[19:])
		e.Qty, e.Price = uint64(be.Uint32(m[27:])), int64(be.Uint32(m[31:]))
	}
}

// BenchmarkDecodeType gives the cost of each order message alone, 64 to a batch.
func BenchmarkDecodeType(b *testing.B) {
	for _, code := range []byte("AFDEXU") {
		b.Run(string(rune(code)), func(b *testing.B) {
			d, batch, msg := NewITCH50(10, receivedAt), newBatch(), examples(&itchTables)[code]
			decodeOne(b, d, examples(&itchTables)['R']) // names the locate code
			b.ReportAllocs()
			for b.Loop() {
				if len(batch.Events) == 64 {
					batch.Events = batch.Events[:0]
				}
				if d.Decode(batch, msg) != book.FaultNone {
					b.Fatal("the message did not decode")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/message")
		})
	}
}
