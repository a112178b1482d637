// Package sim is a deterministic exchange: a seed becomes a trading day, in the bytes of a real feed, on lines that
// lose, reorder and repeat as ordered, with the true books beside it.
//
//	market ─ actions ─► encoding (itch50, deepplus, deep, mdp3) ─ datagrams ─► wire: lines A, B ─ frames ─► sinks
//	   └──► true books ─► oracle
//
// The nouns: an Exchange is one channel of a venue for one day. Its market has symbols whose activity falls by
// Zipf's law, a crowd that trades in bursts (pulse.go), and a matching engine by price and time (matching.go). Each thing
// that happens is an action; an encoder makes messages of it at once and a packer puts them into Datagrams.
// A Wire takes datagrams over Lines and gives frames to Sinks in time order.
//
//	x, err := sim.New(sim.Config{Seed: 7, Encoding: sim.ITCH50, Messages: 1_000_000})
//	oracle, err := sim.Generate(x, sim.WireConfig{
//		Seed:         7,
//		Lines:        []sim.LineConfig{{LossPPM: 10_000}, {LossPPM: 10_000, DelayNS: 3_000}},
//		NoDoubleLoss: true,
//		Merged:       capture,
//	}, clean, nil)
//
// Or without lines and files, for benchmarks and live transmission: for x.Next(&d) { … }.
//
// What to know: everything is integer arithmetic on a seeded PCG, so that equal configurations give equal bytes on every
// machine; a change of the market's code changes them, and the golden hashes in the tests then. The books of an
// Exchange are ahead of the datagrams taken by what the packer still holds: compare at the end, or at checkpoints.
// One market speaks all encodings, but in each venue's ways: a replaced order has a new reference in ITCH, and the
// same id, and sometimes the same place, elsewhere. So the days of two encodings differ for the same seed.
package sim
