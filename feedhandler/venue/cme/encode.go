package cme

import (
	"encoding/binary"

	"wirebook/feedhandler/venue/layout"
)

// EncodedVersion is the schema version of what the Append functions write.
const EncodedVersion = 12

// Wire types of group entries, for encoders: fields are set with Put.
type (
	BookEntry    = bookEntry    // template 46
	BookOrder    = bookOrder    // template 46
	OrderEntry   = orderEntry   // template 47
	TradeEntry   = tradeEntry   // template 48
	TradeOrder   = tradeOrder   // template 48
	VolumeEntry  = volumeEntry  // template 37
	SessionEntry = sessionEntry // template 51
)

// Bits of MatchEventIndicator.
const (
	LastTrade  = 0x01
	LastVolume = 0x02
	LastQuote  = 0x04
	LastStats  = 0x08
	EndOfEvent = endOfEvent
)

// Bytes that AppendBook and its likes add beside their entries, at most: headers, root block and group sizes.
const MessageOverhead = messageHeaderSize + 11 + 3 + 8

// Bytes of one group entry.
const (
	BookEntryBytes    = 32
	BookOrderBytes    = 24
	OrderEntryBytes   = 40
	TradeEntryBytes   = 32
	TradeOrderBytes   = 16
	VolumeEntryBytes  = 16
	SessionEntryBytes = 24
)

// AppendPacketHeader appends the header of a multicast packet.
func AppendPacketHeader(dst []byte, seq uint32, sendTimeNS uint64) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, seq)
	return binary.LittleEndian.AppendUint64(dst, sendTimeNS)
}

// SetSendTime writes the sending time into a packet that starts with its header.
func SetSendTime(packet []byte, sendTimeNS uint64) {
	if len(packet) >= packetHeaderSize {
		binary.LittleEndian.PutUint64(packet[4:], sendTimeNS)
	}
}

// AppendHeartbeat appends template 12.
func AppendHeartbeat(dst []byte) []byte {
	var none struct{}
	dst, at := begin(dst, 12, &none)
	return complete(dst, at)
}

// AppendBook appends template 46: price levels and the orders that refer to them. Each group has at most 255 entries.
func AppendBook(dst []byte, transactTime uint64, indicator uint8, levels []BookEntry, orders []BookOrder) []byte {
	dst, at := beginIncremental(dst, 46, transactTime, indicator)
	dst = appendGroup(dst, levels)
	dst = appendWideGroup(dst, orders)
	return complete(dst, at)
}

// AppendOrders appends template 47: orders without their price levels.
func AppendOrders(dst []byte, transactTime uint64, indicator uint8, orders []OrderEntry) []byte {
	dst, at := beginIncremental(dst, 47, transactTime, indicator)
	return complete(appendGroup(dst, orders), at)
}

// AppendTrades appends template 48: trades, and in their order the orders that took part.
func AppendTrades(dst []byte, transactTime uint64, indicator uint8, trades []TradeEntry, orders []TradeOrder) []byte {
	dst, at := beginIncremental(dst, 48, transactTime, indicator)
	dst = appendGroup(dst, trades)
	dst = appendWideGroup(dst, orders)
	return complete(dst, at)
}

// AppendVolume appends template 37: volumes of the day.
func AppendVolume(dst []byte, transactTime uint64, indicator uint8, entries []VolumeEntry) []byte {
	dst, at := beginIncremental(dst, 37, transactTime, indicator)
	return complete(appendGroup(dst, entries), at)
}

// AppendSession appends template 51: opening, high and low prices.
func AppendSession(dst []byte, transactTime uint64, indicator uint8, entries []SessionEntry) []byte {
	dst, at := beginIncremental(dst, 51, transactTime, indicator)
	return complete(appendGroup(dst, entries), at)
}

// AppendSecurityStatus appends template 30 for one instrument, or for a group or asset where securityID is 0.
func AppendSecurityStatus(dst []byte, transactTime uint64, indicator uint8, asset [6]byte, securityID int32, status, reason, event uint8) []byte {
	var m securityStatus
	m.TransactTime.Put(transactTime)
	m.Asset = asset
	m.SecurityGroup = asset
	m.SecurityIDOptional.Put(1<<31 - 1)
	if securityID != 0 {
		m.SecurityIDOptional.Put(securityID)
	}
	m.TradeDate.Put(0xFFFF)
	m.MatchEventIndicator.Put(indicator)
	m.SecurityTradingStatus.Put(status)
	m.HaltReason.Put(reason)
	m.SecurityTradingEvent.Put(event)
	dst, at := begin(dst, 30, &m)
	return complete(dst, at)
}

func beginIncremental(dst []byte, template uint16, transactTime uint64, indicator uint8) ([]byte, int) {
	var m incremental
	m.TransactTime.Put(transactTime)
	m.MatchEventIndicator.Put(indicator)
	return begin(dst, template, &m)
}

// begin appends message header and root block; at is where the message starts.
func begin[T any](dst []byte, template uint16, root *T) (_ []byte, at int) {
	block := layout.Bytes(root)
	var h messageHeader
	h.BlockLength.Put(uint16(len(block)))
	h.TemplateID.Put(template)
	h.SchemaID.Put(schemaID)
	h.Version.Put(EncodedVersion)
	at = len(dst)
	dst = append(dst, layout.Bytes(&h)...)
	return append(dst, block...), at
}

// complete writes the size of the message that starts at at and ends dst.
func complete(dst []byte, at int) []byte {
	binary.LittleEndian.PutUint16(dst[at:], uint16(len(dst)-at))
	return dst
}

func appendGroup[T any](dst []byte, entries []T) []byte {
	var t T
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(layout.Bytes(&t))))
	return appendEntries(append(dst, byte(len(entries))), entries)
}

func appendWideGroup[T any](dst []byte, entries []T) []byte {
	var t T
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(layout.Bytes(&t))))
	return appendEntries(append(dst, 0, 0, 0, 0, 0, byte(len(entries))), entries)
}

func appendEntries[T any](dst []byte, entries []T) []byte {
	for i := range entries {
		dst = append(dst, layout.Bytes(&entries[i])...)
	}
	return dst
}
