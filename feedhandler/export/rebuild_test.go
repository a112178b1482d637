package export_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"testing"

	"wirebook/feedhandler/export"
	"wirebook/feedhandler/feedtest"
	"wirebook/feedhandler/sim"
	"wirebook/shm"
)

// readDBN parses a version 3 file by the specification's offsets: symbols by instrument id, and the record bodies.
func readDBN(t testing.TB, path string) (symbols map[uint32]string, bodies [][]byte) {
	t.Helper()
	b := []byte(readFile(t, path))
	if string(b[:3]) != "DBN" || b[3] != 3 {
		t.Fatalf("%s begins with %q", path, b[:4])
	}
	meta := b[8 : 8+binary.LittleEndian.Uint32(b[4:])]
	rest := b[8+len(meta):]
	if len(meta)%8 != 0 {
		t.Fatalf("metadata of %d bytes", len(meta))
	}
	cstr := func(at int) string { return strings.TrimRight(string(meta[at:at+71]), "\x00") }
	at := 100 + 4
	for range 3 { // symbols, partial, not found
		at += 4 + 71*int(binary.LittleEndian.Uint32(meta[at:]))
	}
	symbols = map[uint32]string{}
	n := int(binary.LittleEndian.Uint32(meta[at:]))
	at += 4
	for range n {
		symbol, intervals := cstr(at), int(binary.LittleEndian.Uint32(meta[at+71:]))
		at += 75
		for range intervals {
			id, err := strconv.ParseUint(cstr(at+8), 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			symbols[uint32(id)] = symbol
			at += 79
		}
	}
	for len(rest) > 0 {
		n := 4 * int(rest[0])
		if n < shm.SizeHeader || n > len(rest) {
			t.Fatalf("%s: a record of %d bytes, %d left", path, n, len(rest))
		}
		bodies = append(bodies, rest[:n])
		rest = rest[n:]
	}
	return symbols, bodies
}

// resting is one order of the naive book; place orders those of one price.
type resting struct {
	instrument uint32
	side       byte
	price      int64
	size       uint32
	place      int
}

type orderKey struct {
	instrument uint32
	id         uint64
}

// rebuild applies MBO records as their documentation says, and nothing else: A adds, C takes size off, M sets price and
// size and keeps its place only where it did not move or grow, R clears the instrument, T, F and N change no book.
func rebuild(t testing.TB, bodies [][]byte) map[orderKey]*resting {
	t.Helper()
	orders := map[orderKey]*resting{}
	for i, b := range bodies {
		id, instrument := binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint32(b[4:])
		price, size, action, side := int64(binary.LittleEndian.Uint64(b[24:])), binary.LittleEndian.Uint32(b[32:]), b[38], b[39]
		key := orderKey{instrument, id}
		o := orders[key]
		switch action {
		case 'A':
			if o != nil {
				t.Fatalf("record %d adds order %d, which is there", i, id)
			}
			orders[key] = &resting{instrument, side, price, size, i}
		case 'C':
			if o == nil || o.side != side || o.price != price || size > o.size {
				t.Fatalf("record %d cancels %d of order %d at %d, which is %+v", i, size, id, price, o)
			}
			if o.size -= size; o.size == 0 {
				delete(orders, key)
			}
		case 'M':
			if o == nil || o.side != side {
				t.Fatalf("record %d modifies order %d, which is %+v", i, id, o)
			}
			if price != o.price || size > o.size {
				o.place = i
			}
			o.price, o.size = price, size
		case 'R':
			for k := range orders {
				if k.instrument == instrument {
					delete(orders, k)
				}
			}
		case 'T', 'F', 'N':
		default:
			t.Fatalf("record %d has action %q", i, action)
		}
	}
	return orders
}

// TestMBOAloneRebuildsTheDerivedDay: an exported MBO file is enough for the final orders of the derived day, and the
// last mbp-10 and mbp-1 records show their levels.
func TestMBOAloneRebuildsTheDerivedDay(t *testing.T) {
	stem := filepath.Join(feedtest.Captures(t), "nasdaq-itch50", "derived", "es20231225.part1")
	var want struct {
		Bids, Asks [][3]int64
		Orders     map[string][3]any
	}
	if err := json.Unmarshal([]byte(readFile(t, stem+".expect.json")), &want); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	everything(t, "nasdaq.itch50", stem+".ab.pcap.gz", dir, map[string]export.Options{"dbn": {Format: "dbn"}})
	symbols, bodies := readDBN(t, filepath.Join(dir, "mbo.dbn"))
	if len(symbols) != 1 {
		t.Errorf("symbols %v", symbols)
	}
	orders := rebuild(t, bodies)
	if len(orders) != len(want.Orders) || len(orders) == 0 {
		t.Fatalf("%d orders left, want %d", len(orders), len(want.Orders))
	}
	for key, o := range orders {
		if w := want.Orders[strconv.FormatUint(key.id, 10)]; w != [3]any{string(o.side), float64(o.price / 100_000), float64(o.size)} {
			t.Fatalf("order %d is %+v, want %v", key.id, *o, w)
		}
	}
	for name, depth := range map[string]int{"mbp-10": 10, "mbp-1": 1} {
		_, bodies := readDBN(t, filepath.Join(dir, name+".dbn"))
		last := bodies[len(bodies)-1]
		for i := range depth {
			bid, ask := levelOf(last, i)
			w := [2][3]int64{{want.Bids[i][0] * 100_000, want.Bids[i][1], want.Bids[i][2]}, {want.Asks[i][0] * 100_000, want.Asks[i][1], want.Asks[i][2]}}
			if bid != w[0] || ask != w[1] {
				t.Errorf("%s level %d is %v %v, want %v", name, i, bid, ask, w)
			}
		}
	}
}

// levelOf reads level i of an mbp record: price, size, count of both sides.
func levelOf(body []byte, i int) (bid, ask [3]int64) {
	b := body[48+32*i:]
	u32 := func(at int) int64 { return int64(binary.LittleEndian.Uint32(b[at:])) }
	bid = [3]int64{int64(binary.LittleEndian.Uint64(b)), u32(16), u32(24)}
	ask = [3]int64{int64(binary.LittleEndian.Uint64(b[8:])), u32(20), u32(28)}
	return bid, ask
}

// TestSimulatedBooksAreRebuilt: from two lossy lines to the true final books of the simulator, by exported records only:
// orders with their place in the queue from mbo, ten levels from the last mbp-10 record, the best from mbp-1.
func TestSimulatedBooksAreRebuilt(t *testing.T) {
	for _, c := range []struct {
		encoding sim.Encoding
		profile  string
		byOrder  bool
	}{
		{sim.ITCH50, "nasdaq.itch50", true}, {sim.DeepPlus, "iex.deepplus10", true}, {sim.MDP3, "cme.mdp3", true}, {sim.Deep, "iex.deep10", false},
	} {
		t.Run(c.profile, func(t *testing.T) {
			path, oracle := simulated(t, c.encoding, 10_000)
			dir := t.TempDir()
			everything(t, c.profile, path, dir, map[string]export.Options{"dbn": {Format: "dbn"}})
			want := map[string]*sim.Instrument{}
			for i := range oracle.Final.Instruments {
				want[oracle.Final.Instruments[i].Symbol] = &oracle.Final.Instruments[i]
			}
			if c.byOrder {
				symbols, bodies := readDBN(t, filepath.Join(dir, "mbo.dbn"))
				sameOrders(t, symbols, rebuild(t, bodies), want)
			}
			for name, depth := range map[string]int{"mbp-10": 10, "mbp-1": 1} {
				symbols, bodies := readDBN(t, filepath.Join(dir, name+".dbn"))
				last := map[string][]byte{}
				for _, b := range bodies {
					last[symbols[binary.LittleEndian.Uint32(b[4:])]] = b
				}
				for symbol, w := range want {
					if last[symbol] == nil {
						if len(w.Bids)+len(w.Asks) > 0 {
							t.Errorf("%s: no record of %s", name, symbol)
						}
						continue
					}
					for i := range depth {
						bid, ask := levelOf(last[symbol], i)
						wantBid, wantAsk := levelWanted(w.Bids, i), levelWanted(w.Asks, i)
						if !c.byOrder {
							wantBid[2], wantAsk[2] = 0, 0 // DEEP does not say how many orders a level has
						}
						if bid != wantBid || ask != wantAsk {
							t.Errorf("%s: %s level %d is %v %v, want %v %v", name, symbol, i, bid, ask, wantBid, wantAsk)
						}
					}
				}
			}
		})
	}
}

func levelWanted(levels []sim.Level, i int) [3]int64 {
	if i >= len(levels) {
		return [3]int64{shm.UndefPrice, 0, 0}
	}
	return [3]int64{levels[i].Price, int64(levels[i].Qty), int64(len(levels[i].Orders))}
}

func sameOrders(t *testing.T, symbols map[uint32]string, orders map[orderKey]*resting, want map[string]*sim.Instrument) {
	t.Helper()
	queue := map[string][]uint64{} // "SYMBOL side price": order ids in their queue
	place := map[uint64]int{}
	total := 0
	for key, o := range orders {
		name := fmt.Sprintf("%s %c %d", symbols[o.instrument], o.side, o.price)
		queue[name] = append(queue[name], key.id)
		place[key.id] = o.place
		total++
	}
	for _, ids := range queue {
		sort.Slice(ids, func(i, j int) bool { return place[ids[i]] < place[ids[j]] })
	}
	for symbol, w := range want {
		for side, levels := range map[byte][]sim.Level{'B': w.Bids, 'A': w.Asks} {
			for _, l := range levels {
				var ids []uint64
				for _, o := range l.Orders {
					ids = append(ids, o.ID)
					total--
				}
				if got := queue[fmt.Sprintf("%s %c %d", symbol, side, l.Price)]; !reflect.DeepEqual(got, ids) {
					t.Fatalf("%s %c %d: orders %v, want %v", symbol, side, l.Price, got, ids)
				}
			}
		}
	}
	if total != 0 {
		t.Errorf("%d orders more than there are", total)
	}
	if len(place) < 100 {
		t.Errorf("only %d orders compared", len(place))
	}
}

// TestCMECaptureFinalLevels: the last mbp-10 record of every security of the long capture shows the expected book, as
// far as the capture tells it.
func TestCMECaptureFinalLevels(t *testing.T) {
	stem := filepath.Join(feedtest.Captures(t), "cme-mdp3", "large", "Cme.Mdp3.Sbe.v6.1")
	var want struct {
		Book map[string]map[string][]*[3]int64 `json:"book"`
	}
	if err := json.Unmarshal([]byte(readFile(t, stem+".book.json")), &want); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	everything(t, "cme.mdp3", stem+".pcap", dir, map[string]export.Options{"dbn": {Format: "dbn"}})
	_, bodies := readDBN(t, filepath.Join(dir, "mbp-10.dbn"))
	last := map[string][]byte{}
	for _, b := range bodies {
		last[strconv.Itoa(int(binary.LittleEndian.Uint32(b[4:])))] = b
	}
	compared := 0
	for key, sides := range want.Book {
		_, security, _ := strings.Cut(key, ":")
		body := last[security]
		for i := range 10 {
			for side, entry := range []string{"0", "1"} {
				if i >= len(sides[entry]) || sides[entry][i] == nil {
					continue // never seen: the capture starts in mid-session
				}
				if body == nil {
					t.Fatalf("no record of security %s", security)
				}
				bid, ask := levelOf(body, i)
				got, w := [2][3]int64{bid, ask}[side], *sides[entry][i]
				if compared++; got != [3]int64{w[0] * 100, w[1], w[2]} { // mantissa of exponent -7
					t.Errorf("security %s %s level %d is %v, want %v", security, entry, i+1, got, w)
				}
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d levels compared", compared)
	}
}
