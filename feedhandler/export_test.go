package feedhandler

// Doubtful says whether the levels of an instrument, by its index, are shown as suspect.
func (c *Channel) Doubtful(instrument uint32) bool {
	return c.shown(&c.state[instrument]) < c.gapGen
}
