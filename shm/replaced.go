package shm

import "sync/atomic"

// MarkReplaced tells readers that still map mem, a ring or control file of a former run, that a new file took its
// place. Memory that is neither is left alone.
func MarkReplaced(mem []byte) {
	if len(mem) < HeaderBytes {
		return
	}
	if h := view[RingHeader](mem); h != nil && h.Magic == MagicRing && h.ABI == ABIVersion {
		atomic.StoreUint32(&h.State, StateReplaced)
	}
	if h := view[PacketsHeader](mem); h != nil && h.Magic == MagicPackets && h.ABI == ABIVersion {
		atomic.StoreUint32(&h.State, StateReplaced)
	}
	if h := view[ControlHeader](mem); h != nil && h.Magic == MagicControl && h.ABI == ABIVersion {
		atomic.StoreUint32(&h.State, StateReplaced)
	}
}

// Pause tells the processor n times that this is a spin loop: between two looks at a slot.
func Pause(n uint32) { pause(n) }

// IsOurs tells whether mem begins as a file of an instance does: control, ring or latest table.
func IsOurs(mem []byte) bool {
	h := view[RingHeader](mem)
	return h != nil && (h.Magic == MagicRing || h.Magic == MagicPackets || h.Magic == MagicControl || h.Magic == MagicLatest)
}

// OtherABI tells whether mem is a control file of another version of the ABI, and which.
func OtherABI(mem []byte) (abi uint32, other bool) {
	if len(mem) < HeaderBytes {
		return 0, false
	}
	h := view[ControlHeader](mem)
	if h == nil || h.Magic != MagicControl || h.ABI == ABIVersion {
		return 0, false
	}
	return uint32(h.ABI), true
}
