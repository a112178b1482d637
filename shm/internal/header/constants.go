package header

import (
	"fmt"
	"slices"
	"strings"

	"wirebook/shm"
)

// Constant is one number of the ABI, under the name it has in other languages (C puts WB_ before it).
type Constant struct {
	Name  string
	Value any
}

// Constants lists the numbers that readers need. A group's names share their prefix.
func Constants() []Constant {
	return []Constant{
		{"ABI_VERSION", shm.ABIVersion}, {"HEADER_BYTES", uint32(shm.HeaderBytes)},
		{"MAGIC_CONTROL", shm.MagicControl}, {"MAGIC_RING", shm.MagicRing}, {"MAGIC_LATEST", shm.MagicLatest}, {"MAGIC_PACKETS", shm.MagicPackets},
		{"MAGIC_READERS", shm.MagicReaders}, {"MAX_DOORBELLS", shm.MaxDoorbells}, {"MAX_READERS", shm.MaxReaders},
		{"POLICY_NONE", shm.PolicyNone}, {"POLICY_WAIT", shm.PolicyWait}, {"POLICY_CONFLATE", shm.PolicyConflate}, {"POLICY_SKIP", shm.PolicySkip},
		{"MAX_SLOTS", uint32(shm.MaxSlots)}, {"MAX_LATEST", uint32(shm.MaxLatest)}, {"NO_LATEST", shm.NoLatest},
		{"MAX_RINGS", uint32(shm.MaxRings)}, {"MAX_CHANNELS", uint32(shm.MaxChannels)}, {"MAX_LINES", uint32(shm.MaxLines)},
		{"MAX_COUNTERS", uint32(shm.MaxCounters)}, {"MAX_INSTRUMENTS", uint32(shm.MaxInstruments)}, {"MAX_SESSIONS", uint32(shm.MaxSessions)},
		{"MIN_CHUNK_BYTES", uint32(shm.MinChunkBytes)}, {"MAX_CHUNK_BYTES", uint32(shm.MaxChunkBytes)},
		{"MIN_CHUNKS", uint32(shm.MinChunks)}, {"MAX_CHUNKS", uint32(shm.MaxChunks)},

		{"STATE_STARTING", shm.StateStarting}, {"STATE_RUNNING", shm.StateRunning}, {"STATE_STOPPED", shm.StateStopped}, {"STATE_REPLACED", shm.StateReplaced},

		{"RTYPE_TRADE", shm.RTypeTrade}, {"RTYPE_MBP1", shm.RTypeMBP1}, {"RTYPE_MBP10", shm.RTypeMBP10}, {"RTYPE_STATUS", shm.RTypeStatus},
		{"RTYPE_DEFINITION", shm.RTypeDefinition}, {"RTYPE_IMBALANCE", shm.RTypeImbalance}, {"RTYPE_STATISTICS", shm.RTypeStatistics},
		{"RTYPE_MBO", shm.RTypeMBO}, {"RTYPE_APPLIANCE", shm.RTypeAppliance},

		{"FLAG_LAST", shm.FlagLast}, {"FLAG_TOB", shm.FlagTOB}, {"FLAG_SNAPSHOT", shm.FlagSnapshot}, {"FLAG_MBP", shm.FlagMBP},
		{"FLAG_BAD_TS_RECV", shm.FlagBadTsRecv}, {"FLAG_MAYBE_BAD_BOOK", shm.FlagMaybeBadBook},

		{"ACTION_ADD", shm.ActionAdd}, {"ACTION_CANCEL", shm.ActionCancel}, {"ACTION_MODIFY", shm.ActionModify}, {"ACTION_CLEAR", shm.ActionClear},
		{"ACTION_TRADE", shm.ActionTrade}, {"ACTION_FILL", shm.ActionFill}, {"ACTION_NONE", shm.ActionNone},
		{"SIDE_ASK", shm.SideAsk}, {"SIDE_BID", shm.SideBid}, {"SIDE_NONE", shm.SideNone},

		{"UNDEF_PRICE", shm.UndefPrice}, {"UNDEF_ORDER_SIZE", shm.UndefOrderSize},
		{"UNDEF_TIMESTAMP", shm.UndefTimestamp}, {"UNDEF_STAT_QTY", shm.UndefStatQty},

		{"PACKET_WHOLE", shm.PacketWhole}, {"PACKET_SKIP", shm.PacketSkip},
		{"PACKET_BAD_STAMP", shm.PacketBadStamp}, {"PACKET_SYNTHESISED", shm.PacketSynthesised}, {"PACKET_CUT", shm.PacketCut},
		{"PACKET_MORE", shm.PacketMore}, {"PACKET_UNSUMMED", shm.PacketUnsummed}, {"PACKET_FLUSHED", shm.PacketFlushed},
		{"PACKET_FRAME", shm.PacketFrame}, {"PACKET_TICK", shm.PacketTick}, {"PACKET_LATE", shm.PacketLate}, {"PACKET_CONFIG", shm.PacketConfig},
		{"PACKET_ADDED", shm.PacketAdded}, {"PACKET_REMOVED", shm.PacketRemoved}, {"PACKET_SILENCE", shm.PacketSilence},
		{"PACKET_ABANDON", shm.PacketAbandon}, {"PACKET_ANSWER", shm.PacketAnswer}, {"PACKET_CHECKPOINT", shm.PacketCheckpoint},
		{"PACKET_EPOCH", shm.PacketEpoch}, {"PACKET_END", shm.PacketEnd},
		{"VERDICT_NONE", shm.VerdictNone}, {"VERDICT_NEW", shm.VerdictNew}, {"VERDICT_PART", shm.VerdictPart},
		{"VERDICT_DUPLICATE", shm.VerdictDuplicate}, {"VERDICT_LATE", shm.VerdictLate}, {"VERDICT_HELD", shm.VerdictHeld},
		{"VERDICT_SUSPECT", shm.VerdictSuspect}, {"VERDICT_CONTROL", shm.VerdictControl},
		{"VERDICT_PANICKED", shm.VerdictPanicked}, {"VERDICT_FRAMING", shm.VerdictFraming}, {"VERDICT_FAULT", shm.VerdictFault},
		{"MARK_UNTIMED", shm.MarkUntimed}, {"MARK_RUN", shm.MarkRun}, {"MARK_FILTERED", shm.MarkFiltered},
		{"NO_MARK_CHANNEL", shm.NoMarkChannel},
		{"APPLIANCE_GAP", shm.ApplianceGap}, {"APPLIANCE_EPOCH", shm.ApplianceEpoch}, {"APPLIANCE_SESSION", shm.ApplianceSession},
		{"APPLIANCE_SUSPECT", shm.ApplianceSuspect}, {"APPLIANCE_WHOLE", shm.ApplianceWhole}, {"APPLIANCE_HEARTBEAT", shm.ApplianceHeartbeat},

		{"BOOK_ORDERS", shm.BookOrders}, {"BOOK_LEVELS", shm.BookLevels},

		{"CHANNEL_WAITING", shm.ChannelWaiting}, {"CHANNEL_LIVE", shm.ChannelLive}, {"CHANNEL_GAPPED", shm.ChannelGapped},
		{"CHANNEL_RECOVERING", shm.ChannelRecovering}, {"CHANNEL_STALE", shm.ChannelStale},
		{"INSTRUMENT_UNKNOWN", shm.InstrumentUnknown}, {"INSTRUMENT_LIVE", shm.InstrumentLive}, {"INSTRUMENT_GAPPED", shm.InstrumentGapped},
		{"INSTRUMENT_RECOVERING", shm.InstrumentRecovering}, {"INSTRUMENT_STALE", shm.InstrumentStale},
		{"REASON_NONE", shm.ReasonNone}, {"REASON_JOINED", shm.ReasonJoined}, {"REASON_GAP", shm.ReasonGap}, {"REASON_UNFIT", shm.ReasonUnfit},
		{"REASON_UNDECODED", shm.ReasonUndecoded}, {"REASON_DISPUTED", shm.ReasonDisputed}, {"REASON_ABANDONED", shm.ReasonAbandoned},
		{"REASON_SILENT", shm.ReasonSilent}, {"REASON_REFUSED", shm.ReasonRefused}, {"REASON_OVERLOADED", shm.ReasonOverloaded},
		{"CLOCK_UNKNOWN", shm.ClockUnknown}, {"CLOCK_FREE", shm.ClockFree}, {"CLOCK_ACQUIRING", shm.ClockAcquiring}, {"CLOCK_LOCKED", shm.ClockLocked},
		{"CLOCK_HOLDOVER", shm.ClockHoldover}, {"CLOCK_CAPTURE", shm.ClockCapture}, {"CLOCK_STEPPED", shm.ClockStepped},
		{"CLOCK_FROZEN", shm.ClockFrozen}, {"CLOCK_MISSING", shm.ClockMissing},
	}
}

// letters are constants that the specification writes as characters.
func (c Constant) letter() bool {
	return strings.HasPrefix(c.Name, "ACTION_") || strings.HasPrefix(c.Name, "SIDE_")
}

func (c Constant) c() string {
	switch v := c.Value.(type) {
	case uint64:
		if v == 1<<64-1 {
			return "UINT64_MAX"
		}
		if v < 1<<32 {
			return fmt.Sprintf("%du", v)
		}
		return fmt.Sprintf("0x%016XULL", v)
	case int64:
		if v == 1<<63-1 {
			return "INT64_MAX"
		}
	case uint8:
		if c.letter() {
			return fmt.Sprintf("'%c'", v)
		}
	}
	return fmt.Sprintf("%du", c.Value)
}

// Group is a run of constants whose names people read: Go's, where shm has a function for them.
type Group struct {
	Prefix, What string
	name         func(uint32) string
}

// Named lists the groups.
func Named() []Group {
	return []Group{{"CHANNEL", "channel_state", shm.ChannelStateName}, {"INSTRUMENT", "instrument_state", shm.InstrumentStateName},
		{"REASON", "reason", shm.ReasonName}, {"CLOCK", "clock_state", nil},
		{"APPLIANCE", "appliance", func(v uint32) string { return shm.ApplianceKindName(uint8(v)) }},
		{"BOOK", "books", shm.BooksName}}
}

// Names returns the names by value, "" where there is no constant.
func (g Group) Names() []string {
	var list []string
	for _, c := range Constants() {
		if name, ok := strings.CutPrefix(c.Name, g.Prefix+"_"); ok {
			var v int
			fmt.Sscan(fmt.Sprint(c.Value), &v)
			for len(list) <= v {
				list = append(list, "")
			}
			if list[v] = strings.ToLower(name); g.name != nil {
				list[v] = g.name(uint32(v))
			}
		}
	}
	if g.Prefix == "BOOK" {
		list = append(list, shm.BooksName(shm.BookOrders|shm.BookLevels)) // they are bits
	}
	return slices.Clip(list)
}
