package feedhandler_test

import (
	"encoding/binary"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

// TestRecordsCarryTheirChannel: channels that share a ring tell their records apart by the channel word, in the records of
// a session's start too, which come without an event.
func TestRecordsCarryTheirChannel(t *testing.T) {
	cfg := shm.RingConfig{Schema: shm.SchemaMBP1, Slots: 1 << 14, Epoch: 1}
	mem := asBytes(make([]uint64, shm.RingBytes(cfg)/8))
	w, err := shm.NewWriter(mem, cfg)
	if err != nil {
		t.Fatal(err)
	}
	channel := func(name string, port, publisher uint16) feedhandler.ChannelConfig {
		c := feedhandler.ChannelConfig{Name: name, Feed: venue.Find("nasdaq.itch50"), PublisherID: publisher,
			Lines:   []feedhandler.LineConfig{{Name: "A", Group: 0xEF0A0101, Port: port}},
			Options: venue.Options{MaxInstruments: 63}, Books: book.Config{MaxOrders: 1 << 12, MaxLevels: 1 << 10}}
		c.Output.Rings[shm.SchemaMBP1] = w
		return c
	}
	const zero, one = 26477, 26478
	p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{channel("zero", zero, 10), channel("one", one, 11)}})
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[uint16]uint32{10: 0, 11: 17}
	p.Channels()[1].Number(numbers[11]) // as the control file's table says

	var payloads [][]byte
	day(t, sim.ITCH50, 1, sim.WireConfig{Lines: make([]sim.LineConfig, 1)}, sim.SinkFunc(func(_ uint64, frame []byte) error {
		var d feedhandler.Datagram
		if fault := feedhandler.ParseFrame(frame, false, &d); fault != feedhandler.WireOK {
			t.Fatal(fault)
		}
		payloads = append(payloads, append([]byte(nil), d.Payload...))
		return nil
	}))
	now := uint64(1_700_000_000_000_000_000)
	send := func(port uint16, session string, payloads [][]byte) {
		for _, payload := range payloads {
			copy(payload, session)
			now += 1000
			p.OnDatagram(&feedhandler.Datagram{Dst: 0xEF0A0101, DstPort: port, Payload: payload}, ptp.Stamp{NS: now, Source: ptp.SourceCapture})
			p.Flush()
		}
	}
	send(zero, "first     ", payloads[:len(payloads)/2])
	send(one, "first     ", payloads[:len(payloads)/2])
	send(zero, "second    ", payloads[:200]) // empties the books of channel zero, with nothing waiting to be applied
	p.Abandon()

	cleared := map[uint16]int{}
	if w.Position() > uint64(cfg.Slots) {
		t.Fatalf("%d records do not fit the ring", w.Position())
	}
	for at := range int(w.Position()) {
		slot := mem[shm.HeaderBytes+at*shm.SchemaMBP1.SlotSize():]
		m := shm.View[shm.MBP1](slot[8:88])
		if m.Action == shm.ActionClear {
			cleared[m.PublisherID]++
		}
		if got := binary.LittleEndian.Uint32(slot[96:]); got != numbers[m.PublisherID] {
			t.Fatalf("record %d, action %c, of publisher %d carries channel %d, want %d", at, m.Action, m.PublisherID, got, numbers[m.PublisherID])
		}
	}
	if cleared[10] == 0 || cleared[11] == 0 {
		t.Fatalf("%d records, books emptied: %v", w.Position(), cleared)
	}
}
