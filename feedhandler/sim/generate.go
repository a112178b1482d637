package sim

import (
	"encoding/json"
	"fmt"
	"io"
)

// Oracle is the truth about one generated day, as JSON beside the captures.
type Oracle struct {
	Datagrams   uint64      `json:"datagrams"`
	Messages    uint64      `json:"messages"`
	FirstNS     uint64      `json:"first"`
	LastNS      uint64      `json:"last"`
	Lines       []LineStats `json:"lines"`
	LostOnAll   []Range     `json:"gaps"`
	Final       Books       `json:"final"`
	Checkpoints []Books     `json:"checkpoints,omitempty"`
}

// Generate runs a whole day over the lines and returns what is true of it. clean, where not nil, takes every datagram
// once, on the first line's addresses and without impairments. progress, where not nil, is called now and then
// with the messages made so far; an error it returns ends the day.
func Generate(x *Exchange, lines WireConfig, clean Sink, progress func(messages uint64) error) (*Oracle, error) {
	wire, err := NewWire(lines)
	if err != nil {
		return nil, err
	}
	plain, err := newCleanWire(wire, clean)
	if err != nil {
		return nil, err
	}
	var o Oracle
	var d Datagram
	for x.Next(&d) {
		if o.Datagrams == 0 {
			o.FirstNS = d.TimeNS
		}
		o.Datagrams++
		o.Messages += uint64(d.Messages)
		o.LastNS = d.TimeNS
		if err := wire.Send(&d); err != nil {
			return nil, err
		}
		if plain != nil {
			if err := plain.Send(&d); err != nil {
				return nil, fmt.Errorf("clean capture: %w", err)
			}
		}
		if progress != nil && o.Datagrams%4096 == 0 {
			if err := progress(o.Messages); err != nil {
				return nil, err
			}
		}
	}
	if err := wire.Close(); err != nil {
		return nil, err
	}
	if plain != nil {
		if err := plain.Close(); err != nil {
			return nil, fmt.Errorf("clean capture: %w", err)
		}
	}
	o.Lines, o.LostOnAll = wire.Lines(), wire.LostOnAll()
	o.Final, o.Checkpoints = x.Books(), x.Checkpoints()
	return &o, nil
}

// newCleanWire is one perfect line with the addresses of wire's first; nil without a sink.
func newCleanWire(wire *Wire, clean Sink) (*Wire, error) {
	if clean == nil {
		return nil, nil
	}
	first := wire.LineConfigs()[0]
	only := LineConfig{Name: first.Name, Source: first.Source, Group: first.Group, MAC: first.MAC, VLAN: first.VLAN}
	return NewWire(WireConfig{Lines: []LineConfig{only}, Merged: clean})
}

// WriteJSON writes the oracle.
func (o *Oracle) WriteJSON(w io.Writer) error {
	if err := json.NewEncoder(w).Encode(o); err != nil {
		return fmt.Errorf("sim: write oracle: %w", err)
	}
	return nil
}
