package nasdaq

import (
	"bytes"
	"testing"

	"wirebook/book"
)

func FuzzITCH50(f *testing.F) { fuzzDecoder(f, "itch50") }

func FuzzBBO21(f *testing.F) { fuzzDecoder(f, "bbo21") }

// fuzzDecoder: no panic, nothing written to the input, nothing appended on a fault, something on none, the last
// event closes the message, the same bytes give the same events, and inspect agrees about what is cut or unknown.
func fuzzDecoder(f *testing.F, name string) {
	feed := feeds()[name]
	for _, msg := range examples(feed.tables) {
		f.Add(msg)
		f.Add(msg[:len(msg)-1])
		f.Add(append(bytes.Clone(msg), 0))
	}
	f.Add([]byte{})
	f.Add([]byte{0xFF, 1, 2, 3})
	f.Fuzz(func(t *testing.T, msg []byte) {
		before := bytes.Clone(msg)
		d, b := feed.make(4, 0), newBatch()
		fault := d.Decode(b, msg)
		in := d.Inspect(msg)
		if !bytes.Equal(before, msg) {
			t.Fatal("the message was written to")
		}
		if (fault == book.FaultNone) != (len(b.Events) > 0) || fault >= book.FaultCount {
			t.Fatalf("%v with %d events", fault, len(b.Events))
		}
		if (in.Unknown && len(msg) > 0) != (fault == book.FaultUnknownType) || in.Truncated != (fault == book.FaultTruncated) {
			t.Fatalf("%v, but inspect says unknown %v, truncated %v", fault, in.Unknown, in.Truncated)
		}
		for i, e := range b.Events {
			if (e.Flags&book.FlagLast != 0) != (i == len(b.Events)-1) || int(e.Instrument) >= d.Directory().Len() || e.Kind >= book.KindCount {
				t.Fatalf("event %d of %d: %+v", i, len(b.Events), e)
			}
		}
		again := newBatch()
		if d.Decode(again, msg) != fault || len(again.Events) != len(b.Events) {
			t.Fatal("the second time was different")
		}
		for i := range again.Events {
			if again.Events[i] != b.Events[i] {
				t.Fatalf("%+v, then %+v", b.Events[i], again.Events[i])
			}
		}
	})
}
