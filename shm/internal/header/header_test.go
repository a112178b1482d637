package header

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden file: an ABI change that someone reads")

// The golden file holds every size and offset another process relies on.
func TestABIGolden(t *testing.T) {
	var b bytes.Buffer
	for _, s := range Structs() {
		fmt.Fprintf(&b, "%s %d\n", s.Name, s.Type.Size())
		end := uintptr(0)
		for _, f := range Fields(s.Type) {
			fmt.Fprintf(&b, "\t%s %d %d\n", f.Name, f.Offset, f.Size)
			if f.Offset != end {
				t.Errorf("%s.%s: %d bytes of hidden padding before it", s.Name, f.Name, f.Offset-end)
			}
			end = f.Offset + f.Size
		}
		if end != s.Type.Size() {
			t.Errorf("%s: %d bytes of hidden padding at its end", s.Name, s.Type.Size()-end)
		}
	}
	const path = "../../testdata/abi.golden"
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("the ABI moved: raise ABIVersion, then run go test ./shm/internal/header -update and read the diff of %s", path)
	}
}

func TestHeaderIsCurrent(t *testing.T) {
	want, err := Generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../include/wirebook.h")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("include/wirebook.h is not what the Go structs say: run go generate ./shm")
	}
}

func TestPythonIsCurrent(t *testing.T) {
	got, err := os.ReadFile("../../python/wirebook.py")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Python(got)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("python/wirebook.py is not what the Go structs say: run go generate ./shm")
	}
}

// Every struct and constant has in Python the places and values that it has in Go, as ctypes sees them.
func TestPythonLayouts(t *testing.T) {
	py, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3: the Python layouts were not tested")
	}
	var want, script strings.Builder
	script.WriteString("import sys\nsys.path.insert(0, '../../python')\nimport wirebook as w\n")
	for _, s := range Structs() {
		for _, f := range Fields(s.Type) {
			if f.Name == "hd" {
				continue // its fields are the record's own in Python
			}
			fmt.Fprintf(&want, "%s.%s %d %d\n", s.Type.Name(), f.Name, f.Offset, f.Size)
			fmt.Fprintf(&script, "f = w.%s.%s; print('%s.%s', f.offset, f.size)\n", s.Type.Name(), f.Name, s.Type.Name(), f.Name)
		}
	}
	for _, c := range Constants() {
		fmt.Fprintf(&want, "%s %d\n", c.Name, c.Value)
		fmt.Fprintf(&script, "print('%s', w.%s)\n", c.Name, c.Name)
	}
	cmd := exec.Command(py, "-B", "-")
	cmd.Stdin = strings.NewReader(script.String())
	got, err := cmd.CombinedOutput()
	if err != nil || string(got) != want.String() {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want.String())
	}
}

// Pointers, bools and words of unknown width have no place in shared memory.
func TestNoForeignTypes(t *testing.T) {
	for _, v := range []any{struct{ P *int }{}, struct{ B bool }{}, struct{ N int }{}, struct{ S string }{}} {
		if err := declare(&bytes.Buffer{}, Struct{"x", reflect.TypeOf(v)}); err == nil {
			t.Errorf("%T accepted", v)
		}
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{"InstrumentID": "instrument_id", "SSRFillingPrice": "ssr_filling_price",
		"TsInDelta": "ts_in_delta", "ABI": "abi", "TAIOffset": "tai_offset", "Reserved0": "reserved0", "FreqPPB": "freq_ppb"} {
		if got := snake(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
