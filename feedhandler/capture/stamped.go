package capture

import (
	"fmt"
	"io"

	"wirebook/feedhandler/capture/trailer"
	"wirebook/ptp"
)

// stamped adds the switch's stamps to the packets of one file.
type stamped struct {
	Source
	reader  *trailer.Reader // nil until the first packet tells the time of the capture
	found   trailer.Decision
	auto    bool
	tai     int
	frames  int    // looked at
	hits    int    // of them stamped
	scratch []byte // the frame without the switch's header
	name    string
	warn    func(Warning)
	unknown int64 // frames with a header of a version that is not read
	said    bool  // that ticks stand where key frames deny it
}

func newStamped(s Source, name string, found trailer.Decision, auto bool, o *Options) *stamped {
	return &stamped{Source: s, found: found, auto: auto, tai: o.TAIMinusUTC, name: name, warn: o.Warn}
}

// Next gives the next packet, stamped where its frame carries a stamp. A frame behind a 7280 header comes without it,
// as a copy, so that the wire decoder sees what the exchange sent.
func (s *stamped) Next(p *Packet) error {
	if err := s.Source.Next(p); err != nil {
		return err
	}
	if s.found.Kind == trailer.None {
		return nil
	}
	if s.reader == nil {
		s.reader = trailer.NewReader(trailerConfig(s.found.Kind, s.tai, p.TS))
	}
	if p.LinkType != Ethernet {
		return nil
	}
	st := s.reader.Read(p.Data, p.TS)
	s.frames++
	if st.OK {
		s.hits++
		p.Stamp, p.StampOK, p.StampBad, p.StampSource = st.NS, true, st.Degraded, ptp.SourceSwitch
	}
	if st.Unknown || !s.said && s.reader.Misplaced() {
		s.odd(p, &st)
	}
	if n := int(st.Header); n != 0 {
		if len(s.scratch) < len(p.Data) {
			s.scratch = make([]byte, max(len(p.Data), 16<<10))
		}
		p.Data = trailer.Strip(s.scratch, p.Data, n)
		p.WireLen -= n
	}
	return nil
}

// odd says what is unusual about the switch's writing, once.
func (s *stamped) odd(p *Packet, st *trailer.Stamp) {
	text := ""
	if st.Unknown {
		if s.unknown++; s.unknown == 1 {
			text = fmt.Sprintf("packet %d has a timestamp header of version %#04x, which is not known: such frames are left out", p.Index, st.Version)
		}
	}
	if !s.said && s.reader.Misplaced() {
		s.said = true
		text = "the switch's key frames say that its ticks replace the FCS, but they stand before it: they are taken from there"
	}
	if text != "" && s.warn != nil {
		s.warn(Warning{File: s.name, Offset: p.Offset, Trouble: UnknownStamp, Text: text})
	}
}

// Files adds what the stamps are taken from: for auto what was decided beforehand and on what count, for a told trailer
// how many frames have carried it so far.
func (s *stamped) Files() []FileInfo {
	files := s.Source.Files()
	d := s.found
	if !s.auto {
		d.Tried, d.Hits = s.frames, s.hits
		d.Ratio = trailer.Score{Tried: d.Tried, Hits: d.Hits}.Ratio()
	}
	files[0].Trailer, files[0].TrailerAuto = d, s.auto
	if s.unknown > 0 {
		files[0].Troubles[UnknownStamp.String()] = s.unknown
	}
	return files
}

// trailerConfig completes a reader's configuration for captures of a time.
func trailerConfig(kind trailer.Kind, tai int, ns uint64) trailer.Config {
	if tai == 0 {
		tai = taiMinusUTC(ns)
	}
	return trailer.Config{Kind: kind, TAIMinusUTC: int32(tai), TAIKnown: tai != 0}
}

// decide reads the first packets of a file a second time and tries every trailer on them.
func decide(path string, opened *file, o Options) (trailer.Decision, error) {
	if !opened.in.regular {
		return trailer.Decision{}, fmt.Errorf("%s: trailer auto has to read the file twice and a pipe cannot be: name the trailer", opened.name)
	}
	o.Warn, o.Format = nil, opened.format
	s, _, err := openFile(path, 0, 0, &o)
	if err != nil {
		return trailer.Decision{}, err
	}
	defer func() { _ = s.Close() }()
	left := o.AutoPackets
	if left <= 0 {
		left = autoPackets
	}
	var scorer *trailer.Scorer
	var p Packet
	for ; left > 0; left-- {
		if err := s.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			return trailer.Decision{}, err
		}
		if scorer == nil {
			scorer = trailer.NewScorer(trailerConfig(trailer.None, o.TAIMinusUTC, p.TS))
		}
		if p.LinkType == Ethernet {
			scorer.Offer(p.Data, p.TS)
		}
	}
	if scorer == nil {
		return trailer.Decision{}, nil
	}
	return scorer.Decide(), nil
}
