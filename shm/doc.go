// Package shm is the shared-memory ABI: DBN records in broadcast rings, the latest book of every instrument, and a
// control file that says what they mean. It works on memory its caller brings (package segment maps files; tests
// use the heap), reads no clock and does no I/O.
//
// The nouns: a ring is a header page and slots; a slot is whole cache lines, an 8-byte sequence word and a record;
// a position numbers records from 0 for ever and position p lives in slot p mod slots; an epoch is one run of the
// writer. The writer marks a slot, fills it, commits it, and never waits:
//
//	w, err := shm.NewWriter(mem, shm.RingConfig{Schema: shm.SchemaMBO, Slots: 1 << 20, Epoch: 1})
//	ring := shm.MBOOf(w)
//	slot := ring.Claim() // every field of slot.Body is to be filled
//	ring.Commit(slot)
//	w.Flush() // once per packet
//
// A reader checks the sequence word, copies, and checks again:
//
//	r, err := shm.NewReader(mem)
//	buf := make([]byte, r.PayloadSize())
//	switch r.Next(buf) {
//	case shm.Record:   // r.Body(buf)
//	case shm.Lapped:   // r.Lost() records were overwritten before they were read
//	case shm.NewEpoch: // the writer was restarted: books start afresh
//	}
//
// The packets ring has records of any length instead of slots: PacketWriter and PacketReader (packets_*.go).
//
// What another process can see is declared in abi*.go and records.go and nowhere else; include/wirebook.h is
// generated from them. Files named *_unsafe.go hold every pointer trick; publish_*.s the writer's stores, with
// publish_go_unsafe.go for other processors and the purego build tag.
//
// The trap: a mapped file that someone truncates faults on the next load, in any reader. Wirebook never shrinks
// a file; it makes a new one and renames it.
package shm

//go:generate go run ./internal/genheader
