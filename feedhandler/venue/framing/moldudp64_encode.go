package framing

import "encoding/binary"

// AppendMoldUDP64Header appends a downstream header. count is the number of messages that will follow, 0 for a
// heartbeat, MoldUDP64EndOfSession to end the session.
func AppendMoldUDP64Header(dst []byte, session [10]byte, seq uint64, count uint16) []byte {
	dst = append(dst, session[:]...)
	dst = binary.BigEndian.AppendUint64(dst, seq)
	return binary.BigEndian.AppendUint16(dst, count)
}

// AppendMoldUDP64Message appends one message with its length. A message of more than 65535 bytes does not fit the
// protocol: dst comes back as it was.
func AppendMoldUDP64Message(dst, msg []byte) []byte {
	if len(msg) > 0xFFFF {
		return dst
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(msg)))
	return append(dst, msg...)
}

// SetMoldUDP64Count writes the message count into a packet whose header was appended before its messages were
// known. packet starts at the header; a shorter one is left alone.
func SetMoldUDP64Count(packet []byte, count uint16) {
	if len(packet) >= MoldUDP64HeaderBytes {
		binary.BigEndian.PutUint16(packet[18:20], count)
	}
}
