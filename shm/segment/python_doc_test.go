package segment

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"wirebook/shm"
)

// The example that the Python module begins with runs as it stands there.
func TestPythonExample(t *testing.T) {
	py, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3: the Python example was not tested")
	}
	text, err := os.ReadFile("../python/wirebook.py")
	if err != nil {
		t.Fatal(err)
	}
	_, text2, _ := strings.Cut(string(text), "    import wirebook\n")
	text2, _, _ = strings.Cut(text2, "\n\n")
	script := "import sys\nsys.path.insert(0, '../python')\nimport wirebook\n"
	for _, line := range strings.Split(text2, "\n") {
		script += strings.TrimPrefix(line, "    ") + "\n"
	}
	script = strings.Replace(script, "ring.seek_edge()\n", "", 1) // what is there already is enough
	root := shmRoot(t)
	inst := create(t, Options{Root: root, Name: "default", Instruments: 4, Rings: []RingSpec{{Schema: shm.SchemaMBO, Slots: 16}, {Schema: shm.SchemaMarks, Slots: 16}}})
	e := shm.InstrumentEntry{ID: 7, State: shm.InstrumentState{State: shm.InstrumentGapped, Reason: shm.ReasonGap, Suspect: shm.BookOrders}.Word()}
	if _, err := inst.Control.AddInstrument(e); err != nil {
		t.Fatal(err)
	}
	w := inst.Writer(shm.SchemaMBO, 0)
	marks := shm.NewMarks(inst.Writer(shm.SchemaMarks, 0), [shm.SchemaCount]*shm.Writer{shm.SchemaMBO: w})
	account := shm.Account{Session: 3}
	marks.Claim(&account)
	w.Publish(shm.Bytes(&shm.MBO{RecordHeader: shm.RecordHeader{Length: shm.SizeMBO / 4, RType: shm.RTypeMBO, InstrumentID: 7}, Sequence: 9, Flags: shm.FlagMaybeBadBook}), 0)
	marks.Write(&account, 1<<32+9, 1, 0)
	inst.Close()
	cmd := exec.Command(py, "-B", "-c", script)
	cmd.Env = append(os.Environ(), "WIREBOOK_SHM="+root)
	out, err := cmd.CombinedOutput()
	want := fmt.Sprintf("3 %d 0 MBO(rtype=MBO", uint64(1<<32+9))
	if err != nil || !strings.Contains(string(out), want) || !strings.Contains(string(out), "State(name='gapped', reason='gap', suspect='orders')") {
		t.Errorf("%v: %s\nwant %s\n%s", err, out, want, script)
	}
}
