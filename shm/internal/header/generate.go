package header

import (
	"bytes"
	_ "embed"
	"fmt"
	"reflect"
	"strings"

	"wirebook/shm"
)

//go:embed prologue.h
var prologue string

//go:embed reader.h
var reader string

// Generate returns the text of wirebook.h.
func Generate() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(prologue)
	constants(&b)
	for _, s := range Structs() {
		if err := declare(&b, s); err != nil {
			return nil, err
		}
	}
	b.WriteString(reader)
	return b.Bytes(), nil
}

func constants(b *bytes.Buffer) {
	for _, c := range []struct {
		name  string
		value uint64
	}{
		{"ABI_VERSION", uint64(shm.ABIVersion)},
		{"HEADER_BYTES", shm.HeaderBytes},
		{"MAX_SLOTS", shm.MaxSlots},
		{"MAX_LATEST", shm.MaxLatest},
		{"NO_LATEST", uint64(shm.NoLatest)},
		{"STATE_STARTING", uint64(shm.StateStarting)}, {"STATE_RUNNING", uint64(shm.StateRunning)},
		{"STATE_STOPPED", uint64(shm.StateStopped)}, {"STATE_REPLACED", uint64(shm.StateReplaced)},
		{"FLAG_LAST", uint64(shm.FlagLast)}, {"FLAG_TOB", uint64(shm.FlagTOB)}, {"FLAG_SNAPSHOT", uint64(shm.FlagSnapshot)},
		{"FLAG_MBP", uint64(shm.FlagMBP)}, {"FLAG_BAD_TS_RECV", uint64(shm.FlagBadTsRecv)},
		{"FLAG_MAYBE_BAD_BOOK", uint64(shm.FlagMaybeBadBook)},
		{"RTYPE_TRADE", uint64(shm.RTypeTrade)}, {"RTYPE_MBP1", uint64(shm.RTypeMBP1)}, {"RTYPE_MBP10", uint64(shm.RTypeMBP10)},
		{"RTYPE_STATUS", uint64(shm.RTypeStatus)}, {"RTYPE_DEFINITION", uint64(shm.RTypeDefinition)},
		{"RTYPE_IMBALANCE", uint64(shm.RTypeImbalance)}, {"RTYPE_STATISTICS", uint64(shm.RTypeStatistics)},
		{"RTYPE_MBO", uint64(shm.RTypeMBO)}, {"RTYPE_APPLIANCE", uint64(shm.RTypeAppliance)},
		{"PACKET_WHOLE", shm.PacketWhole}, {"PACKET_SKIP", shm.PacketSkip},
		{"PACKET_BAD_STAMP", uint64(shm.PacketBadStamp)}, {"PACKET_SYNTHESISED", uint64(shm.PacketSynthesised)},
		{"PACKET_CUT", uint64(shm.PacketCut)}, {"PACKET_MORE", uint64(shm.PacketMore)}, {"PACKET_UNSUMMED", uint64(shm.PacketUnsummed)},
		{"PACKET_FRAME", uint64(shm.PacketFrame)}, {"PACKET_TICK", uint64(shm.PacketTick)}, {"PACKET_LATE", uint64(shm.PacketLate)},
		{"PACKET_CONFIG", uint64(shm.PacketConfig)}, {"PACKET_ADDED", uint64(shm.PacketAdded)},
		{"PACKET_REMOVED", uint64(shm.PacketRemoved)}, {"PACKET_SILENCE", uint64(shm.PacketSilence)},
		{"PACKET_ABANDON", uint64(shm.PacketAbandon)}, {"PACKET_ANSWER", uint64(shm.PacketAnswer)},
		{"PACKET_CHECKPOINT", uint64(shm.PacketCheckpoint)}, {"PACKET_EPOCH", uint64(shm.PacketEpoch)},
		{"VERDICT_NONE", uint64(shm.VerdictNone)}, {"VERDICT_NEW", uint64(shm.VerdictNew)}, {"VERDICT_PART", uint64(shm.VerdictPart)},
		{"VERDICT_DUPLICATE", uint64(shm.VerdictDuplicate)}, {"VERDICT_LATE", uint64(shm.VerdictLate)},
		{"VERDICT_HELD", uint64(shm.VerdictHeld)}, {"VERDICT_SUSPECT", uint64(shm.VerdictSuspect)},
		{"VERDICT_CONTROL", uint64(shm.VerdictControl)}, {"VERDICT_FAULT", uint64(shm.VerdictFault)},
		{"MARK_UNTIMED", uint64(shm.MarkUntimed)},
		{"APPLIANCE_GAP", uint64(shm.ApplianceGap)}, {"APPLIANCE_EPOCH", uint64(shm.ApplianceEpoch)},
		{"APPLIANCE_SESSION", uint64(shm.ApplianceSession)}, {"APPLIANCE_SUSPECT", uint64(shm.ApplianceSuspect)},
		{"APPLIANCE_WHOLE", uint64(shm.ApplianceWhole)}, {"APPLIANCE_HEARTBEAT", uint64(shm.ApplianceHeartbeat)},
		{"CHANNEL_WAITING", uint64(shm.ChannelWaiting)}, {"CHANNEL_LIVE", uint64(shm.ChannelLive)},
		{"CHANNEL_GAPPED", uint64(shm.ChannelGapped)}, {"CHANNEL_RECOVERING", uint64(shm.ChannelRecovering)},
		{"CHANNEL_STALE", uint64(shm.ChannelStale)},
		{"INSTRUMENT_UNKNOWN", uint64(shm.InstrumentUnknown)}, {"INSTRUMENT_LIVE", uint64(shm.InstrumentLive)},
		{"INSTRUMENT_GAPPED", uint64(shm.InstrumentGapped)}, {"INSTRUMENT_RECOVERING", uint64(shm.InstrumentRecovering)},
		{"INSTRUMENT_STALE", uint64(shm.InstrumentStale)},
		{"REASON_NONE", uint64(shm.ReasonNone)}, {"REASON_JOINED", uint64(shm.ReasonJoined)}, {"REASON_GAP", uint64(shm.ReasonGap)},
		{"REASON_UNFIT", uint64(shm.ReasonUnfit)}, {"REASON_UNDECODED", uint64(shm.ReasonUndecoded)},
		{"REASON_DISPUTED", uint64(shm.ReasonDisputed)}, {"REASON_ABANDONED", uint64(shm.ReasonAbandoned)},
		{"REASON_SILENT", uint64(shm.ReasonSilent)}, {"REASON_REFUSED", uint64(shm.ReasonRefused)},
		{"REASON_OVERLOADED", uint64(shm.ReasonOverloaded)},
	} {
		fmt.Fprintf(b, "#define WB_%s %du\n", c.name, c.value)
	}
	fmt.Fprintf(b, "#define WB_UNDEF_PRICE INT64_MAX\n#define WB_UNDEF_TIMESTAMP UINT64_MAX\n")
	fmt.Fprintf(b, "#define WB_MAGIC_CONTROL 0x%016XULL\n", shm.MagicControl)
	fmt.Fprintf(b, "#define WB_MAGIC_RING    0x%016XULL\n", shm.MagicRing)
	fmt.Fprintf(b, "#define WB_MAGIC_PACKETS 0x%016XULL\n", shm.MagicPackets)
	fmt.Fprintf(b, "#define WB_MAGIC_LATEST  0x%016XULL\n", shm.MagicLatest)
	fmt.Fprintf(b, "\nenum wb_schema {\n")
	for s := shm.Schema(0); s < shm.SchemaCount; s++ {
		fmt.Fprintf(b, "\tWB_SCHEMA_%s = %d,\n", strings.ToUpper(strings.ReplaceAll(s.String(), "-", "")), s)
	}
	fmt.Fprintf(b, "\tWB_SCHEMA_COUNT = %d, /* of those with records */\n", shm.SchemaCount)
	fmt.Fprintf(b, "\tWB_SCHEMA_MARKS = %d,\n\tWB_SCHEMA_PACKETS = %d /* no slots */\n};\n", shm.SchemaMarks, shm.SchemaPackets)
	fmt.Fprintf(b, "\n/* Bytes of a slot and of its (largest) body, by schema, marks included. */\n")
	fmt.Fprintf(b, "static const uint32_t wb_slot_sizes[WB_SCHEMA_COUNT + 1] = {")
	for s := shm.Schema(0); s <= shm.SchemaMarks; s++ {
		fmt.Fprintf(b, "%s%d", comma(s > 0), s.SlotSize())
	}
	fmt.Fprintf(b, "};\nstatic const uint32_t wb_body_sizes[WB_SCHEMA_COUNT + 1] = {")
	for s := shm.Schema(0); s <= shm.SchemaMarks; s++ {
		fmt.Fprintf(b, "%s%d", comma(s > 0), s.BodySize())
	}
	b.WriteString("};\n")
}

func comma(more bool) string {
	if more {
		return ", "
	}
	return ""
}

func declare(b *bytes.Buffer, s Struct) error {
	fields := Fields(s.Type)
	fmt.Fprintf(b, "\n/* %d bytes */\ntypedef struct wb_%s {\n", s.Type.Size(), s.Name)
	for _, f := range fields {
		base, dims, err := cType(f.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", s.Name, f.Name, err)
		}
		fmt.Fprintf(b, "\t%s %s%s;\n", base, f.Name, dims)
	}
	fmt.Fprintf(b, "} wb_%s;\n", s.Name)
	fmt.Fprintf(b, "WB_ASSERT(sizeof(wb_%s) == %d, size_of_%s);\n", s.Name, s.Type.Size(), s.Name)
	for _, f := range fields {
		fmt.Fprintf(b, "WB_ASSERT(offsetof(wb_%s, %s) == %d, %s_%s);\n", s.Name, f.Name, f.Offset, s.Name, f.Name)
	}
	return nil
}

func cType(t reflect.Type) (base, dims string, err error) {
	switch t.Kind() {
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return t.Kind().String() + "_t", "", nil
	case reflect.Array:
		base, dims, err = cType(t.Elem())
		return base, fmt.Sprintf("[%d]%s", t.Len(), dims), err
	case reflect.Struct:
		for _, s := range Structs() {
			if s.Type == t {
				return "wb_" + s.Name, "", nil
			}
		}
	}
	return "", "", fmt.Errorf("type %s has no place in shared memory", t)
}
