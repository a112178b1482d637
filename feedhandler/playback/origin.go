package playback

import (
	"encoding/json"
	"fmt"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/config"
	"wirebook/shm"
)

// Origin is what rebuilds a pipeline: the payload of the record that adds it, as JSON. What a profile says is written out, so that
// another version's profile does not change it.
type Origin struct {
	Checksums bool      `json:"checksums"` // validated, of frames
	Publish   []string  `json:"publish"`   // schemas, by name
	Latest    bool      `json:"latest"`    // there is a latest table
	Channels  []Channel `json:"channels"`
}

// Channel is one channel of an Origin.
type Channel struct {
	Place uint16         `json:"place"` // in the control file
	Spec  config.Channel `json:"spec"`
	// Set numbers the set that it shares with channels of other pipelines, of all that the worker has had; 0: none.
	Set     uint32   `json:"set,omitempty"`
	SetMax  int      `json:"set_max,omitempty"` // instruments that the set has room for
	Symbols []string `json:"symbols,omitempty"` // that are published; none: all
}

// Text spells it.
func (o *Origin) Text() ([]byte, error) {
	for i := range o.Channels {
		spec, err := o.Channels[i].Spec.WithProfile()
		if err != nil {
			return nil, err
		}
		o.Channels[i].Spec = spec
	}
	return json.Marshal(o)
}

// Builder rebuilds the pipelines of one worker from their origins.
type Builder struct {
	// Equip gives a channel more to do than digests; nil: nothing.
	Equip func(c *Channel, cfg *feedhandler.ChannelConfig)
	sets  map[uint32]*feedhandler.Set
}

// NewBuilder returns a builder without sets.
func NewBuilder() *Builder { return &Builder{sets: map[uint32]*feedhandler.Set{}} }

// mostInstruments bounds what a record may ask memory for.
const mostInstruments = 1 << 24

// Build is the Build of a Player.
func (b *Builder) Build(payload []byte) (*feedhandler.Pipeline, []uint16, error) {
	var o Origin
	if err := json.Unmarshal(payload, &o); err != nil {
		return nil, nil, fmt.Errorf("the record that adds a channel cannot be read: %w", err)
	}
	if len(o.Channels) == 0 {
		return nil, nil, fmt.Errorf("the record that adds a channel names none")
	}
	var published feedhandler.SchemaSet
	for _, name := range o.Publish {
		s, ok := shm.ParseSchema(name)
		if !ok {
			return nil, nil, fmt.Errorf("no schema %q", name)
		}
		published |= feedhandler.Schemas(s)
	}
	cfg := feedhandler.Config{Checksums: o.Checksums}
	var places []uint16
	for i := range o.Channels {
		c := &o.Channels[i]
		if err := c.Spec.CheckAlone(); err != nil {
			return nil, nil, err
		}
		ch, err := c.Spec.Build()
		if err != nil {
			return nil, nil, err
		}
		if ch.Shared, err = b.set(c, &ch); err != nil {
			return nil, nil, err
		}
		for _, symbol := range c.Symbols {
			ch.Output.Only = append(ch.Output.Only, book.MakeSymbol([]byte(symbol)))
		}
		// The same schemas are made, and books are as deep.
		ch.Output.Tap, ch.Output.TapSchemas = nowhere{}, published
		if o.Latest {
			if ch.Output.Latest, err = emptyTable(); err != nil {
				return nil, nil, err
			}
			ch.Output.LatestSchema = feedhandler.LatestSchema(published)
		}
		if b.Equip != nil {
			b.Equip(c, &ch)
		}
		cfg.Channels = append(cfg.Channels, ch)
		places = append(places, c.Place)
	}
	pipe, err := feedhandler.New(cfg)
	return pipe, places, err
}

// set is the set that a channel shares with other pipelines.
func (b *Builder) set(c *Channel, ch *feedhandler.ChannelConfig) (*feedhandler.Set, error) {
	switch {
	case c.Set == 0:
		return nil, nil
	case ch.Feed.NewMember == nil:
		return nil, fmt.Errorf("channel %s: channels of %s form no sets", c.Spec.Name, ch.Feed.Name)
	case c.SetMax < 0 || c.SetMax > mostInstruments:
		return nil, fmt.Errorf("channel %s: a set of %d instruments", c.Spec.Name, c.SetMax)
	}
	if b.sets[c.Set] == nil {
		b.sets[c.Set] = feedhandler.NewSet(c.SetMax)
	}
	return b.sets[c.Set], nil
}

// nowhere wants records and does nothing with them.
type nowhere struct{}

func (nowhere) Record(shm.Schema, []byte, uint64) {}

// emptyTable is a latest table in which no instrument has a place.
func emptyTable() (*shm.LatestWriter, error) {
	return shm.NewLatestWriter(make([]byte, shm.LatestBytes(1)), 1, shm.SchemaMBP10, 1)
}
