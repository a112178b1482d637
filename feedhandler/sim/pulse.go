package sim

// pulse is the clock of the crowd: clusters of events a few microseconds apart, mostly in one symbol, with
// exponential pauses between them; now and then a storm of hundreds across all symbols. It is the cluster form of a
// self-exciting (Hawkes) process with a branching ratio of 3/4.
type pulse struct {
	inside  uint64 // mean ns between events of a cluster
	outside uint64 // mean ns between clusters
	left    uint64 // events left in this cluster
	storm   bool
	symbol  uint16
}

const (
	clusterMean = 4
	stormMean   = 300
	stormOdds   = 1000 // one cluster in so many is a storm
	// stepMessages is the mean number of messages a step makes, in hundredths.
	stepMessages = 104
)

func newPulse(rate uint64) pulse {
	gap := max(1_000_000_000*stepMessages/100/rate, 4)
	size := uint64(clusterMean*(stormOdds-1)+stormMean) * 1000 / stormOdds // mean events, in thousandths
	p := pulse{inside: max(min(1500, gap/8), 1)}
	p.outside = (size*gap - (size-1000)*p.inside) / 1000
	return p
}

// beat advances the market's clock to the next event and chooses its symbol.
func (m *market) beat() uint16 {
	p := &m.pulse
	if p.left > 0 {
		p.left--
		gap := p.inside
		if p.storm {
			gap = gap/16 + 1 // faster than datagrams can be sent singly: they fill
		}
		m.now += 1 + m.rng.exponential(gap)
		if p.storm || m.rng.one(8) {
			p.symbol = m.pick()
		}
		return p.symbol
	}
	m.now += 1 + m.rng.exponential(p.outside)
	p.storm = m.rng.one(stormOdds)
	mean := uint64(clusterMean)
	if p.storm {
		mean = stormMean
	}
	p.left = m.rng.exponential(mean - 1)
	p.symbol = m.pick()
	return p.symbol
}

// pick draws a symbol by activity.
func (m *market) pick() uint16 { return m.zipf[m.rng.below(uint32(len(m.zipf)))] }

// zipfTable holds each symbol in proportion to 1/(rank): drawing an entry evenly draws by Zipf's law.
func zipfTable(symbols int) []uint16 {
	entries := 1 << 14
	for entries < 16*symbols {
		entries <<= 1
	}
	var sum uint64
	for i := range symbols {
		sum += 1 << 32 / uint64(i+1)
	}
	table := make([]uint16, 0, entries+symbols)
	var seen uint64
	for i := range symbols {
		seen += 1 << 32 / uint64(i+1)
		table = append(table, uint16(i))
		for uint64(len(table)) < seen*uint64(entries)/sum {
			table = append(table, uint16(i))
		}
	}
	return table
}
