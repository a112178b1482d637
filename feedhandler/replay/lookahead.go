package replay

import (
	"errors"
	"io"
	"time"

	"wirebook/feedhandler/capture"
)

// How far a capture that can be read only once is looked at before it is replayed: as much as is kept of it, and of one
// that is being made right now three seconds. Feeds send heartbeats every second.
const (
	aheadPackets = 500_000
	aheadBytes   = 256 << 20
	aheadLiveNS  = 3_000_000_000
	liveWithin   = time.Minute // what was captured less than that ago is being captured now
	aheadChunk   = 1 << 20
)

// lookAhead is a source whose first packets can be looked at before they are handed out.
type lookAhead struct {
	capture.Source
	kept []capture.Packet
	next int
	err  error // what the source said after those
}

// keep reads ahead, once, and keeps copies.
func (l *lookAhead) keep() {
	if l.kept != nil || l.err != nil {
		return
	}
	var pkt capture.Packet
	var chunk []byte
	bytes, live := 0, false
	for len(l.kept) < aheadPackets && bytes < aheadBytes {
		if l.err = l.Source.Next(&pkt); l.err != nil {
			return
		}
		if len(chunk)+len(pkt.Data) > cap(chunk) {
			chunk = make([]byte, 0, max(aheadChunk, len(pkt.Data)))
		}
		at := len(chunk)
		chunk = append(chunk, pkt.Data...)
		pkt.Data = chunk[at:len(chunk):len(chunk)]
		l.kept = append(l.kept, pkt)
		bytes += len(pkt.Data)
		first := l.kept[0].TS
		if len(l.kept) == 1 {
			ago := time.Since(time.Unix(0, int64(first)))
			live = ago < liveWithin && ago > -liveWithin
		}
		if live && pkt.TS >= first+aheadLiveNS {
			return
		}
	}
}

// survey looks at what is kept.
func (l *lookAhead) survey(s *survey) {
	for i := range l.kept {
		s.add(&l.kept[i])
	}
}

// whole says whether the input ended within what is kept: then nothing can begin after it.
func (l *lookAhead) whole() bool { return errors.Is(l.err, io.EOF) }

// Next hands out what is kept, then the rest.
func (l *lookAhead) Next(p *capture.Packet) error {
	if l.next < len(l.kept) {
		*p = l.kept[l.next]
		l.next++
		return nil
	}
	l.kept, l.next = nil, 0
	if l.err != nil {
		return l.err
	}
	return l.Source.Next(p)
}
