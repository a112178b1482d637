package book

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// FuzzApply reads events from the input, 16 bytes each with small fields so that they meet, and compares the books with
// the model, and with books that tell the top alone.
func FuzzApply(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x01\x01\x05\x01\x0a\x00\x05\x00\x00\x00\x80\x00\x00\x00\x00\x00\x05\x00\x05\x01\x0a\x00\x05\x00\x00\x00\x80\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const instruments = 3
		if len(data) == 0 {
			return
		}
		view := View(data[0] % 3)
		b := newBooks(t, Config{MaxInstruments: instruments, InitialOrders: 2})
		b.SetView(view)
		m := newModel(instruments, view)
		var events []Event
		for data = data[1:]; len(data) >= 16 && len(events) < 300; data = data[16:] {
			ev := Event{
				Kind: Kind(data[0] % 32), Instrument: uint32(data[1] % 5), OrderID: uint64(data[2] % 32), Ref: uint64(data[3] % 32),
				Price: int64(int8(data[4])), Qty: uint64(binary.LittleEndian.Uint16(data[6:])), Side: [...]Side{Bid, Ask, NoSide, 0}[data[5]%4],
				Level: data[8] % 16, Attr: data[9], Flags: data[10], Count: uint32(data[11]),
			}
			switch data[12] {
			case 1:
				ev.Price = UndefPrice
			case 2:
				ev.Price = -UndefPrice - 1
			case 3:
				ev.Qty <<= 48
			case 4:
				ev.OrderID = binary.LittleEndian.Uint64(data)
			case 5:
				ev.Instrument = binary.LittleEndian.Uint32(data[4:])
			}
			events = append(events, ev)
		}
		b.Stage(events)
		compare(t, b, m, events, 50)
		checkTables(t, b)
		compareTopOnly(t, Config{MaxInstruments: instruments, InitialOrders: 2}, view, events, rand.New(rand.NewPCG(1, 1)), 40)
	})
}
