package inspect

import (
	"slices"
	"strings"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/layout"
)

// about says whether a message is of one of the wanted instruments: what it does is to one of them, as far as messages
// before it have told which number is whose, or a field of it holds the symbol.
func (in *Inspector) about(msg []byte, fields []layout.Value) bool {
	if in.batch == nil {
		in.batch = book.NewBatch(64)
	}
	in.batch.Reset()
	in.batch.NextPacket()
	_ = in.decoder.Decode(in.batch, msg)
	dir := in.decoder.Directory()
	for i := range in.batch.Events {
		at := in.batch.Events[i].Instrument
		if at > 0 && int(at) < dir.Len() && slices.Contains(in.Symbols, dir.At(at).Symbol.String()) {
			return true
		}
	}
	return in.holds(fields)
}

// holds looks for a wanted symbol among fields, those of repeating groups too.
func (in *Inspector) holds(fields []layout.Value) bool {
	for i := range fields {
		v := &fields[i]
		if v.Text != "" && slices.Contains(in.Symbols, strings.TrimRight(v.Text, " \x00")) {
			return true
		}
		if slices.ContainsFunc(v.Entries, in.holds) {
			return true
		}
	}
	return false
}

// learn reads a packet that is not shown for the names of instruments in it.
func (in *Inspector) learn(frame []byte) {
	if len(in.Symbols) == 0 {
		return
	}
	var d feedhandler.Datagram
	var h framing.Header
	if feedhandler.ParseFrame(frame, false, &d) != feedhandler.WireOK || in.udp.Header(d.Payload, &h) != framing.FaultNone {
		return
	}
	in.spans, _ = in.udp.Split(in.spans[:0], d.Payload, &h)
	for _, s := range in.spans {
		in.about(d.Payload[s.Off:int(s.Off)+int(s.Len)], nil)
	}
}
