package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"wirebook/feedhandler/view/clockview"
	"wirebook/ptp"
	"wirebook/ptp/phc"
	"wirebook/shm"
	"wirebook/shm/segment"
)

// TestPTPSaysPlainlyThatThereIsNoClock runs the verb on the loopback, which has none anywhere.
func TestPTPSaysPlainlyThatThereIsNoClock(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		v := ptpVerb{iface: "lo", socket: t.TempDir() + "/none", duration: 600 * time.Millisecond, asJSON: asJSON, out: &out}
		err := v.run(context.Background())
		var bad clockview.Bad
		if errors.Is(err, phc.ErrNotSupported) {
			t.Skip(err)
		}
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), "no PTP hardware clock") || !strings.Contains(err.Error(), "chrony") {
			t.Errorf("%v", err)
		}
		if !asJSON {
			if !strings.Contains(out.String(), "no PTP hardware clock") || !strings.Contains(out.String(), "missing: no socket") {
				t.Errorf("%s", out.String())
			}
			continue
		}
		var view clockview.Clock
		if err := json.Unmarshal(out.Bytes(), &view); err != nil || view.Problem == "" || view.Interface != "lo" || view.PTP4L.Health != "missing" {
			t.Errorf("%v: %s", err, out.String())
		}
	}
}

func TestPTPNamesAnInterfaceThatIsNotThere(t *testing.T) {
	v := ptpVerb{iface: "nosuch0", duration: time.Second, out: &bytes.Buffer{}}
	if err := v.run(context.Background()); err == nil || !strings.Contains(err.Error(), "nosuch0") {
		t.Errorf("%v", err)
	}
}

func TestPTPShowsAnInstancesClock(t *testing.T) {
	t.Setenv("WIREBOOK_SHM", t.TempDir())
	in, err := segment.Create(segment.Options{Name: "clocked"})
	if errors.Is(err, segment.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	show := func(state uint32, beat bool) (string, error) {
		now := uint64(time.Now().UnixNano())
		b := shm.ClockBlock{Source: uint32(ptp.SourceNIC), State: state, OffsetNS: -42, BoundNS: 592, FreqPPB: 1500, UpdatedNS: now,
			Grandmaster: [8]uint8{0, 0, 0xaa, 0xff, 0xfe, 0, 0, 0xaa}, TAIOffset: 37}
		copy(b.Device[:], "/dev/ptp0")
		in.Running()
		in.Control.SetClock(b)
		if beat {
			in.Heartbeat(now)
		} else {
			in.Heartbeat(now - 20_000_000_000)
		}
		var out bytes.Buffer
		v := ptpVerb{instance: "clocked", given: true, out: &out}
		err := v.run(context.Background())
		return out.String(), err
	}
	text, err := show(shm.ClockLocked, true)
	if err != nil {
		t.Error(err)
	}
	for _, want := range []string{"locked", "/dev/ptp0", "±592ns", "-42ns", "+1.500 ppm", "0000aa.fffe.0000aa", "37 s"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, err := show(shm.ClockFree, true); err == nil || !strings.Contains(err.Error(), "BAD_TS_RECV") {
		t.Errorf("%v", err)
	}
	if _, err := show(shm.ClockLocked, false); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("%v", err)
	}
	if text, err := show(shm.ClockCapture, true); err != nil || !strings.Contains(text, "of the capture") {
		t.Errorf("%v: %s", err, text)
	}
	v := ptpVerb{instance: "nobody", given: true, out: &bytes.Buffer{}}
	if err := v.run(context.Background()); !errors.Is(err, segment.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
