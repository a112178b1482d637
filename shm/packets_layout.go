package shm

import "math/bits"

// Bounds of a packets ring.
const (
	DefaultChunkBytes = 256 << 10
	MinChunkBytes     = 256
	MaxChunkBytes     = 16 << 20
	MinChunks         = 4
	MaxChunks         = 1 << 18
)

// SizePacketHeader is the bytes in front of a packet's payload.
const SizePacketHeader = 48

// packetAlign is what positions are multiples of: the bits below tell a sequence word's state.
const packetAlign = 16

// PacketsConfig shapes a packets ring.
type PacketsConfig struct {
	ChunkBytes uint32 // power of two, MinChunkBytes to MaxChunkBytes: no record is larger
	Chunks     uint32 // power of two, MinChunks to MaxChunks
	Worker     uint16
	Epoch      uint64 // of the writer's run, from 1; the control file counts them
}

// PacketsOf returns the shape of a packets ring with so many bytes of packets, a power of two.
func PacketsOf(bytes uint64) (PacketsConfig, error) {
	const least, most = MinChunks << 16, uint64(MaxChunks) * DefaultChunkBytes
	if bytes < least || bytes > most || bits.OnesCount64(bytes) != 1 {
		return PacketsConfig{}, fail("packets ring", utoa(bytes), " bytes must be a power of two from ", utoa(least), " to ", utoa(most))
	}
	chunk := min(bytes/MinChunks, DefaultChunkBytes)
	return PacketsConfig{ChunkBytes: uint32(chunk), Chunks: uint32(bytes / chunk)}, nil
}

// PacketsBytes returns the bytes of memory a packets ring of cfg needs, the header page included.
func PacketsBytes(cfg PacketsConfig) int {
	return HeaderBytes + int(cfg.ChunkBytes)*int(cfg.Chunks)
}

func (cfg *PacketsConfig) check(memory int) error {
	if err := checkChunks(cfg.ChunkBytes, cfg.Chunks); err != nil {
		return err
	}
	switch {
	case cfg.Epoch == 0:
		return fail("packets ring", "epoch 0 means never written; count from 1")
	case memory < PacketsBytes(*cfg):
		return fail("packets ring", "memory of ", utoa(uint64(memory)), " bytes is smaller than the ", utoa(uint64(PacketsBytes(*cfg))), " it needs")
	}
	return nil
}

func checkChunks(size, count uint32) error {
	switch {
	case size < MinChunkBytes || size > MaxChunkBytes || bits.OnesCount32(size) != 1:
		return fail("packets ring", "chunks of ", utoa(uint64(size)), " bytes: must be a power of two from ", utoa(MinChunkBytes), " to ", utoa(MaxChunkBytes))
	case count < MinChunks || count > MaxChunks || bits.OnesCount32(count) != 1:
		return fail("packets ring", "chunk count ", utoa(uint64(count)), " is not a power of two from ", utoa(MinChunks), " to ", utoa(MaxChunks))
	}
	return nil
}

// check bounds every field of a header that another process wrote.
func (h *PacketsHeader) check(memory int) error {
	if err := checkMagic("packets ring", memory, h.Magic, MagicPackets, h.ABI); err != nil {
		return err
	}
	if h.HeaderSize != HeaderBytes {
		return fail("packets ring", "header of ", utoa(uint64(h.HeaderSize)), " bytes, expected ", utoa(HeaderBytes))
	}
	if err := checkChunks(h.ChunkBytes, h.ChunkCount); err != nil {
		return err
	}
	if need := HeaderBytes + int(h.ChunkBytes)*int(h.ChunkCount); memory < need {
		return fail("packets ring", "truncated: ", utoa(uint64(memory)), " bytes, but its header promises ", utoa(uint64(need)))
	}
	return nil
}

// packetBytes is what a record with n bytes of payload takes.
func packetBytes(n uint64) uint64 {
	return (SizePacketHeader + n + packetAlign - 1) &^ (packetAlign - 1)
}
