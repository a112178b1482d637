package feedhandler

import (
	"wirebook/book"
	"wirebook/shm"
)

// Digest is the running digests of one channel's records in one schema, and their set digest.
type Digest = shm.Tally

// digester keeps one schema's digests, and the place of the record in hand.
type digester struct {
	Digest
	at shm.Position
}

// note digests a record of e that has no receiver fields yet.
func (p *publisher) note(s shm.Schema, body []byte, e *book.Event) {
	h, r := shm.RecordHash(body), &p.receipt
	var bad uint64
	if r.flags&shm.FlagBadTsRecv != 0 {
		bad = 1
	}
	d := &p.digests[s]
	d.at.Next(unitOf(p.packet, e))
	d.Set.Add(&d.at, h)
	d.Add(h, r.tsRecv, r.delta, bad)
}

// unpublished counts a record of e that would have been made here, were it not hidden or the publisher silent: those that are
// made keep their places, whatever was chosen to be published.
func (p *publisher) unpublished(s shm.Schema, e *book.Event) bool {
	return (p.wants & p.turn).Has(s) && p.pass(s, e)
}

func (p *publisher) pass(s shm.Schema, e *book.Event) bool {
	if p.digest {
		p.digests[s].at.Next(unitOf(p.packet, e))
	}
	return true
}

// enterStream makes the records that follow those of another run of the venue's numbers.
func (p *publisher) enterStream(session string, resets uint32) {
	p.stream.Session, p.stream.Resets, p.streaming = session, resets, true
	for s := range p.digests {
		p.digests[s].at.Begin(p.stream.Key(shm.Schema(s)))
	}
}
