// Package framing holds the session framings that venues share and the types in which every framing answers.
//
// A framing is two pure functions of a datagram's payload: Header says where it stands in the sequence,
// Split finds its messages. Both borrow the payload and allocate nothing.
package framing
