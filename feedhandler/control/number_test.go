package control

import (
	"encoding/binary"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/sim"
	"wirebook/ptp"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// TestRecordsNumberTheControlFilesChannels: a live worker has a pipeline for every channel. Their records carry the
// channel's place in the control file all the same.
func TestRecordsNumberTheControlFilesChannels(t *testing.T) {
	c, err := config.Parse("test.yaml", []byte("instance: test\nchannels:\n- {name: a, profile: nasdaq.itch50, publisher_id: 10}\n- {name: b, profile: nasdaq.itch50, publisher_id: 11}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var channels []feedhandler.ChannelConfig
	for k := range c.Channels {
		ch, err := c.Channels[k].Build()
		if err != nil {
			t.Fatal(err)
		}
		channels = append(channels, ch)
	}
	root := t.TempDir()
	i, err := Create(c, channels, Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close(1)
	for k := range channels {
		i.Equip(&c.Channels[k], &channels[k])
		one := channels[k : k+1]
		pipe, err := feedhandler.New(feedhandler.Config{Channels: one})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := i.Register(0, pipe, one); err != nil {
			t.Fatal(err)
		}
		x, err := sim.New(sim.Config{Seed: 1, Encoding: sim.ITCH50, Symbols: 2, Messages: 300, LiveOrders: 30, Rate: 1000})
		if err != nil {
			t.Fatal(err)
		}
		line := one[0].Lines[0]
		for g := (sim.Datagram{}); x.Next(&g); {
			pipe.OnDatagram(&feedhandler.Datagram{Dst: line.Group, DstPort: line.Port, Src: line.Source, Payload: g.Payload},
				ptp.Stamp{NS: g.TimeNS, Source: ptp.SourceCapture})
		}
		pipe.End()
	}
	r, err := segment.OpenReader(segment.ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBP1, From: segment.FromOldest})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	buf := make([]byte, r.PayloadSize())
	seen := map[uint16]int{}
	for r.Next(buf) == shm.Record {
		publisher := binary.LittleEndian.Uint16(buf[2:])
		if channel := binary.LittleEndian.Uint32(buf[shm.SizeMBP1+8:]); uint16(channel) != publisher-10 {
			t.Fatalf("a record of publisher %d carries channel %d", publisher, channel)
		}
		seen[publisher]++
	}
	if seen[10] == 0 || seen[11] == 0 {
		t.Fatalf("records by publisher: %v", seen)
	}
}
