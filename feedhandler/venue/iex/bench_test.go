package iex

import (
	"path/filepath"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/venue/framing"
)

// BenchmarkDecode runs whole captures through framing and decoder, one batch a packet, as a channel does. "hot" is
// the part after the spin of halt and status messages that opens a session.
func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct {
		name, file string
		tp         TP
		dec        func() decoder
		hot        string
	}{
		{"deep", "iex-deep10/large/DEEP10.part1.pcap.gz", TP{ProtocolDEEP}, func() decoder { return NewDEEP(10_000) }, "85T"},
		{"tops", "iex-tops/large/TOPS16.part1.pcap.gz", TP{ProtocolTOPS}, func() decoder { return NewTOPS(TOPS16, 10_000) }, "QT"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var payloads [][]byte
			path := filepath.Join(feedtest.Captures(b), c.file)
			feedtest.Payloads(b, path, func(_ int, _ int64, p []byte) { payloads = append(payloads, append([]byte(nil), p...)) })
			benchPayloads(b, c.tp, c.dec(), payloads)
		})
		b.Run(c.name+"/hot", func(b *testing.B) {
			var payloads [][]byte
			path := filepath.Join(feedtest.Captures(b), c.file)
			feedtest.Payloads(b, path, func(_ int, _ int64, p []byte) {
				for _, h := range c.hot {
					if len(p) > headerBytes+2 && p[headerBytes+2] == byte(h) {
						payloads = append(payloads, append([]byte(nil), p...))
						return
					}
				}
			})
			benchPayloads(b, c.tp, c.dec(), payloads)
		})
	}
	b.Run("deepplus", func(b *testing.B) {
		s := Sender{ProtocolID: ProtocolDEEPPlus, NextSeq: 1}
		all := samples()
		p := s.Begin(nil, testTime)
		for _, code := range "aaLMRaMRLR" {
			p = s.Message(p, byte(code), all[byte(code)][1:])
		}
		s.End(p)
		benchPayloads(b, TP{ProtocolDEEPPlus}, NewDEEPPlus(10_000), [][]byte{p})
	})
}

func benchPayloads(b *testing.B, tp TP, d decoder, payloads [][]byte) {
	batch := book.NewBatch(256)
	spans := make([]framing.Span, 0, 256)
	bytes, messages := 0, 0
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		p := payloads[i%len(payloads)]
		var h framing.Header
		if tp.Header(p, &h) != framing.FaultNone {
			b.Fatal("header")
		}
		spans, _ = tp.Split(spans[:0], p, &h)
		batch.Reset()
		batch.BeginPacket(book.Packet{})
		for _, s := range spans {
			if d.Decode(batch, p[s.Off:s.Off+s.Len]) != book.FaultNone {
				b.Fatal("decode")
			}
		}
		bytes += len(p)
		messages += len(spans)
	}
	b.SetBytes(int64(bytes / b.N))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(messages, 1)), "ns/message")
}
