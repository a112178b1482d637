package shm

import (
	"testing"
	"unsafe"
)

// The numbers here are typed from the DBN version 3 specification, not from the structs.
func TestRecordSizes(t *testing.T) {
	for name, c := range map[string][2]uintptr{
		"header": {unsafe.Sizeof(RecordHeader{}), 16}, "mbo": {unsafe.Sizeof(MBO{}), 56}, "trade": {unsafe.Sizeof(Trade{}), 48},
		"level": {unsafe.Sizeof(Level{}), 32}, "mbp-1": {unsafe.Sizeof(MBP1{}), 80}, "mbp-10": {unsafe.Sizeof(MBP10{}), 368},
		"status": {unsafe.Sizeof(Status{}), 40}, "imbalance": {unsafe.Sizeof(Imbalance{}), 112},
		"statistics": {unsafe.Sizeof(Statistics{}), 80}, "definition": {unsafe.Sizeof(Definition{}), 520},
		"slot mbo": {unsafe.Sizeof(SlotMBO{}), 64}, "slot trade": {unsafe.Sizeof(SlotTrade{}), 64},
		"slot mbp-1": {unsafe.Sizeof(SlotMBP1{}), 128}, "slot mbp-10": {unsafe.Sizeof(SlotMBP10{}), 384},
		"slot admin": {unsafe.Sizeof(SlotAdmin{}), 576}, "ring header": {unsafe.Sizeof(RingHeader{}), HeaderBytes},
		"latest header": {unsafe.Sizeof(LatestHeader{}), HeaderBytes}, "latest slot": {unsafe.Sizeof(LatestSlot{}), latestSlotBytes},
		"control header": {unsafe.Sizeof(ControlHeader{}), HeaderBytes}, "ring entry": {unsafe.Sizeof(RingEntry{}), sizeRingEntry},
		"channel entry": {unsafe.Sizeof(ChannelEntry{}), sizeChannelEntry}, "line entry": {unsafe.Sizeof(LineEntry{}), sizeLineEntry},
		"counter entry": {unsafe.Sizeof(CounterEntry{}), sizeCounterEntry}, "instrument entry": {unsafe.Sizeof(InstrumentEntry{}), sizeInstrumentEntry},
		"session entry": {unsafe.Sizeof(SessionEntry{}), sizeSessionEntry}, "mark": {unsafe.Sizeof(Mark{}), SizeMark}, "slot mark": {unsafe.Sizeof(SlotMark{}), 64},
		"appliance": {unsafe.Sizeof(Appliance{}), SizeAppliance},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %d bytes, want %d", name, c[0], c[1])
		}
	}
}

func TestRecordOffsets(t *testing.T) {
	var (
		m MBO
		d Definition
		s Statistics
		i Imbalance
	)
	for name, c := range map[string][2]uintptr{
		"mbo.order_id": {unsafe.Offsetof(m.OrderID), 16}, "mbo.price": {unsafe.Offsetof(m.Price), 24}, "mbo.size": {unsafe.Offsetof(m.Size), 32},
		"mbo.flags": {unsafe.Offsetof(m.Flags), 36}, "mbo.side": {unsafe.Offsetof(m.Side), 39}, "mbo.ts_recv": {unsafe.Offsetof(m.TsRecv), 40},
		"mbo.sequence":              {unsafe.Offsetof(m.Sequence), 52},
		"definition.high_limit":     {unsafe.Offsetof(d.HighLimitPrice), 56},
		"definition.strike":         {unsafe.Offsetof(d.StrikePrice), 104},
		"definition.raw_id":         {unsafe.Offsetof(d.RawInstrumentID), 112},
		"definition.segment":        {unsafe.Offsetof(d.MarketSegmentID), 152},
		"definition.multiplier":     {unsafe.Offsetof(d.ContractMultiplier), 176},
		"definition.channel_id":     {unsafe.Offsetof(d.ChannelID), 218},
		"definition.currency":       {unsafe.Offsetof(d.Currency), 224},
		"definition.raw_symbol":     {unsafe.Offsetof(d.RawSymbol), 238},
		"definition.group":          {unsafe.Offsetof(d.Group), 309},
		"definition.exchange":       {unsafe.Offsetof(d.Exchange), 330},
		"definition.asset":          {unsafe.Offsetof(d.Asset), 335},
		"definition.cfi":            {unsafe.Offsetof(d.CFI), 346},
		"definition.security_type":  {unsafe.Offsetof(d.SecurityType), 353},
		"definition.underlying":     {unsafe.Offsetof(d.Underlying), 391},
		"definition.class":          {unsafe.Offsetof(d.InstrumentClass), 487},
		"definition.algorithm":      {unsafe.Offsetof(d.MatchAlgorithm), 488},
		"definition.update_action":  {unsafe.Offsetof(d.SecurityUpdateAction), 493},
		"definition.tick_rule":      {unsafe.Offsetof(d.TickRule), 500},
		"statistics.sequence":       {unsafe.Offsetof(s.Sequence), 48},
		"statistics.stat_flags":     {unsafe.Offsetof(s.StatFlags), 61},
		"imbalance.paired_qty":      {unsafe.Offsetof(i.PairedQty), 88},
		"imbalance.significant_imb": {unsafe.Offsetof(i.SignificantImbalance), 110},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: offset %d, want %d", name, c[0], c[1])
		}
	}
}

func TestViewBounds(t *testing.T) {
	b := memory(64)
	if View[MBO](b) == nil || View[MBO](b[:55]) != nil || View[MBO](b[1:]) != nil || View[MBO](nil) != nil {
		t.Error("View takes short or unaligned memory, or refuses good memory")
	}
	var m MBO
	Bytes(&m)[0] = 7
	if m.Length != 7 || len(Bytes(&m)) != 56 {
		t.Error("Bytes is not the struct itself")
	}
}
