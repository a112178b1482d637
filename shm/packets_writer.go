package shm

import "sync/atomic"

// PacketWriter writes one packets ring. It never waits and never looks at readers. It belongs to one worker.
//
// Header fields but Sequence and Bytes, and the payload, are the caller's to fill, where readers will find them:
//
//	h, payload := w.Claim(len(frame))
//	copy(payload, frame) // the one copy
//	h.Kind, h.TsRecv = shm.PacketFrame, stamp
//	...                  // what is known only later, as the verdict
//	w.Commit()
//	w.Flush()            // once per burst
type PacketWriter struct {
	area    packetArea
	pos     uint64 // next position
	end     uint64 // of the claimed record; pos where none is
	limit   uint64 // where the chunk ends
	most    uint64 // largest payload
	reach   uint64 // what the header says
	refused uint64
	header  *PacketsHeader
	mem     []byte   // keeps heap memory alive
	aside   []uint64 // a chunk beside the ring, where records cannot be built in place
}

// NewPacketWriter lays out a packets ring in mem, or takes over the one a former writer left there with the same shape: then
// cfg.Epoch must be newer, and positions go on behind the last record that was committed, so that readers go on too.
//
// mem is 8-aligned, at least PacketsBytes(cfg) long, and stays the caller's to unmap after the last call.
func NewPacketWriter(mem []byte, cfg PacketsConfig) (*PacketWriter, error) {
	if err := cfg.check(len(mem)); err != nil {
		return nil, err
	}
	h := packetsHeader(mem)
	if h == nil {
		return nil, fail("packets ring", "memory is not 8-aligned")
	}
	w := &PacketWriter{
		area:   packetArea{chunksOf(mem), uint64(cfg.ChunkBytes), uint64(cfg.ChunkBytes)*uint64(cfg.Chunks) - 1},
		header: h, mem: mem,
	}
	if h.check(len(mem)) == nil && h.ChunkBytes == cfg.ChunkBytes && h.ChunkCount == cfg.Chunks {
		if cfg.Epoch <= h.Epoch {
			return nil, fail("packets ring", "epoch ", utoa(cfg.Epoch), " is not newer than ", utoa(h.Epoch), " of the ring's last writer")
		}
		w.pos = w.area.walk(w.area.newestChunk())
	} else {
		atomic.StoreUint64(&h.Magic, 0)
		clear(mem[8:PacketsBytes(cfg)])
	}
	w.end, w.most = w.pos, w.area.chunk-SizePacketHeader
	h.ABI, h.HeaderSize = ABIVersion, HeaderBytes
	h.ChunkBytes, h.ChunkCount, h.Worker = cfg.ChunkBytes, cfg.Chunks, uint32(cfg.Worker)

	// The dead writer may have gone ahead into the next chunk, not further.
	w.limit = w.area.nextChunk(w.pos)
	w.reach = w.limit
	if old := w.reach + w.area.chunk; h.Reach == old {
		w.reach = old
	}
	announce(&h.Reach, w.reach)
	atomic.StoreUint64(w.area.at(w.pos), 0)

	// The order is NewWriter's: who sees a record of this run sees its epoch, who sees the epoch finds its start.
	atomic.StoreUint64(&h.EpochStart, w.pos)
	atomic.StoreUint64(&h.Epoch, cfg.Epoch)
	atomic.StoreUint64(&h.Head, w.pos)
	atomic.StoreUint32(&h.State, StateRunning)
	atomic.StoreUint64(&h.Magic, MagicPackets)
	return w, nil
}

// MaxPayload returns the largest payload of one record.
func (w *PacketWriter) MaxPayload() int { return int(w.most) }

// fit finds the place of a record of n bytes where that is not simply behind the last one, and says whether there is any.
//
//go:noinline
func (w *PacketWriter) fit(n int) bool {
	w.end = w.pos
	if uint64(n) > w.most {
		w.refused++
		return false
	}
	size := packetBytes(uint64(n))
	w.limit = w.area.nextChunk(w.pos)
	if w.pos+size > w.limit {
		w.skip()
	}
	w.end = w.pos + size
	w.extend(w.end)
	return true
}

// Abandon drops what Claim returned: it never was.
func (w *PacketWriter) Abandon() { w.end = w.pos }

// Put writes a copy of h and payload and returns the position: a payload that is larger than MaxPayload as several records,
// all but the last flagged PacketMore.
func (w *PacketWriter) Put(h PacketHeader, payload []byte) uint64 {
	at, flags := NoPosition, h.Flags&^PacketMore
	for {
		n := min(len(payload), w.MaxPayload())
		to, dst := w.Claim(n)
		h.Bytes, h.Sequence, h.Flags = uint32(n), to.Sequence, flags
		if n < len(payload) {
			h.Flags |= PacketMore
		}
		*to = h
		copy(dst, payload)
		if at == NoPosition {
			at = w.pos
		}
		w.Commit()
		if payload = payload[n:]; len(payload) == 0 {
			return at
		}
	}
}

// skip leaves the rest of the chunk empty and moves on to the next.
func (w *PacketWriter) skip() {
	next := w.limit
	w.extend(next)
	release(w.area.at(next), 0)
	release(w.area.at(w.pos), w.pos|PacketSkip)
	w.pos, w.limit = next, w.area.nextChunk(next)
}

// extend announces that memory up to the end of p's chunk is about to be touched: once a chunk, and before it is.
func (w *PacketWriter) extend(p uint64) {
	if p >= w.reach {
		w.reach = w.area.nextChunk(p)
		announce(&w.header.Reach, w.reach)
	}
}

// Flush stores the head cursor, a hint for readers that are behind. Once per burst is enough. Records are visible without it.
func (w *PacketWriter) Flush() { atomic.StoreUint64(&w.header.Head, w.pos) }

// Position returns the position of the claimed record; where none is, the end of the last one.
func (w *PacketWriter) Position() uint64 { return w.pos }

// Refused counts records that were not written because they were larger than MaxPayload.
func (w *PacketWriter) Refused() uint64 { return w.refused }

// Close marks the ring as ended in good order. The writer writes no more.
func (w *PacketWriter) Close() {
	w.Flush()
	atomic.StoreUint32(&w.header.State, StateStopped)
}

// clear makes a claimed header that of n bytes and nothing else; the sequence word is not touched.
func (h *PacketHeader) clear(n uint32) {
	h.Bytes, h.WireBytes, h.TsRecv = n, 0, 0
	h.BoundNS, h.Source, h.Flags, h.Kind, h.Line = 0, 0, 0, 0, 0
	h.Channel, h.Queue, h.Verdict, h.Reserved, h.Units = 0, 0, 0, 0, 0
	h.Value = 0
}
