package venue

import (
	"wirebook/book"
	"wirebook/feedhandler/venue/cme"
	"wirebook/feedhandler/venue/framing"
	"wirebook/feedhandler/venue/iex"
	"wirebook/feedhandler/venue/nasdaq"
)

// registry is every feed the core can read: one line each.
var registry = []Feed{
	{Name: "nasdaq.itch50", Title: "Nasdaq TotalView-ITCH", Spec: "5.0, 2017-09-12 and 2026-02-19", Depth: ByOrder, ByOrder: true, NewFraming: moldUDP64,
		NewDecoder: func(o Options) Decoder { return nasdaq.NewITCH50(o.MaxInstruments, o.SessionDate) }},
	{Name: "psx.itch50", Title: "Nasdaq PSX TotalView-ITCH", Spec: "5.0, 2018-05-03", Depth: ByOrder, ByOrder: true, NewFraming: moldUDP64,
		NewDecoder: func(o Options) Decoder { return nasdaq.NewPSXITCH50(o.MaxInstruments, o.SessionDate) }},
	{Name: "nasdaq.bbo21", Title: "Nasdaq BBO", Spec: "2.1, 2018-05-03", Depth: TopOnly, NewFraming: moldUDP64,
		NewDecoder: func(o Options) Decoder { return nasdaq.NewBBO21(o.MaxInstruments, o.SessionDate) }},
	{Name: "iex.tops15", Title: "IEX TOPS", Spec: "1.5, 2016-09-23", Depth: TopOnly, NewFraming: iexTP(iex.ProtocolTOPS15),
		NewDecoder: func(o Options) Decoder { return iex.NewTOPS(15, o.MaxInstruments) }},
	{Name: "iex.tops16", Title: "IEX TOPS", Spec: "1.6, 2021-10-19", Depth: TopOnly, NewFraming: iexTP(iex.ProtocolTOPS),
		NewDecoder: func(o Options) Decoder { return iex.NewTOPS(16, o.MaxInstruments) }},
	{Name: "iex.deep10", Title: "IEX DEEP", Spec: "1.0, 2018-02-27", Depth: ByLevel, NewFraming: iexTP(iex.ProtocolDEEP),
		NewDecoder: func(o Options) Decoder { return iex.NewDEEP(o.MaxInstruments) }},
	{Name: "iex.deepplus10", Title: "IEX DEEP+", Spec: "1.0.2", Depth: ByOrder, ByOrder: true, NewFraming: iexTP(iex.ProtocolDEEPPlus),
		NewDecoder: func(o Options) Decoder { return iex.NewDEEPPlus(o.MaxInstruments) }},
	{Name: "cme.mdp3", Title: "CME MDP 3.0", Spec: "SBE schema 1, versions 5 to 13", Depth: ByLevel, ByOrder: true, NewFraming: mdp3, NewTCPFraming: mdp3TCP, Repeats: cme.Repeats, Defines: cme.Defines,
		NewMember:  func(dir *book.Directory) Decoder { return cme.NewMember(dir) },
		NewDecoder: func(o Options) Decoder { return cme.NewMDP3(o.MaxInstruments) }},
	{Name: "cme.mdp3tcp", Title: "CME MDP 3.0 TCP replay", Spec: "SBE schema 1, versions 5 to 13", Depth: ByLevel, ByOrder: true, NewFraming: mdp3TCP, NewTCPFraming: mdp3TCP,
		NewDecoder: func(o Options) Decoder { return cme.NewMDP3(o.MaxInstruments) }},
}

func moldUDP64() Framing { return &framing.MoldUDP64{} }
func mdp3() Framing      { return cme.MDP3Framing{} }
func mdp3TCP() Framing   { return cme.MDP3TCPFraming{} }

// iexTP reads segments of one message protocol only: TOPS, DEEP and DEEP+ share ports in some captures.
func iexTP(protocol uint16) func() Framing {
	return func() Framing { return iex.TP{ProtocolID: protocol} }
}

// Feeds returns the registry. Read only.
func Feeds() []Feed { return registry }

// Find returns the feed of a name, nil when there is none.
func Find(name string) *Feed {
	for i := range registry {
		if registry[i].Name == name {
			return &registry[i]
		}
	}
	return nil
}
