package playback

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/shm"
)

func origin(t testing.TB, edit func(*Origin)) []byte {
	t.Helper()
	o := Origin{Publish: []string{"mbo", "trades"}, Latest: true, Channels: []Channel{{Place: 7, Spec: config.Channel{
		Name: "one", Profile: "nasdaq.itch50", SessionDate: "2026-03-02", MaxInstruments: 16, MaxOrders: 1 << 10, InitialOrders: 1 << 8,
		GapTimeout: config.Duration(3e6), WindowPackets: 64, WindowBytes: 1 << 16, Worker: 3,
		Lines: []config.Line{{Name: "A", Group: "239.10.1.1", Port: 26477, VLAN: config.AnyVLAN}, {Name: "B", Group: "239.10.2.1", Port: 26478, VLAN: 9}},
	}}}}
	if edit != nil {
		edit(&o)
	}
	text, err := o.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestAnOriginIsReadAsWritten: what it says survives, and what the profile brings is written out.
func TestAnOriginIsReadAsWritten(t *testing.T) {
	text := origin(t, func(o *Origin) { o.Channels[0].Spec.MaxOrders = 0 })
	var o Origin
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	if got, err := o.Text(); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%s\nread and written: %s, %v", text, got, err)
	}
	spec := o.Channels[0].Spec
	built, err := spec.Build()
	if err != nil || spec.PublisherID == 0 || spec.PublisherID != built.PublisherID || built.Lines[0].VLAN != feedhandler.AnyVLAN || built.Lines[1].VLAN != 9 {
		t.Errorf("%+v, built %+v, %v", spec, built, err)
	}
	pipe, places, err := NewBuilder().Build(text)
	if err != nil || !reflect.DeepEqual(places, []uint16{7}) || pipe.Channels()[0].Name() != "one" {
		t.Errorf("built %v, %v", places, err)
	}
}

// TestWhatIsNotReplayedIsRefusedByName, and so is what does not fit: nothing is passed over.
func TestWhatIsNotReplayedIsRefusedByName(t *testing.T) {
	frame := make([]byte, 64)
	for _, tc := range []struct {
		name    string
		h       shm.PacketHeader
		payload []byte
		says    string
		is      error
	}{
		{"answer", shm.PacketHeader{Kind: shm.PacketAnswer, Channel: 7}, nil, "recovery answer", ErrNotReplayed},
		{"checkpoint", shm.PacketHeader{Kind: shm.PacketCheckpoint, Channel: 7}, nil, "checkpoint", ErrNotReplayed},
		{"kind", shm.PacketHeader{Kind: 99, Channel: 7}, nil, "kind 99", nil},
		{"channel", shm.PacketHeader{Kind: shm.PacketFrame, Channel: 8}, frame, "channel 8", nil},
		{"stamp", shm.PacketHeader{Kind: shm.PacketFrame, Channel: 7, Source: 77}, frame, "source 77", nil},
		{"twice", shm.PacketHeader{Kind: shm.PacketAdded, Channel: 7}, origin(t, nil), "at work", nil},
		{"elsewhere", shm.PacketHeader{Kind: shm.PacketAdded, Channel: 9}, origin(t, func(o *Origin) { o.Channels[0].Place = 8 }), "channel 8 is added as channel 9", nil},
		{"unread", shm.PacketHeader{Kind: shm.PacketAdded, Channel: 8}, []byte("{"), "cannot be read", nil},
		{"nobody", shm.PacketHeader{Kind: shm.PacketAdded, Channel: 8}, []byte("{}"), "names none", nil},
		{"schema", shm.PacketHeader{Kind: shm.PacketAdded, Channel: 8}, origin(t, func(o *Origin) { o.Channels[0].Place, o.Publish = 8, []string{"mbx"} }), "mbx", nil},
		{"greedy", shm.PacketHeader{Kind: shm.PacketAdded, Channel: 8}, bytes.Replace(origin(t, nil), []byte(`"max_orders":1024`), []byte(`"max_orders":9999999999`), 1), "max_orders", nil},
		{"set", shm.PacketHeader{Kind: shm.PacketAdded, Channel: 8}, origin(t, func(o *Origin) { o.Channels[0].Place, o.Channels[0].Set = 8, 1 }), "form no sets", nil},
	} {
		p := New(NewBuilder().Build)
		if err := p.Take(&shm.PacketHeader{Kind: shm.PacketAdded, Channel: 7}, origin(t, nil)); err != nil {
			t.Fatal(err)
		}
		err := p.Take(&tc.h, tc.payload)
		if err == nil || !strings.Contains(err.Error(), tc.says) || tc.is != nil && !errors.Is(err, tc.is) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.says)
		}
	}
}

// TestPiecesArePutTogether: a configuration that is larger than a record comes whole.
func TestPiecesArePutTogether(t *testing.T) {
	cfg, err := shm.PacketsOf(4 << 20)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Epoch = 1
	mem := make([]byte, shm.PacketsBytes(cfg))
	w, err := shm.NewPacketWriter(mem, cfg)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	var got []string
	packets := feedhandler.NewPackets(w)
	for _, n := range []int{0, 10, w.MaxPayload(), w.MaxPayload() + 1, 3 * w.MaxPayload() / 2} {
		texts = append(texts, strings.Repeat("x", n))
		packets.Config([]byte(texts[len(texts)-1]))
	}
	r, err := shm.NewPacketReader(mem)
	if err != nil {
		t.Fatal(err)
	}
	p := New(NewBuilder().Build)
	p.Config = func(text []byte) { got = append(got, string(text)) }
	for r.Next() == shm.Record {
		if err := p.Take(r.Header(), r.Payload()); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, texts) {
		t.Errorf("%d texts, want %d", len(got), len(texts))
	}
}

// TestHostileRecords: whatever stands in the ring, a player says what is wrong or takes it. It never panics, and nothing that it is
// told to make is larger than a configuration may ask for.
func TestHostileRecords(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 2))
	added := origin(t, nil)
	for range 60 {
		p := New(NewBuilder().Build)
		_ = p.Take(&shm.PacketHeader{Kind: shm.PacketAdded, Channel: 7}, added)
		for range 300 {
			h := shm.PacketHeader{
				Kind: uint8(r.IntN(14)), Channel: uint16(6 + r.IntN(3)), Line: uint8(r.Uint32()), Source: uint8(r.IntN(10)), Flags: uint8(r.Uint32()) &^ shm.PacketMore,
				Verdict: uint8(r.Uint32()), TsRecv: r.Uint64() >> r.IntN(64), Value: r.Uint64() >> r.IntN(64), WireBytes: r.Uint32() >> r.IntN(32), BoundNS: r.Uint32(),
			}
			payload := make([]byte, r.IntN(200))
			for i := range payload {
				payload[i] = byte(r.Uint32())
			}
			if h.Kind == shm.PacketAdded {
				payload = bytes.Clone(added)
				for range r.IntN(3) {
					payload[r.IntN(len(payload))] = byte(r.Uint32())
				}
			}
			_ = p.Take(&h, payload)
		}
		p.Finish()
	}
}
