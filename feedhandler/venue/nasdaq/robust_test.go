package nasdaq

import (
	"bytes"
	"testing"

	"wirebook/book"
)

// TestTruncatedAtEveryByte: any cut of any type is one fault, appends nothing and is shown as far as it goes.
func TestTruncatedAtEveryByte(t *testing.T) {
	for name, feed := range feeds() {
		d := feed.make(10, 0)
		for code, whole := range examples(feed.tables) {
			for n := 0; n < len(whole); n++ {
				b := newBatch()
				if fault := d.Decode(b, whole[:n:n]); fault != book.FaultTruncated || len(b.Events) != 0 {
					t.Fatalf("%s %q of %d bytes: %v with %d events", name, code, n, fault, len(b.Events))
				}
				in := d.Inspect(whole[:n:n])
				if !in.Truncated || n > 0 && (in.Type != string(rune(code)) || !in.Fields[len(in.Fields)-1].Absent) {
					t.Fatalf("%s %q of %d bytes: %+v", name, code, n, in)
				}
			}
		}
		if d.Directory().Len() != 1 {
			t.Errorf("%s: truncated messages made instruments", name)
		}
	}
}

// TestLongerMessagesAreRefused: a message longer than its type is another feed's in the same framing; inspect shows the rest.
func TestLongerMessagesAreRefused(t *testing.T) {
	for name, feed := range feeds() {
		for code, whole := range examples(feed.tables) {
			got := feed.make(10, 0)
			long := append(bytes.Clone(whole), 0xAB, 0xCD)
			b := newBatch()
			if fault := got.Decode(b, long); fault != book.FaultTooLong || len(b.Events) != 0 || got.Directory().Len() != 1 {
				t.Errorf("%s %q: %v with %d events", name, code, fault, len(b.Events))
			}
			if in := got.Inspect(long); in.Truncated || !bytes.Equal(in.Leftover, []byte{0xAB, 0xCD}) {
				t.Errorf("%s %q: leftover %x", name, code, in.Leftover)
			}
		}
	}
}

func TestUnknownTypes(t *testing.T) {
	for name, feed := range feeds() {
		d, b := feed.make(10, 0), newBatch()
		for code := 0; code < 256; code++ {
			if feed.tables[code] != nil {
				continue
			}
			msg := append([]byte{byte(code)}, make([]byte, 60)...)
			if fault := d.Decode(b, msg); fault != book.FaultUnknownType || len(b.Events) != 0 {
				t.Errorf("%s %#x: %v", name, code, fault)
			}
			if in := d.Inspect(msg); !in.Unknown || len(in.Leftover) != len(msg) {
				t.Errorf("%s %#x: %+v", name, code, in)
			}
		}
	}
}

func TestDecodeNeverWritesToItsInput(t *testing.T) {
	for name, feed := range feeds() {
		d := feed.make(10, 0)
		for code, msg := range examples(feed.tables) {
			before := bytes.Clone(msg)
			decodeOne(t, d, msg)
			d.Inspect(msg)
			if !bytes.Equal(before, msg) {
				t.Errorf("%s %q was written to", name, code)
			}
		}
	}
}

// TestDecodeDoesNotAllocate covers every message type once the instrument is known and the batch has grown.
func TestDecodeDoesNotAllocate(t *testing.T) {
	for name, feed := range feeds() {
		d, b := feed.make(10, 0), newBatch()
		for code, msg := range examples(feed.tables) {
			decode := func() {
				b.Reset()
				b.BeginPacket(book.Packet{TsRecv: receivedAt})
				if fault := d.Decode(b, msg); fault != book.FaultNone {
					t.Fatalf("%s %q: %v", name, code, fault)
				}
			}
			decode()
			if n := testing.AllocsPerRun(100, decode); n != 0 {
				t.Errorf("%s %q: %v allocations", name, code, n)
			}
		}
	}
}
