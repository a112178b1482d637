package feedhandler_test

import (
	"strings"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/venue"
	"wirebook/shm"
)

// TestARingOfAnotherSchemaIsRefused before anything is published into slots of another size.
func TestARingOfAnotherSchemaIsRefused(t *testing.T) {
	for given := shm.Schema(0); given < shm.SchemaCount; given++ {
		cfg := shm.RingConfig{Schema: given, Slots: 16, Epoch: 1}
		ring, err := shm.NewWriter(asBytes(make([]uint64, shm.RingBytes(cfg)/8)), cfg)
		if err != nil {
			t.Fatal(err)
		}
		for place := shm.Schema(0); place < shm.SchemaCount; place++ {
			ch := feedhandler.ChannelConfig{Name: "totalview", Feed: venue.Find("nasdaq.itch50"), Lines: simLines, Options: venue.Options{MaxInstruments: 7}}
			ch.Output.Rings[place] = ring
			p, err := feedhandler.New(feedhandler.Config{Channels: []feedhandler.ChannelConfig{ch}})
			if place == given {
				if err != nil {
					t.Errorf("%s: %v", given, err)
				}
				continue
			}
			if err == nil || p != nil {
				t.Errorf("a ring of %s was taken for %s", given, place)
				continue
			}
			if says := err.Error(); !strings.Contains(says, "totalview") || !strings.Contains(says, "for "+place.String()+" ") || !strings.HasSuffix(says, "carries "+given.String()) {
				t.Errorf("a ring of %s for %s: %q", given, place, says)
			}
		}
	}
}
