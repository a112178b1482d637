package framing

// Kind says what a datagram is for the sequence.
type Kind uint8

// Datagram kinds.
const (
	Data         Kind = iota // Count messages from Seq
	Heartbeat                // Seq is the next message to come
	EndOfSession             // Seq is the next message that would have come
	Unsequenced              // carries messages outside the sequence (snapshots on their own channel): deliver as they are
)

// Header is what arbitration needs to know of one datagram.
type Header struct {
	Session  uint64 // identity of the numbering; equal on all lines of a channel
	Seq      uint64 // sequence number of the first unit (message, or packet where the venue numbers packets)
	Count    uint32 // units in this datagram
	Messages uint32 // messages in the datagram as the header tells; 0 where it does not
	TsSend   uint64 // the venue's send time, UTC ns; 0 where the header has none
	Channel  uint32 // the venue's channel number where the header has one
	Kind     Kind
	Body     uint16 // offset of the first message in the payload
}

// Span is one message inside a payload: payload[Off : Off+Len]. Unit is the index of the sequence unit it
// belongs to, counted from the datagram's first. The spans of a payload are in its order.
type Span struct {
	Off, Len uint16
	Unit     uint32
}

// Fault is why a datagram's framing could not be used. Counted by name.
type Fault uint8

// Framing faults.
const (
	FaultNone      Fault = iota
	FaultShort           // shorter than its header
	FaultForeign         // another protocol or version
	FaultCutShort        // a message runs past the datagram; the messages before it are given
	FaultLeftover        // bytes after the last message; the messages are given
	FaultBadLength       // a length the specification does not allow
	FaultEmpty           // says that it carries messages, and carries none
	FaultCount
)

var faultNames = [FaultCount]string{"none", "short_header", "foreign_protocol", "message_cut_short", "leftover_bytes", "bad_length", "no_message"}

// String returns the counter's name.
func (f Fault) String() string {
	if f < FaultCount {
		return faultNames[f]
	}
	return "fault"
}
