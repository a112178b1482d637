package segment

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"wirebook/shm"
)

// pythonModule runs lines of Python that know the module, with WIREBOOK_SHM set to root. ask gives a line to its ask() and
// returns what it printed for it.
func pythonModule(t *testing.T, root, script string) (ask func(string) string) {
	t.Helper()
	py, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3: the Python reader was not tested")
	}
	cmd := exec.Command(py, "-B", "-c", "import sys\nsys.path.insert(0, '../python')\nimport wirebook\n"+script+`
for line in sys.stdin:
    try:
        print(ask(line.strip()), flush=True)
    except wirebook.SegmentError as e:
        print("SegmentError:", e, flush=True)
`)
	cmd.Env = append(os.Environ(), "WIREBOOK_SHM="+root)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	lines := bufio.NewReader(out)
	return func(what string) string {
		t.Helper()
		if _, err := io.WriteString(in, what+"\n"); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return strings.TrimSuffix(line, "\n")
	}
}

// The module's names mean what the Go constants do, and all of them are there.
func TestPythonConstants(t *testing.T) {
	ask := pythonModule(t, t.TempDir(), "def ask(line): return getattr(wirebook, line, 'not there')")
	for name, want := range map[string]any{
		"FLAG_LAST": shm.FlagLast, "FLAG_TOB": shm.FlagTOB, "FLAG_SNAPSHOT": shm.FlagSnapshot, "FLAG_MBP": shm.FlagMBP,
		"FLAG_BAD_TS_RECV": shm.FlagBadTsRecv, "FLAG_MAYBE_BAD_BOOK": shm.FlagMaybeBadBook,
		"ACTION_ADD": shm.ActionAdd, "ACTION_CANCEL": shm.ActionCancel, "ACTION_MODIFY": shm.ActionModify, "ACTION_CLEAR": shm.ActionClear,
		"ACTION_TRADE": shm.ActionTrade, "ACTION_FILL": shm.ActionFill, "ACTION_NONE": shm.ActionNone,
		"SIDE_ASK": shm.SideAsk, "SIDE_BID": shm.SideBid, "SIDE_NONE": shm.SideNone,
		"RTYPE_TRADE": shm.RTypeTrade, "RTYPE_MBP1": shm.RTypeMBP1, "RTYPE_MBP10": shm.RTypeMBP10, "RTYPE_STATUS": shm.RTypeStatus,
		"RTYPE_DEFINITION": shm.RTypeDefinition, "RTYPE_IMBALANCE": shm.RTypeImbalance, "RTYPE_STATISTICS": shm.RTypeStatistics, "RTYPE_MBO": shm.RTypeMBO,
		"STATE_STARTING": shm.StateStarting, "STATE_RUNNING": shm.StateRunning, "STATE_STOPPED": shm.StateStopped, "STATE_REPLACED": shm.StateReplaced,
		"UNDEF_PRICE": shm.UndefPrice, "UNDEF_ORDER_SIZE": shm.UndefOrderSize, "UNDEF_TIMESTAMP": shm.UndefTimestamp, "UNDEF_STAT_QTY": shm.UndefStatQty,
		"DEFAULT_ROOT": DefaultRoot, "DEFAULT_STALE_NS": DefaultStale.Nanoseconds(),
	} {
		if got := ask(name); got != fmt.Sprint(want) {
			t.Errorf("%s = %s, want %v", name, got, want)
		}
	}
	for r := shm.Empty; r <= shm.Corrupt; r++ {
		name := r.String()
		if got := ask(strings.ToUpper(name)); got != fmt.Sprint(uint8(r)) {
			t.Errorf("%s = %s, want %d", name, got, r)
		}
	}
}

// An instance is opened by its name, where WIREBOOK_SHM says; what it gives can be printed.
func TestPythonOpensByName(t *testing.T) {
	root := shmRoot(t)
	inst := create(t, small(root))
	defer inst.Close()
	inst.Running()
	m := shm.MBO{RecordHeader: shm.RecordHeader{Length: shm.SizeMBO / 4, RType: shm.RTypeMBO, InstrumentID: 7, TsEvent: 1}, OrderID: 12, Price: -101_250_000_000,
		Size: 100, Flags: shm.FlagLast | shm.FlagMaybeBadBook | 1, Action: shm.ActionAdd, Side: shm.SideBid}
	w := inst.Writer(shm.SchemaMBO, 1)
	w.Publish(shm.Bytes(&m), 0)
	m.Price, m.Flags, m.RType = shm.UndefPrice, 0, 0x77
	w.Publish(shm.Bytes(&m), 0)
	w.Flush()
	ask := pythonModule(t, root, `
def ask(line):
    global ring
    return eval(line)
def opened(name):
    global ring
    ring = wirebook.open(name).ring("mbo", 1)
    return ring
`)
	for _, c := range [][2]string{
		{"wirebook.open('test')", "<Instance test in " + root + "/test: mbo-0, mbo-1, admin-0>"},
		{"opened('test')", "<Ring " + root + "/test/mbo-1.ring: mbo, 64 slots, epoch 1, at 0 of 2, 0 lost, 0 missed>"},
		{"ring.next()[1]", "MBO(rtype=MBO, publisher_id=0, instrument_id=7, ts_event=1, order_id=12, price=-101.25, size=100, " +
			"flags=LAST|MAYBE_BAD_BOOK|0x1, channel_id=0, action='A', side='B', ts_recv=0, ts_in_delta=0, sequence=0)"},
		{"wirebook.MBO.from_buffer_copy(ring.next_bytes()[1])", "MBO(rtype=0x77, publisher_id=0, instrument_id=7, ts_event=1, order_id=12, price=undefined, " +
			"size=100, flags=0, channel_id=0, action='A', side='B', ts_recv=0, ts_in_delta=0, sequence=0)"},
		{"ring", "<Ring " + root + "/test/mbo-1.ring: mbo, 64 slots, epoch 1, at 2 of 2, 0 lost, 0 missed>"},
		{"wirebook.MBP1().levels[0]", "Level(bid_px=0, ask_px=0, bid_sz=0, ask_sz=0, bid_ct=0, ask_ct=0)"},
		{"wirebook.open('test').latest()", "<Latest " + root + "/test/latest: room for 8 instruments>"},
		{"wirebook.open('test').ring('trades')", "SegmentError: " + root + "/test: no ring trades-0; there are: mbo-0, mbo-1, admin-0"},
		{"wirebook.open()", "SegmentError: no such instance: " + root + "/default; start one with wirebook replay or run, or set WIREBOOK_SHM"},
		{"wirebook.open('../up')", "SegmentError: instance name '../up': must be " + NameRule},
	} {
		if got := ask(c[0]); got != c[1] {
			t.Errorf("%s:\n%s\nwant\n%s", c[0], got, c[1])
		}
	}
}

// A writer whose heart stands still is told once for each silence; one that ended in good order is not.
func TestPythonStaleWriter(t *testing.T) {
	root := shmRoot(t)
	o := small(root)
	inst := create(t, o)
	inst.Running()
	const ahead = 1 << 62 // no clock is there: never old
	inst.Heartbeat(ahead)
	ask := pythonModule(t, root, `
wirebook.CHECK_EVERY_NS = 0
ring = wirebook.open("test").ring("mbo")
def ask(line): return wirebook.RESULT_NAMES[ring.next()[0]]
`)
	expect := func(step string, want ...shm.Result) {
		t.Helper()
		for _, w := range want {
			if got := ask(""); got != w.String() {
				t.Errorf("%s: %s, want %s", step, got, w)
			}
		}
	}
	expect("alive", shm.Empty, shm.Empty)
	inst.Heartbeat(1)
	expect("silent", shm.StaleWriter, shm.Empty, shm.Empty)
	inst.Heartbeat(ahead)
	expect("alive again", shm.Empty)
	inst.Heartbeat(2)
	expect("silent again", shm.StaleWriter, shm.Empty)
	inst.unmap() // dies and starts again
	inst.lock.Close()
	inst = create(t, o)
	inst.Running()
	inst.Heartbeat(ahead)
	expect("a new run", shm.NewEpoch, shm.Empty)
	inst.Heartbeat(3)
	expect("a new run, silent", shm.StaleWriter, shm.Empty)
	inst.Close()
	expect("ended", shm.Stopped)
}

// missed says what was overwritten before the reader began, of the running epoch alone, as the Go reader's Missed does.
func TestPythonMissed(t *testing.T) {
	root := shmRoot(t)
	o := small(root)
	inst := create(t, o)
	publish(inst, shm.SchemaMBO, 0, 100)
	ask := pythonModule(t, root, `
def ask(line):
    ring = wirebook.open("test").ring("mbo")
    oldest = ring.position, ring.missed
    ring.seek_edge()
    return *oldest, ring.position, ring.missed
`)
	compare := func(want string) {
		t.Helper()
		r, err := OpenReader(ReaderOptions{Root: root, Name: "test", Schema: shm.SchemaMBO, From: FromOldest})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		ring := r.Ring()
		position, missed := ring.Position(), ring.Missed()
		if got := fmt.Sprintf("(%d, %d, %d, %d)", position, missed, ring.SeekEdge(), ring.Missed()); got != want {
			t.Errorf("Go %s, want %s", got, want)
		}
		if got := ask(""); got != want {
			t.Errorf("Python %s, want %s", got, want)
		}
	}
	compare("(36, 36, 100, 0)")
	inst.Close()
	inst = create(t, o)
	defer inst.Close()
	publish(inst, shm.SchemaMBO, 0, 10)
	compare("(100, 0, 110, 0)") // another run's records are none of this one's
	publish(inst, shm.SchemaMBO, 0, 90)
	compare("(136, 36, 200, 0)")
}
