package bench

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"

	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/sim"
)

// Day is a day of the built-in exchange, always the same for the same fields.
type Day struct {
	Encoding sim.Encoding
	Profile  string
	Messages uint64
	Symbols  int
	Live     int
	Rate     uint64 // mean messages a second: it decides how many share a packet
	PackNS   uint64 // how long a packet waits for more of them, 0: as the simulator has it
	Engines  int    // that number orders, 0: one
	IDStep   int    // order ids from one to the next at most, 0: as the simulator has it
}

// The generated inputs. The ITCH day is Nasdaq's size: 8000 symbols by Zipf's law, 1.2 million live orders at
// the peak. Live orders shrink with the messages of a shorter day, so that its book is in use and not only filled.
func itchDay(messages uint64) Day {
	live := min(1_200_000, int(messages/4))
	return Day{Encoding: sim.ITCH50, Profile: "nasdaq.itch50", Messages: messages, Symbols: min(8000, max(live/20, 1)), Live: live, Rate: 300_000}
}

// sparseDay is the same market on a wire like most real ones: a packet carries 1.5 messages on average, and order ids
// are those of four matching engines, with holes.
func sparseDay(messages uint64) Day {
	d := itchDay(messages)
	d.PackNS, d.Engines, d.IDStep = 200, 4, 64
	return d
}

func deepDay(messages uint64) Day {
	return Day{Encoding: sim.Deep, Profile: "iex.deep10", Messages: messages, Symbols: min(2000, int(messages/100)+1), Live: min(100_000, int(messages/4)), Rate: 100_000}
}

func cmeDay(messages uint64) Day {
	return Day{Encoding: sim.MDP3, Profile: "cme.mdp3", Messages: messages, Symbols: min(64, int(messages/100)+1), Live: min(50_000, int(messages/4)), Rate: 100_000}
}

func (d *Day) config(messages uint64) sim.Config {
	return sim.Config{Seed: 20261120, Encoding: d.Encoding, Symbols: d.Symbols, Messages: messages, LiveOrders: d.Live, Rate: d.Rate,
		PackNS: d.PackNS, Engines: d.Engines, IDStep: d.IDStep}
}

// file is the day's name in the cache. It holds a hash of the day's first datagrams, so that a day made by another
// exchange is not taken for this one.
func (d *Day) file() (string, error) {
	x, err := sim.New(d.config(d.Messages))
	if err != nil {
		return "", err
	}
	h := fnv.New64a()
	var g sim.Datagram
	for range 5000 {
		if !x.Next(&g) {
			break
		}
		var ns [8]byte
		binary.LittleEndian.PutUint64(ns[:], g.TimeNS)
		h.Write(ns[:])
		h.Write(g.Payload)
	}
	return fmt.Sprintf("%s-%d-%d-%016x.pcap", d.Encoding, d.Messages, d.Live, h.Sum64()), nil
}

// generate writes the day into dir unless it is there, and returns its path.
func (d *Day) generate(dir string, progress func(what string, done, total int64) error) (string, error) {
	name, err := d.file()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("bench inputs: %w", err)
	}
	f, err := os.CreateTemp(dir, name+".part-*")
	if err != nil {
		return "", fmt.Errorf("bench inputs: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	w, err := capture.NewWriter(f, true)
	if err != nil {
		return "", err
	}
	x, err := sim.New(d.config(d.Messages))
	if err != nil {
		return "", err
	}
	wire, err := sim.NewWire(sim.WireConfig{Lines: []sim.LineConfig{{}}, Merged: sim.SinkFunc(w.Write)})
	if err != nil {
		return "", err
	}
	var g sim.Datagram
	for n := 0; x.Next(&g); n++ {
		if err := wire.Send(&g); err != nil {
			return "", fmt.Errorf("write %s: %w", f.Name(), err)
		}
		if n%8192 == 0 {
			if err := progress("generate "+string(d.Encoding), int64(x.Messages()), int64(d.Messages)); err != nil {
				return "", err
			}
		}
	}
	if err := wire.Close(); err != nil {
		return "", fmt.Errorf("write %s: %w", f.Name(), err)
	}
	if err := w.Flush(); err != nil {
		return "", fmt.Errorf("write %s: %w", f.Name(), err)
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return path, os.Rename(f.Name(), path)
}
