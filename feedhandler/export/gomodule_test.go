package export_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	dbn "github.com/NimbleMarkets/dbn-go"

	"wirebook/feedhandler/export"
	"wirebook/feedhandler/sim"
)

// fields reads a file with the Go module and gives some fields of every record, under our column names.
func fields[R dbn.Record, P dbn.RecordPtr[R]](t *testing.T, file string, show func(r P) map[string]any) ([]map[string]any, *dbn.Metadata) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, meta, err := dbn.ReadDBNToSlice[R, P](f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var list []map[string]any
	for i := range records {
		list = append(list, show(&records[i]))
	}
	return list, meta
}

func header(h dbn.RHeader) map[string]any {
	return map[string]any{"instrument_id": h.InstrumentID, "publisher_id": h.PublisherID, "ts_event": h.TsEvent}
}

func with(m map[string]any, pairs ...any) map[string]any {
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

func text(b []byte) string { return string(bytes.TrimRight(b, " \x00")) }

// TestGoModuleReadsVersion2: github.com/NimbleMarkets/dbn-go v0.6.5 reads versions 1 and 2. It opens what we write
// with version 2, every schema, and sees what our JSON says; version 3 it refuses by its number.
func TestGoModuleReadsVersion2(t *testing.T) {
	path, _ := simulated(t, sim.ITCH50, 1500)
	dir := t.TempDir()
	everything(t, "nasdaq.itch50", path, dir, map[string]export.Options{
		"v3.dbn": {Format: "dbn"}, "dbn": {Format: "dbn", Version: 2}, "json": {Format: "json"}})
	f, err := os.Open(filepath.Join(dir, "mbo.v3.dbn"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := dbn.ReadMetadata(f); !errors.Is(err, dbn.ErrInvalidDBNVersion) {
		t.Errorf("version 3: %v, so the module has learnt it: read version 3 here", err)
	}
	for _, name := range export.SchemaNames() {
		file := filepath.Join(dir, name+".dbn")
		var got []map[string]any
		var meta *dbn.Metadata
		switch name {
		case "mbo":
			got, meta = fields[dbn.MboMsg](t, file, func(r *dbn.MboMsg) map[string]any {
				return with(header(r.Header), "order_id", r.OrderID, "price", r.Price, "size", r.Size, "flags", r.Flags, "channel_id", r.ChannelID,
					"action", string(rune(r.Action)), "side", string(rune(r.Side)), "ts_recv", r.TsRecv, "ts_in_delta", r.TsInDelta, "sequence", r.Sequence)
			})
		case "trades":
			got, meta = fields[dbn.Mbp0Msg](t, file, func(r *dbn.Mbp0Msg) map[string]any {
				return with(header(r.Header), "price", r.Price, "size", r.Size, "flags", r.Flags, "depth", r.Depth,
					"action", string(rune(r.Action)), "side", string(rune(r.Side)), "ts_recv", r.TsRecv, "ts_in_delta", r.TsInDelta, "sequence", r.Sequence)
			})
		case "mbp-1":
			got, meta = fields[dbn.Mbp1Msg](t, file, func(r *dbn.Mbp1Msg) map[string]any {
				return with(header(r.Header), "price", r.Price, "size", r.Size, "flags", r.Flags, "ts_recv", r.TsRecv, "sequence", r.Sequence,
					"bid_px_00", r.Level.BidPx, "ask_px_00", r.Level.AskPx, "bid_sz_00", r.Level.BidSz, "ask_sz_00", r.Level.AskSz, "bid_ct_00", r.Level.BidCt, "ask_ct_00", r.Level.AskCt)
			})
		case "mbp-10":
			got, meta = fields[dbn.Mbp10Msg](t, file, func(r *dbn.Mbp10Msg) map[string]any {
				return with(header(r.Header), "price", r.Price, "size", r.Size, "flags", r.Flags, "ts_recv", r.TsRecv, "sequence", r.Sequence,
					"bid_px_00", r.Levels[0].BidPx, "ask_px_09", r.Levels[9].AskPx, "bid_sz_04", r.Levels[4].BidSz, "ask_ct_09", r.Levels[9].AskCt)
			})
		case "status":
			got, meta = fields[dbn.StatusMsg](t, file, func(r *dbn.StatusMsg) map[string]any {
				return with(header(r.Header), "action", r.Action, "reason", r.Reason, "trading_event", r.TradingEvent, "ts_recv", r.TsRecv,
					"is_trading", string(rune(r.IsTrading)), "is_quoting", string(rune(r.IsQuoting)))
			})
		case "imbalance":
			got, meta = fields[dbn.ImbalanceMsg](t, file, func(r *dbn.ImbalanceMsg) map[string]any {
				return with(header(r.Header), "ref_price", r.RefPrice, "paired_qty", r.PairedQty, "total_imbalance_qty", r.TotalImbalanceQty, "side", string(rune(r.Side)))
			})
		case "statistics":
			got, meta = fields[dbn.StatMsg](t, file, func(r *dbn.StatMsg) map[string]any {
				return with(header(r.Header), "price", r.Price, "stat_type", r.StatType, "sequence", r.Sequence, "ts_in_delta", r.TsInDelta,
					"channel_id", r.ChannelID, "update_action", r.UpdateAction, "ts_ref", r.TsRef, "quantity", r.Quantity)
			})
		case "definition":
			got, meta = fields[dbn.InstrumentDefMsg](t, file, func(r *dbn.InstrumentDefMsg) map[string]any {
				return with(header(r.Header), "raw_symbol", text(r.RawSymbol[:]), "currency", text(r.Currency[:]), "min_price_increment", r.MinPriceIncrement,
					"min_lot_size_round_lot", r.MinLotSizeRoundLot, "instrument_class", string(rune(r.InstrumentClass)), "tick_rule", r.TickRule, "group", text(r.Group[:]), "strike_price", r.StrikePrice)
			})
		default:
			t.Fatalf("schema %s: no check", name)
		}
		want := jsonRecords(t, filepath.Join(dir, name+".json"))
		if len(got) != len(want) || len(got) == 0 {
			t.Fatalf("%s: %d records, want %d", name, len(got), len(want))
		}
		if meta.VersionNum != 2 || meta.Dataset != "XNAS.ITCH" || meta.Schema.String() != name || len(meta.Symbols) != len(meta.Mappings) || len(meta.Mappings) == 0 {
			t.Errorf("%s: metadata %+v", name, meta)
		}
		for i := range got {
			for column, v := range got[i] {
				value, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				var plain any = json.Number(value)
				if s, ok := v.(string); ok {
					plain = s
				}
				if !sameValue(plain, want[i][column]) {
					t.Fatalf("%s: record %d: %s is %s to the Go module, %v to us", name, i, column, value, want[i][column])
				}
			}
		}
	}
}
