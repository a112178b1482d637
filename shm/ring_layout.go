package shm

import (
	"math/bits"
	"strconv"
)

// MaxSlots bounds a ring.
const MaxSlots = 1 << 28

// RingConfig shapes a ring.
type RingConfig struct {
	Schema Schema
	Slots  uint32 // power of two, 2 to MaxSlots
	Worker uint16
	Epoch  uint64 // of the writer's run, from 1; the control file counts them
}

// RingBytes returns the bytes a ring of cfg needs, the header page included.
func RingBytes(cfg RingConfig) int {
	return HeaderBytes + int(cfg.Slots)*cfg.Schema.SlotSize()
}

// Error is a shared-memory object that cannot be used, and why.
type Error struct {
	Object string // "ring", "latest table", "control file", or a name given by the edge
	Reason string
}

func (e *Error) Error() string { return "shm: " + e.Object + ": " + e.Reason }

func fail(object string, reason ...string) error {
	e := &Error{Object: object}
	for _, r := range reason {
		e.Reason += r
	}
	return e
}

func utoa(v uint64) string { return strconv.FormatUint(v, 10) }

func (cfg *RingConfig) check(memory int) error {
	switch {
	case !cfg.Schema.Slots():
		return fail("ring", "schema ", utoa(uint64(cfg.Schema)), " does not exist")
	case cfg.Slots < 2 || cfg.Slots > MaxSlots || bits.OnesCount32(cfg.Slots) != 1:
		return fail("ring", "slots ", utoa(uint64(cfg.Slots)), " must be a power of two from 2 to ", utoa(MaxSlots))
	case cfg.Epoch == 0:
		return fail("ring", "epoch 0 means never written; count from 1")
	case memory < RingBytes(*cfg):
		return fail("ring", "memory of ", utoa(uint64(memory)), " bytes is smaller than the ", utoa(uint64(RingBytes(*cfg))), " it needs")
	}
	return nil
}

// checkMagic says whether a file of ours starts here. It is the first thing any reader asks.
func checkMagic(object string, memory int, magic, want uint64, abi uint32) error {
	switch {
	case memory < HeaderBytes:
		return fail(object, "only ", utoa(uint64(memory)), " bytes, shorter than its header of ", utoa(HeaderBytes))
	case magic == 0:
		return fail(object, "not laid out yet: its writer is still starting, or died doing so")
	case magic != want:
		return fail(object, "foreign file: magic ", strconv.FormatUint(magic, 16), ", expected ", strconv.FormatUint(want, 16))
	case abi != ABIVersion:
		return fail(object, "written with ABI version ", utoa(uint64(abi)), ", this reader knows version ", utoa(uint64(ABIVersion)),
			"; use matching builds of Wirebook and the reader")
	}
	return nil
}

// check bounds every field of a header that another process wrote.
func (h *RingHeader) check(memory int) error {
	if err := checkMagic("ring", memory, h.Magic, MagicRing, h.ABI); err != nil {
		return err
	}
	s := Schema(h.Schema)
	switch {
	case h.Schema >= uint32(ringKinds) || !s.Slots():
		return fail("ring", "schema ", utoa(uint64(h.Schema)), " does not exist")
	case h.HeaderSize != HeaderBytes:
		return fail("ring", "header of ", utoa(uint64(h.HeaderSize)), " bytes, expected ", utoa(HeaderBytes))
	case int(h.SlotSize) != s.SlotSize() || int(h.BodySize) != s.BodySize():
		return fail("ring", "slots of ", utoa(uint64(h.SlotSize)), " bytes with bodies of ", utoa(uint64(h.BodySize)),
			", expected ", utoa(uint64(s.SlotSize())), " and ", utoa(uint64(s.BodySize())))
	case h.SlotCount < 2 || h.SlotCount > MaxSlots || bits.OnesCount32(h.SlotCount) != 1:
		return fail("ring", "slot count ", utoa(uint64(h.SlotCount)), " is not a power of two from 2 to ", utoa(MaxSlots))
	case memory < HeaderBytes+int(h.SlotCount)*int(h.SlotSize):
		return fail("ring", "truncated: ", utoa(uint64(memory)), " bytes, but its header promises ",
			utoa(uint64(HeaderBytes+int(h.SlotCount)*int(h.SlotSize))))
	}
	return nil
}
