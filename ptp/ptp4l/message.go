package ptp4l

import (
	"encoding/binary"
	"fmt"

	"github.com/facebook/time/ptp/protocol"
)

// Places in a management message: IEEE 1588-2019 table 35 (header), 56 (management), 58 (TLV).
const (
	offSource   = 20 // clockIdentity 8, portNumber 2
	offSequence = 30
	offAction   = 46
	offTLV      = 48 // type 2, length 2, managementId 2, data
	offData     = offTLV + 6
)

// answer is one checked management response. Its bytes are its own.
type answer struct {
	raw    []byte
	id     protocol.ManagementID
	source protocol.PortIdentity
	failed protocol.ManagementErrorID // of a MANAGEMENT_ERROR_STATUS, else 0
}

// parse checks everything about a response that does not depend on which data set it is. The error says in words what is
// wrong with it, as an answer of ptp4l's.
func parse(raw []byte) (a answer, sequence uint16, err error) {
	if len(raw) < offData {
		return a, 0, fmt.Errorf("an answer of %d bytes, too short for a management message", len(raw))
	}
	if kind := protocol.MessageType(raw[0] & 0x0f); kind != protocol.MessageManagement {
		return a, 0, fmt.Errorf("an answer that is no management message (type %d)", uint8(kind))
	}
	if version := raw[1] & 0x0f; version != 2 {
		return a, 0, fmt.Errorf("it speaks PTP version %d, not 2", version)
	}
	if length := int(binary.BigEndian.Uint16(raw[2:])); length > len(raw) || length < offData {
		return a, 0, fmt.Errorf("an answer of %d bytes that says it has %d", len(raw), length)
	}
	if action := protocol.Action(raw[offAction] & 0x0f); action != protocol.RESPONSE {
		return a, 0, fmt.Errorf("an answer that is no response (action %d)", action)
	}
	length := int(binary.BigEndian.Uint16(raw[offTLV+2:]))
	if offTLV+4+length > len(raw) || length < 2 {
		return a, 0, fmt.Errorf("an answer of %d bytes with a TLV of %d", len(raw), length)
	}
	a.source.ClockIdentity = protocol.ClockIdentity(binary.BigEndian.Uint64(raw[offSource:]))
	a.source.PortNumber = binary.BigEndian.Uint16(raw[offSource+8:])
	switch kind := protocol.TLVType(binary.BigEndian.Uint16(raw[offTLV:])); kind {
	case protocol.TLVManagement:
		a.id = protocol.ManagementID(binary.BigEndian.Uint16(raw[offTLV+4:]))
	case protocol.TLVManagementErrorStatus:
		if length < 4 {
			return a, 0, fmt.Errorf("an error status of %d bytes", length)
		}
		a.failed = protocol.ManagementErrorID(binary.BigEndian.Uint16(raw[offTLV+4:]))
		a.id = protocol.ManagementID(binary.BigEndian.Uint16(raw[offTLV+6:]))
		if a.failed == 0 {
			return a, 0, fmt.Errorf("an error status without an error")
		}
	default:
		return a, 0, fmt.Errorf("an answer with TLV type 0x%04x", uint16(kind))
	}
	a.raw = raw
	return a, binary.BigEndian.Uint16(raw[offSequence:]), nil
}

// data returns the data field of the TLV.
func (a *answer) data() []byte {
	return a.raw[offData : offTLV+4+int(binary.BigEndian.Uint16(a.raw[offTLV+2:]))]
}

// tlv decodes one of the data sets that package protocol knows. The kind of data set was checked before, so that
// garbage cannot choose a decoder.
func tlv[T protocol.ManagementTLV](a *answer) (t T, err error) {
	var p protocol.Management
	if err := p.UnmarshalBinary(a.raw); err != nil {
		return t, fmt.Errorf("data set 0x%04x: %w", uint16(a.id), err)
	}
	t, ok := p.TLV.(T)
	if !ok {
		return t, fmt.Errorf("data set 0x%04x is a %T", uint16(a.id), p.TLV)
	}
	return t, nil
}

// request is a GET without data, as pmc sends it.
func request(id protocol.ManagementID) *protocol.Management {
	m := protocol.TimeStatusNPRequest()
	m.TLV.(*protocol.ManagementTLVHead).ManagementID = id
	return m
}

// timeProperties reads TIME_PROPERTIES_DATA_SET (table 86).
func (s *State) timeProperties(a *answer) error {
	d := a.data()
	if len(d) < 4 {
		return fmt.Errorf("TIME_PROPERTIES_DATA_SET of %d bytes", len(d))
	}
	s.TAIOffset = int16(binary.BigEndian.Uint16(d))
	flags := d[2]
	s.Leap61, s.Leap59 = flags&1 != 0, flags&2 != 0
	s.TAIOffsetValid, s.PTPTimescale = flags&4 != 0, flags&8 != 0
	s.TimeTraceable, s.FrequencyTraceable = flags&16 != 0, flags&32 != 0
	return nil
}

// portDataSet reads the head of PORT_DATA_SET (table 87): whose it is and the port's state.
func portDataSet(a *answer) (p Port, err error) {
	d := a.data()
	if len(d) < 11 {
		return p, fmt.Errorf("PORT_DATA_SET of %d bytes", len(d))
	}
	return Port{Number: binary.BigEndian.Uint16(d[8:]), State: protocol.PortState(d[10])}, nil
}
