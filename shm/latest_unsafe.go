package shm

import "unsafe"

// updateLatest changes slot i of the latest table. The sequence lock is a slot like a ring's: the next even number
// commits, the odd one above it marks; position and updates stand where the extras would.
func (a slotArray) updateLatest(i uint64, m *MBP10, pos uint64) {
	slot := slotAt(a.base, i, latestSlotBytes)
	next := (*word(slot, 0) | 1) + 1 // the slot is ours: plain loads see our own stores
	updates := *word(slot, latestUpdates)&^noChannel + 1
	publishN(slot, next, unsafe.Pointer(m), SizeMBP10/8, latestPosition, pos, updates)
}
