package bench

import "wirebook/shm"

const publishSlots = 1 << 10 // small enough for the first levels of the cache: what is timed are the stores

// publish puts records into rings that nobody reads, one stage a schema and one for the latest table.
func (b *bencher) publish() error {
	r, err := newRings(publishSlots, 64, shm.SchemaMBO, shm.SchemaMBP1, shm.SchemaMBP10, shm.SchemaTrades, shm.SchemaAdmin)
	if err != nil {
		return err
	}
	defer r.close()
	if t := b.runC("publish", b.scaled(5_000_000), 0); len(t) == 1 {
		b.floor("ring-c", t[0], "publishing a 64-byte record by the same ring in C")
	}
	var (
		mbo    = blank
		trade  shm.Trade
		mbp1   shm.MBP1
		mbp10  shm.MBP10
		status = shm.Status{RecordHeader: shm.RecordHeader{Length: shm.SizeStatus / 4}}
	)
	writer := func(s shm.Schema) *shm.Writer { return r.Writer(s, 0) }
	toMBO, toTrades := shm.MBOOf(writer(shm.SchemaMBO)), shm.TradeOf(writer(shm.SchemaTrades))
	toMBP1, toMBP10 := shm.MBP1Of(writer(shm.SchemaMBP1)), shm.MBP10Of(writer(shm.SchemaMBP10))
	toAdmin := writer(shm.SchemaAdmin)
	for _, one := range []struct {
		input string
		loop  func(n int)
	}{
		{"mbo", func(n int) {
			for i := range n {
				slot := toMBO.Claim()
				slot.Body = mbo
				slot.Body.OrderID = uint64(i)
				toMBO.Commit(slot)
			}
		}},
		{"trades", func(n int) {
			for i := range n {
				slot := toTrades.Claim()
				slot.Body, slot.TradeID = trade, uint64(i)
				slot.Body.TsEvent = uint64(i)
				toTrades.Commit(slot)
			}
		}},
		{"mbp-1", func(n int) {
			for i := range n {
				slot := toMBP1.Claim()
				slot.Body, slot.TradeID = mbp1, 0
				slot.Body.TsEvent = uint64(i)
				toMBP1.Commit(slot)
			}
		}},
		{"mbp-10", func(n int) {
			for i := range n {
				slot := toMBP10.Claim()
				slot.Body, slot.TradeID = mbp10, 0
				slot.Body.TsEvent = uint64(i)
				toMBP10.Commit(slot)
			}
		}},
		{"admin status", func(n int) {
			for i := range n {
				status.TsEvent = uint64(i)
				toAdmin.Publish(shm.Bytes(&status), 0)
			}
		}},
		{"latest", func(n int) {
			for i := range n {
				mbp10.TsEvent = uint64(i)
				r.Latest.Update(uint32(i&63), &mbp10, uint64(i))
			}
		}},
	} {
		m := b.meter()
		one.loop(1 << 14)
		s := Stage{Name: "publish", Input: one.input}
		m.start()
		for range b.scaled(2000) {
			one.loop(lapMessages)
			m.lap(lapMessages)
			s.Messages += lapMessages
		}
		m.stop()
		m.fill(&s)
		floor := ""
		if one.input == "mbo" || one.input == "trades" {
			floor = "ring-c"
		}
		b.stage(s, floor, s.NSPerMessage)
	}
	return nil
}
