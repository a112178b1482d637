package replay

import (
	"fmt"
	"strings"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/shm"
)

// Summary is what a replay ends with, in the shape of its JSON.
type Summary struct {
	Instance     string                        `json:"instance,omitempty"`
	Files        []string                      `json:"files"`
	Packets      uint64                        `json:"packets"`  // read from the capture
	Messages     uint64                        `json:"messages"` // decoded, in sequence, once each
	Lines        []LineSummary                 `json:"lines"`
	Gaps         []GapSummary                  `json:"gaps"`
	Digests      map[string]map[string]Digests `json:"digests"` // by channel and schema
	Records      map[string]uint64             `json:"records"` // by schema
	Books        int                           `json:"books"`   // instruments with anything in their book
	Instruments  int                           `json:"instruments"`
	LiveOrders   int                           `json:"live_orders"`
	NSPerMessage float64                       `json:"ns_per_message"` // time in the core, capture reading included
	ElapsedNS    int64                         `json:"elapsed_ns"`
	GapsHealed   uint64                        `json:"gaps_healed"` // gaps that another line or a late packet filled
	GapsLost     uint64                        `json:"gaps_lost"`   // gaps that nothing filled, and how many units they were
	UnitsLost    uint64                        `json:"units_lost"`
	UnitsHealed  uint64                        `json:"units_healed"`
	Anomalies    map[string]uint64             `json:"anomalies"`           // what the books found wrong, by name
	Dropped      map[string]uint64             `json:"dropped"`             // frames and messages that were not used, by cause
	Implied      uint64                        `json:"implied_not_shown"`   // changes of implied levels, kept apart from the books that schemas show
	Stamps       map[string]uint64             `json:"stamps"`              // routed packets by source of their stamp
	Unchecked    map[string]uint64             `json:"unchecked,omitempty"` // datagrams taken though their UDP checksum proves nothing, where checksums are validated
	Trailers     []TrailerSummary              `json:"trailers,omitempty"`
	Incomplete   []string                      `json:"incomplete"` // files that could not be read to their ends: what stands before the damage was used
	Warnings     []string                      `json:"warnings"`   // about the capture files
	Stopped      bool                          `json:"stopped,omitempty"`
}

// LineSummary counts one line. Units are what the venue numbers: messages, or packets for CME.
type LineSummary struct {
	Channel   string `json:"channel"`
	Name      string `json:"name"`
	Address   string `json:"address"`
	Packets   uint64 `json:"packets"`
	Received  uint64 `json:"received"`
	First     uint64 `json:"first"`
	Duplicate uint64 `json:"duplicate"`
	Late      uint64 `json:"late"`
	Lost      uint64 `json:"lost"`
	Suspect   uint64 `json:"suspect"`
	// The lags of the packets it brought second, behind the line that was first: none of a share is longer than these, which
	// are less than a tenth too long, the longest exact. Null: it brought none second.
	LagP50NS  *uint64 `json:"lag_p50_ns" jsonschema:"nullable"`
	LagP90NS  *uint64 `json:"lag_p90_ns" jsonschema:"nullable"`
	LagP99NS  *uint64 `json:"lag_p99_ns" jsonschema:"nullable"`
	LagP999NS *uint64 `json:"lag_p999_ns" jsonschema:"nullable"`
	LagMaxNS  *uint64 `json:"lag_max_ns" jsonschema:"nullable"`
	// What Lost counts, range by range, and how many ranges found no room in the list.
	Losses         []LossSummary `json:"losses"`
	LossesUnlisted uint64        `json:"losses_unlisted,omitempty"`
}

// GapSummary is a range of units that were missed: by every line for good, or healed by a later packet.
type GapSummary struct {
	Channel string `json:"channel"`
	First   uint64 `json:"first"`
	Count   uint64 `json:"count"`
	Healed  bool   `json:"healed"`
	TsRecv  uint64 `json:"ts_recv"`        // when the last of it was given up, or came after all
	Line    string `json:"line,omitempty"` // that brought it after all
}

// TrailerSummary says where a file's receive stamps came from when switch timestamps were asked for.
type TrailerSummary struct {
	File  string  `json:"file"`
	Kind  string  `json:"kind"` // none where no shape fits
	Auto  bool    `json:"auto"`
	Tried int     `json:"tried"`
	Hits  int     `json:"hits"`
	Ratio float64 `json:"ratio"`
}

// String spells it for people.
func (t TrailerSummary) String() string {
	how := "told"
	if t.Auto {
		how = "found"
	}
	return fmt.Sprintf("%s: switch timestamps %s (%s): %d of %d frames, %.1f %%", t.File, t.Kind, how, t.Hits, t.Tried, 100*t.Ratio)
}

// Digests are the running digests of a channel in a schema and their set digest, in hexadecimal.
type Digests struct {
	Content string `json:"content"`
	Full    string `json:"full"`
	Set     string `json:"set"` // of positions and contents: those of parts add up to it, modulo 2^128
	Records uint64 `json:"records"`
}

// begin makes the parts of the summary that pipelines add to.
func (s *Summary) begin() {
	s.Digests, s.Records, s.Stamps = map[string]map[string]Digests{}, map[string]uint64{}, map[string]uint64{}
	if s.Dropped == nil {
		s.Dropped = map[string]uint64{}
	}
	s.Anomalies = map[string]uint64{}
	s.Lines = []LineSummary{}
}

// collect fills the parts of the summary that the pipeline knows.
func (s *Summary) collect(pipe *feedhandler.Pipeline, address func(feedhandler.LineConfig) string) {
	s.begin()
	s.add(pipe, address)
}

// add adds what one of several pipelines did. Digests of a channel are those of its newest life.
func (s *Summary) add(pipe *feedhandler.Pipeline, address func(feedhandler.LineConfig) string) {
	for f := feedhandler.WireFault(1); f < feedhandler.WireFaultCount; f++ {
		s.drop("wire_"+f.String(), pipe.Wire[f])
	}
	for source, n := range pipe.Stamps {
		if n > 0 {
			s.Stamps[stampName(source)] += n
		}
	}
	for name, n := range map[string]uint64{"udp_checksum_absent": pipe.Unchecked.Absent, "udp_checksum_partial": pipe.Unchecked.Partial} {
		if n > 0 {
			if s.Unchecked == nil {
				s.Unchecked = map[string]uint64{}
			}
			s.Unchecked[name] += n
		}
	}
	counted := map[*book.Directory]bool{} // channels of a set share one
	for _, ch := range pipe.Channels() {
		s.Messages += ch.Messages
		if !counted[ch.Directory()] {
			counted[ch.Directory()] = true
			s.Instruments += ch.Directory().Len() - 1
		}
		s.LiveOrders += ch.Books().LiveOrders()
		for i := 1; i < ch.Directory().Len(); i++ {
			if bid, ask := ch.Books().Top(uint32(i)); bid.Qty > 0 || ask.Qty > 0 {
				s.Books++
			}
		}
		for l, line := range ch.Lines() {
			st := ch.Line(l)
			s.Lines = append(s.Lines, LineSummary{
				Channel: ch.Name(), Name: line.Name, Address: address(line), Packets: st.ReceivedPackets, Received: st.Received,
				First: st.First, Duplicate: st.Duplicate, Late: st.Late, Lost: st.Lost, Suspect: st.Suspect,
			})
			s.Lines[len(s.Lines)-1].lags(&st.LagNS)
		}
		digests := map[string]Digests{}
		for schema := shm.Schema(0); schema < shm.SchemaCount; schema++ {
			d := ch.Digest(schema)
			if d.Records == 0 {
				continue
			}
			digests[schema.String()] = Digests{
				Content: fmt.Sprintf("%016x", d.Content), Full: fmt.Sprintf("%016x", d.Full), Set: d.Set.String(), Records: d.Records,
			}
			s.Records[schema.String()] += d.Records
		}
		s.Digests[ch.Name()] = digests
		s.Implied += ch.Books().ImpliedEvents()
		arb := ch.Arbitration()
		s.GapsHealed += arb.Healed
		s.UnitsHealed += arb.HealedUnits
		s.GapsLost += arb.Declared
		s.UnitsLost += arb.DeclaredUnits
		for name, n := range ch.Faults() {
			if anomaly, ok := strings.CutPrefix(name, "book_"); ok {
				s.Anomalies[anomaly] += n
			} else {
				s.drop(name, n)
			}
		}
	}
}

func (l *LineSummary) lags(h *arbitration.Histogram) {
	if h.Count() == 0 {
		return
	}
	share := func(p float64) *uint64 { ns := h.Percentile(p); return &ns }
	longest := h.Max
	l.LagP50NS, l.LagP90NS, l.LagP99NS, l.LagP999NS, l.LagMaxNS = share(0.5), share(0.9), share(0.99), share(0.999), &longest
}

func (s *Summary) drop(name string, n uint64) {
	if n > 0 {
		s.Dropped[name] += n
	}
}
