package bench

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
)

// arena holds packets one behind the other in memory, as a receive ring would have them, so that no stage pays for
// reading files. A packet is 16 bytes of what is known of it and its frame, on 8-byte bounds:
//
//	0           8          10         12         14        15       16
//	|receive ns |frame len |payload at|payload n |channel  |line    |frame…
type arena struct {
	mem   []byte
	used  int
	unmap func()
}

const (
	arenaHead = 16
	noChannel = 0xFF
)

// packet is one packet of an arena, borrowed from it.
type packet struct {
	ns      uint64
	frame   []byte
	payload []byte // of UDP
	channel uint8  // noChannel: not of any channel
	line    uint8
}

// next reads the packet at an offset and returns the next one's. The caller stops at a.used.
func (a *arena) next(at int, p *packet) int {
	h := a.mem[at : at+arenaHead : at+arenaHead]
	n := int(binary.LittleEndian.Uint16(h[8:]))
	from := int(binary.LittleEndian.Uint16(h[10:]))
	length := int(binary.LittleEndian.Uint16(h[12:]))
	p.ns, p.channel, p.line = binary.LittleEndian.Uint64(h), h[14], h[15]
	p.frame = a.mem[at+arenaHead : at+arenaHead+n : at+arenaHead+n]
	p.payload = p.frame[from : from+length : from+length]
	return at + arenaHead + (n+7)&^7
}

// aheadBytes is how far ahead of a packet memory is asked for: two or three small packets.
const aheadBytes = 256

// ask asks for what follows the packet that ended at an offset, as package afxdp asks for the next frames of its batch.
func (a *arena) ask(at int) { askHead(&a.mem[min(at+aheadBytes, len(a.mem)-1)]) }

func (a *arena) add(ns uint64, frame []byte, from, length int, channel, line uint8) {
	h := a.mem[a.used : a.used+arenaHead]
	binary.LittleEndian.PutUint64(h, ns)
	binary.LittleEndian.PutUint16(h[8:], uint16(len(frame)))
	binary.LittleEndian.PutUint16(h[10:], uint16(from))
	binary.LittleEndian.PutUint16(h[12:], uint16(length))
	h[14], h[15] = channel, line
	copy(a.mem[a.used+arenaHead:], frame)
	a.used += arenaHead + (len(frame)+7)&^7
}

// largestFrame is what the arena's 16 bits of length can tell.
const largestFrame = 0xFFFF

// makeRoom grows the arena until a frame fits.
func (a *arena) makeRoom(frame int) error {
	for len(a.mem)-a.used < arenaHead+frame+7 {
		mem, unmap, err := enlarge(a.mem, 2*len(a.mem))
		if err != nil {
			return fmt.Errorf("memory for more than %d MB of packets: %w", len(a.mem)>>20, err)
		}
		a.mem, a.unmap = mem, unmap
	}
	return nil
}

// load copies every packet of src into a new arena, which begins with so many bytes and grows, with the channel and line
// that route finds. It stops after most messages as count tells them, 0 for all.
func load(src capture.Source, bytes int, route func(*feedhandler.Datagram) (channel, line uint8), count func(payload []byte) int, most uint64) (*arena, error) {
	mem, unmap, err := reserve(bytes)
	if err != nil {
		return nil, err
	}
	a := &arena{mem: mem, unmap: unmap}
	var p capture.Packet
	var d feedhandler.Datagram
	for messages := uint64(0); most == 0 || messages < most; {
		if err := src.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			a.unmap()
			return nil, err
		}
		if len(p.Data) > largestFrame {
			a.unmap()
			return nil, fmt.Errorf("a frame of %d bytes: the bench takes at most %d", len(p.Data), largestFrame)
		}
		if err := a.makeRoom(len(p.Data)); err != nil {
			a.unmap()
			return nil, err
		}
		channel, line, from, length := uint8(noChannel), uint8(0), 0, 0
		if feedhandler.ParseFrame(p.Data, false, &d) == feedhandler.WireOK {
			// The payload lies in the frame: its offset is what is left of the frame's capacity before it.
			from, length = cap(p.Data)-cap(d.Payload), len(d.Payload)
			if from+length > len(p.Data) || from < 0 {
				from, length = 0, 0
			} else {
				channel, line = route(&d)
			}
		}
		a.add(p.Recv().NS, p.Data, from, length, channel, line)
		if channel != noChannel && line == 0 {
			messages += uint64(count(d.Payload))
		}
	}
	return a, nil
}
