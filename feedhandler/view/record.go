package view

import (
	"encoding/binary"

	"wirebook/shm"
	"wirebook/shm/segment"
)

// Record is one record of a ring, and what the instance says about it.
type Record struct {
	Schema   shm.Schema
	Worker   int
	Position uint64            // in its ring
	Body     []byte            // 8-aligned, borrowed until the next call of Follower.Next
	TradeID  uint64            // 0 where the venue gave none
	Symbol   string            // "" where the instrument table does not say
	Natural  *segment.Position // nil where it was not asked for; borrowed as Body is
	Channel  string            // of a record that the appliance made
}

// Own says that no venue made the record but the appliance.
func (r *Record) Own() bool { return r.RType() == shm.RTypeAppliance }

// RType returns the DBN record type.
func (r *Record) RType() uint8 { return r.Body[1] }

// Key names the record's instrument: publisher and id.
func (r *Record) Key() uint64 { return keyOf(r.Body) }

// Publisher returns the publisher id.
func (r *Record) Publisher() uint16 { return binary.LittleEndian.Uint16(r.Body[2:]) }

// Instrument returns the instrument id; 0 is the channel as a whole.
func (r *Record) Instrument() uint32 { return binary.LittleEndian.Uint32(r.Body[4:]) }

func keyOf(body []byte) uint64 {
	return uint64(binary.LittleEndian.Uint16(body[2:]))<<32 | uint64(binary.LittleEndian.Uint32(body[4:]))
}

// sizes of the bodies by record type; 0 for types that do not exist.
var sizes = [256]int{
	shm.RTypeMBO: shm.SizeMBO, shm.RTypeTrade: shm.SizeTrade, shm.RTypeMBP1: shm.SizeMBP1, shm.RTypeMBP10: shm.SizeMBP10,
	shm.RTypeStatus: shm.SizeStatus, shm.RTypeDefinition: shm.SizeDefinition, shm.RTypeImbalance: shm.SizeImbalance,
	shm.RTypeStatistics: shm.SizeStatistics, shm.RTypeAppliance: shm.SizeAppliance,
}

// whole says whether body is a whole record of a known type.
func whole(body []byte) bool {
	return len(body) >= shm.SizeHeader && sizes[body[1]] != 0 && len(body) >= sizes[body[1]]
}
