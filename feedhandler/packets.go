package feedhandler

import (
	"encoding/binary"
	"math"

	"wirebook/arbitration"
	"wirebook/ptp"
	"wirebook/shm"
)

// Packets is where the pipelines of one goroutine record every input they take, in the order taken, so that who gives the same
// inputs to the same pipelines gets the same records, byte for byte. See docs/adr/0019.
//
// A frame is copied before it is processed, so that one that ends in a panic is there, and is committed with what became of it
// afterwards. Of ticks only those are written that can have changed anything, and the newest before another input;
// lateness is written when it changed, before the next input; the end of a burst is a flag of the record after it.
type Packets struct {
	ring *shm.PacketWriter
	// Queue is of which queue the frames that come next are, and Taken when they were taken from it, UTC ns. The edge sets them.
	Queue uint16
	Taken uint64
	// Bell is the doorbell of the ring's readers.
	Bell *shm.Doorbell

	open *shm.PacketHeader // a frame that is being processed; nil: none
}

// NoQueue is Packets.Queue of what came by no queue that is known.
const NoQueue = math.MaxUint16

// noLine is the line of a record that is of none.
const noLine = math.MaxUint8

// NewPackets records into a ring.
func NewPackets(ring *shm.PacketWriter) *Packets { return &Packets{ring: ring, Queue: NoQueue} }

// Refused counts the inputs that were not recorded, for want of room for one record as large.
func (k *Packets) Refused() uint64 { return k.ring.Refused() }

// Config records the text of the configuration that holds from here on.
func (k *Packets) Config(text []byte) {
	k.close()
	k.ring.Put(shm.PacketHeader{Kind: shm.PacketConfig, Line: noLine, Channel: math.MaxUint16, Queue: NoQueue, TsRecv: k.Taken}, text)
	k.tell()
}

// tell shows readers what was recorded, and wakes those who wait for it: the head's store is the fence.
func (k *Packets) tell() {
	k.ring.Flush()
	k.Bell.Ring()
}

// unwritten is what a pipeline was told and its next record will tell.
type unwritten struct {
	tick    uint64 // the newest that changed nothing
	late    uint64
	told    uint64 // of late, what was written
	ticking bool   // tick is being carried out
	flushed bool
}

// outcome is what became of a datagram.
type outcome struct {
	verdict uint8 // as in shm.PacketHeader
	units   uint32
}

// verdicts says it of what the arbiter was offered.
var verdicts = [arbitration.FateCount]uint8{
	arbitration.FateTaken: shm.VerdictNew, arbitration.FateDuplicate: shm.VerdictDuplicate, arbitration.FateLate: shm.VerdictLate,
	arbitration.FateHeld: shm.VerdictHeld, arbitration.FateSuspect: shm.VerdictSuspect, arbitration.FateControl: shm.VerdictControl,
}

// judged is the outcome of an arbiter's verdict.
func judged(v arbitration.Verdict) outcome {
	o := outcome{verdicts[v.Fate], v.Count}
	if v.Skip != 0 {
		o.verdict = shm.VerdictPart
	}
	return o
}

// frame records a frame that is about to be processed.
func (k *Packets) frame(p *Pipeline, frame []byte, wireBytes int, stamp ptp.Stamp) {
	h, payload := k.claim(p, len(frame), stamp)
	if h == nil {
		return
	}
	copy(payload, frame)
	h.WireBytes = uint32(wireBytes)
	if wireBytes > len(frame) {
		h.Flags |= shm.PacketCut
	}
}

// datagram records a datagram that came without its headers, with such as are read to the same datagram again.
func (k *Packets) datagram(p *Pipeline, d *Datagram, stamp ptp.Stamp) {
	head := synthesisedHead(d)
	h, payload := k.claim(p, head+len(d.Payload), stamp)
	if h == nil {
		return
	}
	synthesise(payload[:head], d)
	copy(payload[head:], d.Payload)
	h.WireBytes = h.Bytes
	h.Flags |= shm.PacketSynthesised
}

// claim opens the record of a frame.
func (k *Packets) claim(p *Pipeline, bytes int, stamp ptp.Stamp) (*shm.PacketHeader, []byte) {
	k.catchUp(p)
	h, payload := k.ring.Claim(bytes)
	if h == nil {
		return nil, nil
	}
	h.Kind, h.Channel, h.Line, h.Queue = shm.PacketFrame, p.place(), noLine, k.Queue
	h.TsRecv, h.BoundNS, h.Source, h.Value = stamp.NS, stamp.BoundNS, uint8(stamp.Source), k.Taken
	h.Flags = p.unwritten.burst()
	if stamp.Bad {
		h.Flags |= shm.PacketBadStamp
	}
	if !p.checksums {
		h.Flags |= shm.PacketUnsummed
	}
	h.Verdict = shm.VerdictPanicked // until it is known to be something else
	k.open = h
	return h, payload
}

// taken completes the record of a frame that reached a line.
func (k *Packets) taken(p *Pipeline, r Route, o outcome) {
	if h := k.open; h != nil {
		h.Channel, h.Line = uint16(p.channels[r.Channel].number), r.Line
		h.Verdict, h.Units = o.verdict, uint16(min(o.units, math.MaxUint16))
		k.close()
	}
}

// refused completes the record of a frame that reached none.
func (k *Packets) refused(fault WireFault) {
	if h := k.open; h != nil {
		h.Verdict = shm.VerdictFault | uint8(fault)
		k.close()
	}
}

// close commits the record that is open: one of a frame that panicked, where nobody has completed it.
func (k *Packets) close() {
	if k.open != nil {
		k.open = nil
		k.ring.Commit()
	}
}

// catchUp writes what a pipeline's next record must come after.
func (k *Packets) catchUp(p *Pipeline) {
	k.close()
	u := &p.unwritten
	if u.late != u.told {
		u.told = u.late
		k.put(p, shm.PacketHeader{Kind: shm.PacketLate, Value: u.late, TsRecv: k.Taken}, nil)
	}
	if u.tick != 0 {
		ns := u.tick
		u.tick, u.ticking = 0, false
		k.put(p, shm.PacketHeader{Kind: shm.PacketTick, TsRecv: ns}, nil)
	}
}

// put writes a record that is no frame's.
func (k *Packets) put(p *Pipeline, h shm.PacketHeader, payload []byte) {
	h.Channel, h.Line, h.Queue, h.Flags = p.place(), noLine, NoQueue, p.unwritten.burst()
	k.ring.Put(h, payload)
}

// event records an input that is told by its kind.
func (k *Packets) event(p *Pipeline, kind uint8, payload []byte) {
	k.catchUp(p)
	k.put(p, shm.PacketHeader{Kind: kind, TsRecv: k.Taken}, payload)
	k.tell()
}

func (k *Packets) silence(p *Pipeline, on bool) {
	k.catchUp(p)
	h := shm.PacketHeader{Kind: shm.PacketSilence, TsRecv: k.Taken}
	if on {
		h.Value = 1
	}
	k.put(p, h, nil)
	k.tell()
}

// flush notes the end of a burst, which decides what a panic leaves undone. The head is stored before the channels flush, so
// that whom they wake finds the burst here too.
func (k *Packets) flush(p *Pipeline) {
	for _, c := range p.channels {
		if c.holds() {
			p.unwritten.flushed = true
			break
		}
	}
	k.ring.Flush()
}

// ticking notes a tick that is about to be carried out; ticked, when it was, whether it can have changed anything.
func (k *Packets) ticking(p *Pipeline, nowNS uint64) {
	u := &p.unwritten
	if u.ticking {
		k.catchUp(p) // the one before ended in a panic that nobody mended
	}
	u.tick, u.ticking = max(u.tick, nowNS), true
}

func (k *Packets) ticked(p *Pipeline, changed bool) {
	p.unwritten.ticking = false
	if changed {
		k.catchUp(p)
		k.tell() // the channels told theirs before the tick was known to matter
	}
}

// burst is the flag that tells of the end of a burst, once.
func (u *unwritten) burst() (flags uint8) {
	if u.flushed {
		u.flushed = false
		flags = shm.PacketFlushed
	}
	return flags
}

// place is the pipeline's in the control file: that of its first channel.
func (p *Pipeline) place() uint16 { return uint16(p.channels[0].number) }

// synthesisedHead is the length of the headers that synthesise makes.
func synthesisedHead(d *Datagram) int {
	switch d.VLAN {
	case 0:
		return plainHead
	case manyVLANs:
		return plainHead + 8
	}
	return plainHead + 4
}

// synthesise makes the Ethernet, IPv4 and UDP headers of a datagram: what was lost of them is 0, and there is no UDP checksum.
func synthesise(head []byte, d *Datagram) {
	clear(head)
	ip := head[14:]
	at := 12
	for range (len(head) - plainHead) / 4 {
		binary.BigEndian.PutUint16(head[at:], etherTypeVLAN)
		binary.BigEndian.PutUint16(head[at+2:], d.VLAN&0xFFF)
		at, ip = at+4, ip[4:]
	}
	binary.BigEndian.PutUint16(head[at:], etherTypeIPv4)
	// The multicast address that the group has on an Ethernet.
	head[0], head[2] = 1, 0x5E
	head[3], head[4], head[5] = byte(d.Dst>>16)&0x7F, byte(d.Dst>>8), byte(d.Dst)
	udp := ip[20:]
	ip[0], ip[8], ip[9] = 0x45, 1, protocolUDP
	binary.BigEndian.PutUint16(ip[2:], uint16(28+len(d.Payload)))
	binary.BigEndian.PutUint32(ip[12:], d.Src)
	binary.BigEndian.PutUint32(ip[16:], d.Dst)
	binary.LittleEndian.PutUint16(ip[10:], ^foldSum(addWords(0, ip[:20])))
	binary.BigEndian.PutUint16(udp, d.SrcPort)
	binary.BigEndian.PutUint16(udp[2:], d.DstPort)
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(d.Payload)))
}
