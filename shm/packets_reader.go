package shm

import "sync/atomic"

// PacketReader follows one packets ring as Reader follows a ring of slots, with the same results; Lost counts bytes. It only loads,
// so it works on a read-only mapping. It belongs to one goroutine. Another process may store anything into the memory: a
// reader returns nonsense then, but never reads outside mem and never panics.
type PacketReader struct {
	area    packetArea
	header  *PacketsHeader
	pos     uint64
	at      uint64 // position of the record in buf
	bytes   uint64 // of its payload
	epoch   uint64
	lost    uint64 // of the last Lapped
	lostAll uint64
	missed  uint64   // bytes of the epoch that were gone before the oldest record
	buf     []uint64 // one record
	mem     []byte
}

// NewPacketReader checks the packets ring in mem and stands at its oldest record. An Error says what is wrong.
func NewPacketReader(mem []byte) (*PacketReader, error) {
	if len(mem) < HeaderBytes {
		return nil, checkMagic("packets ring", len(mem), MagicPackets, MagicPackets, ABIVersion)
	}
	shared := packetsHeader(mem)
	if shared == nil {
		return nil, fail("packets ring", "memory is not 8-aligned")
	}
	h := *shared // judged and used from one copy: the file may change under us
	if err := h.check(len(mem)); err != nil {
		return nil, err
	}
	r := &PacketReader{
		area:   packetArea{chunksOf(mem), uint64(h.ChunkBytes), uint64(h.ChunkBytes)*uint64(h.ChunkCount) - 1},
		header: shared, mem: mem, buf: make([]uint64, h.ChunkBytes/8),
	}
	r.epoch = atomic.LoadUint64(&shared.Epoch)
	r.SeekOldest()
	return r, nil
}

// Next copies the record at the reader's position and moves on: Header and Payload are it until the next call.
//
// The sequence word says that a whole record was there; reach, loaded behind the copy, that it was there to the end, for the writer
// moves reach before it touches what is older.
func (r *PacketReader) Next() Result {
	p := r.pos
	if atomic.LoadUint64(r.area.at(p)) != p|PacketWhole || atomic.LoadUint64(&r.header.Epoch) != r.epoch {
		if res := r.look(); res != Record {
			return res
		}
		p = r.pos
	}
	n := uint64(uint32(atomic.LoadUint64(r.area.at(p + 8))))
	size := packetBytes(n)
	fits := r.area.inChunk(p)+size <= r.area.chunk
	if fits {
		r.area.load(r.buf[1:size/8], p&r.area.mask+8)
	}
	if reach := atomic.LoadUint64(&r.header.Reach); r.gone(p, reach) {
		return r.lapped(reach)
	}
	if !fits {
		return Corrupt
	}
	h := r.Header()
	h.Sequence, h.Bytes = p|PacketWhole, uint32(n) // n was loaded once: the memory may say something else by now
	r.at, r.bytes, r.pos = p, n, p+size
	return Record
}

// gone tells whether the writer may have touched the record at p, having announced reach.
func (r *PacketReader) gone(p, reach uint64) bool { return reach > p+r.area.mask+1 }

// look judges a position that does not simply hold a record of the known epoch.
func (r *PacketReader) look() Result {
	for range 4 { // each time something new was there: a writer of ours is not that fast, and who else writes shall not hold us
		p := r.pos
		seq := atomic.LoadUint64(r.area.at(p))
		if epoch := atomic.LoadUint64(&r.header.Epoch); epoch != r.epoch {
			if start := atomic.LoadUint64(&r.header.EpochStart); p >= start {
				r.epoch = epoch
				if p > r.edge() && start < maxPosition {
					r.pos = start &^ (packetAlign - 1) // the ring was laid out afresh: positions count from 0 again
				}
				return NewEpoch
			}
		}
		reach := atomic.LoadUint64(&r.header.Reach)
		if r.gone(p, reach) {
			return r.lapped(reach)
		}
		switch {
		case seq == p|PacketWhole:
			return Record
		case seq == p|PacketSkip && r.area.inChunk(p) != 0:
			r.pos = r.area.nextChunk(p) // no chunk begins so: this ends
			continue
		}
		// Nothing is here. It may be that something has come since.
		stopped := r.State() == StateStopped || r.State() == StateReplaced
		behind := r.header.behind(p)
		if (stopped || behind) && atomic.LoadUint64(r.area.at(p)) != seq {
			continue
		}
		switch {
		case behind:
			if reach = atomic.LoadUint64(&r.header.Reach); r.gone(p, reach) {
				return r.lapped(reach)
			}
			return Corrupt
		case stopped:
			return Stopped
		}
		return Empty
	}
	return Empty
}

// behind tells whether the writer has said that a record at p is committed.
func (h *PacketsHeader) behind(p uint64) bool {
	head := atomic.LoadUint64(&h.Head)
	return p < head && head < maxPosition
}

// lapped moves the reader to a chunk's begin half a ring behind the writer: far enough from being overwritten again at once,
// not further than needed, and surely where a record begins.
func (r *PacketReader) lapped(reach uint64) Result {
	if reach >= maxPosition {
		return Corrupt
	}
	resume := (reach - (r.area.mask+1)/2) &^ (r.area.chunk - 1)
	r.lost = resume - r.pos
	r.lostAll += r.lost
	r.pos = resume
	return Lapped
}

// edge returns the position the next record will get, as far as it can be seen: the head hint, then what was committed since.
func (r *PacketReader) edge() uint64 {
	size := r.area.mask + 1
	for range 4 {
		head := atomic.LoadUint64(&r.header.Head)
		if head >= maxPosition || head%packetAlign != 0 || r.gone(head, atomic.LoadUint64(&r.header.Reach)) {
			head = r.area.newestChunk()
		}
		edge := r.area.walk(head)
		if reach := atomic.LoadUint64(&r.header.Reach); !r.gone(head, reach) {
			return edge // nothing that was walked over has been touched since
		}
	}
	// The writer is faster than this: a chunk's begin is a sure place.
	reach := atomic.LoadUint64(&r.header.Reach)
	if reach >= maxPosition || reach < size {
		return 0
	}
	return reach &^ (r.area.chunk - 1)
}

// SeekEdge moves to the live edge: the next record read is one not yet written. It returns the position.
func (r *PacketReader) SeekEdge() uint64 {
	r.pos, r.missed = r.edge(), 0
	return r.pos
}

// SeekOldest moves to the oldest record of the running epoch that is still in the ring and returns its position.
// Missed says how many bytes of this run are not there any more.
func (r *PacketReader) SeekOldest() uint64 {
	r.pos, r.missed = 0, 0
	reach := atomic.LoadUint64(&r.header.Reach) &^ (r.area.chunk - 1)
	if reach > r.area.mask+1 && reach < maxPosition {
		r.pos = reach - r.area.mask - 1
	}
	if start := atomic.LoadUint64(&r.header.EpochStart) &^ (packetAlign - 1); start < maxPosition && start <= reach {
		r.missed = max(r.pos, start) - start
		r.pos = max(r.pos, start)
	}
	return r.pos
}

// Seek moves to a position that Position or At returned, of this reader or another. One already overwritten shows as
// Lapped on the next call, one that the writer has not reached is Empty until it gets there.
func (r *PacketReader) Seek(p uint64) {
	if p < maxPosition && p%packetAlign == 0 {
		r.pos = p
	}
}

// Header returns the header of the record that Next copied.
func (r *PacketReader) Header() *PacketHeader { return wordsHeader(r.buf) }

// Payload returns the payload of the record that Next copied, until the next call.
func (r *PacketReader) Payload() []byte { return wordsPayload(r.buf, r.bytes) }

// At returns the position of the record that Next copied.
func (r *PacketReader) At() uint64 { return r.at }

// Position returns the position of the record Next will read.
func (r *PacketReader) Position() uint64 { return r.pos }

// Lost returns how many bytes the last Lapped skipped.
func (r *PacketReader) Lost() uint64 { return r.lost }

// LostTotal returns how many bytes all Lapped results skipped.
func (r *PacketReader) LostTotal() uint64 { return r.lostAll }

// Missed returns how many bytes of the running epoch were overwritten before this reader could begin.
func (r *PacketReader) Missed() uint64 { return r.missed }

// Epoch returns the run of the writer that the reader has acknowledged.
func (r *PacketReader) Epoch() uint64 { return r.epoch }

// Behind returns how many bytes the writer is ahead, as far as it can be seen.
func (r *PacketReader) Behind() uint64 {
	if edge := r.edge(); edge > r.pos {
		return edge - r.pos
	}
	return 0
}

// State returns the ring's writer state.
func (r *PacketReader) State() uint32 { return atomic.LoadUint32(&r.header.State) }

// ChunkBytes returns the bytes of a chunk.
func (r *PacketReader) ChunkBytes() uint32 { return uint32(r.area.chunk) }

// Chunks returns the number of chunks.
func (r *PacketReader) Chunks() uint32 { return uint32((r.area.mask + 1) / r.area.chunk) }
