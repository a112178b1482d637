package venuesim

import (
	"encoding/binary"
	"math"
)

// Template 52 tells levels and figures of an instrument, template 53 its orders in chunks.
//
//	52 root  0 LastMsgSeqNumProcessed 4   4 TotNumReports 4   8 SecurityID 4   12 RptSeq 4   16 TransactTime 8   24 LastUpdateTime 8
//	         32 TradeDate 2   34 status 1   35 high limit 8   43 low limit 8   51 max variation 8                           = 59
//	   entry 0 price 8   8 size 4   12 orders 4   16 level 1   17 reference date 2   19 open close flag 1   20 settlement 1   21 type 1
//	53 root  0 LastMsgSeqNumProcessed 4   4 TotNumReports 4   8 SecurityID 4   12 NoChunks 4   16 CurrentChunk 4   20 TransactTime 8 = 28
//	   entry 0 order id 8   8 priority 8   16 price 8   24 quantity 4   28 side 1
const (
	snapshotRootBytes  = 59
	snapshotEntryBytes = 22
	ordersRootBytes    = 28
	ordersEntryBytes   = 29
)

// appendSnapshot is template 52 of an instrument that is in order.
func appendSnapshot(dst []byte, i *cmeImage, total uint32) []byte {
	le := binary.LittleEndian
	root := le.AppendUint32(nil, i.last)
	root = le.AppendUint32(root, total)
	root = le.AppendUint32(root, uint32(i.id))
	root = le.AppendUint32(root, i.rptSeq)
	root = le.AppendUint64(root, i.eventNS)
	root = le.AppendUint64(root, i.updatedNS)
	root = append(le.AppendUint16(root, math.MaxUint16), i.status)
	for range 3 { // limits and variation: none
		root = le.AppendUint64(root, math.MaxInt64)
	}
	dst, at := beginMDP(dst, mdpSnapshot, root)
	dst = le.AppendUint16(dst, snapshotEntryBytes)
	countAt := len(dst)
	dst = append(dst, 0)
	entry := func(price int64, size, orders int32, level, flag, kind byte) {
		dst = le.AppendUint64(dst, uint64(price))
		dst = le.AppendUint32(dst, uint32(size))
		dst = le.AppendUint32(dst, uint32(orders))
		dst = append(dst, level)
		dst = append(le.AppendUint16(dst, math.MaxUint16), flag, 0, kind)
		dst[countAt]++
	}
	for k, side := range [...][]cmeOrder{i.bids, i.asks} {
		for n, l := range levels(side, i.depth) {
			entry(l.price, l.qty, l.orders, byte(n+1), math.MaxUint8, '0'+byte(k))
		}
	}
	for _, kind := range []byte("478") {
		if f, told := i.figures[kind]; told {
			entry(f.price, math.MaxInt32, math.MaxInt32, math.MaxInt8, f.flag, kind)
		}
	}
	if i.volume != 0 {
		entry(math.MaxInt64, i.volume, math.MaxInt32, math.MaxInt8, math.MaxUint8, 'e')
	}
	return endMDP(dst, at)
}

// alternating is an instrument's orders as the loop tells them: bid and offer in turn, from the highest priority down.
func (i *cmeImage) alternating() (list []cmeOrder) {
	for k := range max(len(i.bids), len(i.asks)) {
		if k < len(i.bids) {
			list = append(list, i.bids[k])
		}
		if k < len(i.asks) {
			list = append(list, i.asks[k])
		}
	}
	return list
}

// chunks cuts orders into as many as fit a packet, one chunk at least.
func chunks(orders []cmeOrder, payload int) (list [][]cmeOrder) {
	most := min((payload-mdpHeaderBytes-mdpMessageBytes-ordersRootBytes-3)/ordersEntryBytes, 255)
	for len(orders) > most {
		list = append(list, orders[:most])
		orders = orders[most:]
	}
	return append(list, orders)
}

// appendSnapshotOrders is template 53, chunk number k of n.
func appendSnapshotOrders(dst []byte, i *cmeImage, total uint32, chunk []cmeOrder, k, n int) []byte {
	le := binary.LittleEndian
	root := le.AppendUint32(nil, i.last)
	for _, v := range [...]uint32{total, uint32(i.id), uint32(n), uint32(k)} {
		root = le.AppendUint32(root, v)
	}
	root = le.AppendUint64(root, i.eventNS)
	dst, at := beginMDP(dst, mdpSnapshotOrders, root)
	dst = append(le.AppendUint16(dst, ordersEntryBytes), byte(len(chunk)))
	for _, o := range chunk {
		dst = le.AppendUint64(dst, o.id)
		dst = le.AppendUint64(dst, o.priority)
		dst = le.AppendUint64(dst, uint64(o.price))
		dst = append(le.AppendUint32(dst, uint32(o.qty)), o.side)
	}
	return endMDP(dst, at)
}
