package ptp4l

import (
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/facebook/time/ptp/protocol"

	"wirebook/ptp/ptp4l/ptp4ltest"
)

func ask(t *testing.T, path string) *Client {
	t.Helper()
	c := New(Options{Socket: path, LocalDir: t.TempDir()})
	t.Cleanup(func() { c.Close() })
	return c
}

func states(list ...protocol.PortState) []protocol.PortState { return list }

// TestEveryKindOfDaemonIsToldApart scripts a fake responder; the real ptp4l is in daemon_linux_test.go.
func TestEveryKindOfDaemonIsToldApart(t *testing.T) {
	mangle := func(change func(raw []byte, id protocol.ManagementID) []byte) func(*ptp4ltest.Script) {
		return func(s *ptp4ltest.Script) { s.Mangle = change }
	}
	tests := []struct {
		name   string
		change func(*ptp4ltest.Script)
		health Health
		why    string
	}{
		{"slave", func(*ptp4ltest.Script) {}, Slave, ""},
		{"uncalibrated", func(s *ptp4ltest.Script) { s.PortStates = states(protocol.PortStateUncalibrated) }, Uncalibrated, "not settled"},
		{"faulty", func(s *ptp4ltest.Script) { s.PortStates = states(protocol.PortStateFaulty) }, Faulty, "FAULTY"},
		{"disabled", func(s *ptp4ltest.Script) { s.PortStates = states(protocol.PortStateDisabled) }, Faulty, "DISABLED"},
		{"listening", func(s *ptp4ltest.Script) { s.PortStates = states(protocol.PortStateListening) }, Idle, "no grandmaster"},
		{"master", func(s *ptp4ltest.Script) { s.PortStates = states(protocol.PortStateMaster) }, Idle, "gives the time"},
		{"passive", func(s *ptp4ltest.Script) { s.PortStates = states(protocol.PortStatePassive) }, Idle, "PASSIVE"},
		{"boundary clock", func(s *ptp4ltest.Script) { s.PortStates = states(protocol.PortStateMaster, protocol.PortStateSlave) }, Slave, ""},
		{"without linuxptp's own data sets", func(s *ptp4ltest.Script) {
			s.Refuse = map[protocol.ManagementID]protocol.ManagementErrorID{
				protocol.IDPortPropertiesNP: protocol.ErrorNotSupported, protocol.IDTimeStatusNP: protocol.ErrorNoSuchID}
		}, Slave, ""},

		{"slave of nobody", func(s *ptp4ltest.Script) { s.GMPresent = false }, Lying, "no grandmaster is present"},
		{"slave of itself", func(s *ptp4ltest.Script) { s.Grandmaster = s.Identity }, Lying, "its own grandmaster"},
		{"slave without steps", func(s *ptp4ltest.Script) { s.StepsRemoved = 0 }, Lying, "zero steps"},
		{"slave far off", func(s *ptp4ltest.Script) { s.OffsetNS = 1_000_001 }, Lying, "1.000001ms from"},
		{"slave far off, behind", func(s *ptp4ltest.Script) { s.OffsetNS = -5e9 }, Lying, "-5s from"},
		{"path of two seconds", func(s *ptp4ltest.Script) { s.PathDelayNS = 2e9 }, Lying, "path of 2s"},
		{"TAI offset 0, valid", func(s *ptp4ltest.Script) { s.TAIOffset = 0 }, Lying, "0 s"},
		{"two grandmasters", func(s *ptp4ltest.Script) { s.GMIdentity = 77 }, Lying, "two grandmasters"},
		{"a state that does not exist", func(s *ptp4ltest.Script) { s.PortStates = states(11) }, Lying, "state 11"},
		{"no ports", func(s *ptp4ltest.Script) { s.PortStates = nil }, Lying, "0 ports"},
		{"refuses what every clock has", func(s *ptp4ltest.Script) {
			s.Refuse = map[protocol.ManagementID]protocol.ManagementErrorID{protocol.IDParentDataSet: protocol.ErrorNotSupported}
		}, Lying, "refuses"},

		{"PTP version 1", mangle(func(raw []byte, _ protocol.ManagementID) []byte { raw[1] = 1; return raw }), Lying, "version 1"},
		{"garbage", mangle(func([]byte, protocol.ManagementID) []byte { return []byte(strings.Repeat("what is this? ", 9)) }), Lying, ""},
		{"one byte", mangle(func([]byte, protocol.ManagementID) []byte { return []byte{0x0d} }), Lying, "1 bytes"},
		{"cut short", mangle(func(raw []byte, _ protocol.ManagementID) []byte { return raw[:len(raw)-4] }), Lying, ""},
		{"another sequence", mangle(func(raw []byte, _ protocol.ManagementID) []byte { raw[30] ^= 0x40; return raw }), Lying, "number"},
		{"another data set", mangle(func(raw []byte, _ protocol.ManagementID) []byte { raw[53] ^= 1; return raw }), Lying, "asked for"},
		{"a request for an answer", mangle(func(raw []byte, _ protocol.ManagementID) []byte { raw[46] = 0; return raw }), Lying, "no response"},
		{"two clocks", mangle(func(raw []byte, id protocol.ManagementID) []byte {
			if id == protocol.IDCurrentDataSet {
				raw[27] ^= 1
			}
			return raw
		}), Lying, "as clock"},
		{"no answer", mangle(func([]byte, protocol.ManagementID) []byte { return nil }), Silent, "no answer"},
		{"no answer half way", mangle(func(raw []byte, id protocol.ManagementID) []byte {
			if id == protocol.IDParentDataSet {
				return nil
			}
			return raw
		}), Silent, "no answer"},
		{"another domain", func(s *ptp4ltest.Script) { s.Domain = 24 }, Silent, "domain is not 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			script := ptp4ltest.Slave()
			test.change(&script)
			fake := ptp4ltest.Start(t, script)
			c := ask(t, fake.Path)
			begin := time.Now()
			r := c.Read()
			if took := time.Since(begin); took > 900*time.Millisecond {
				t.Errorf("took %v", took)
			}
			if r.Health != test.health || !strings.Contains(r.Why, test.why) {
				t.Fatalf("%v: %s", r.Health, r.Why)
			}
			if r.Health != Slave && r.Why == "" {
				t.Error("no reason given")
			}
		})
	}
}

func TestStateIsReadWhole(t *testing.T) {
	script := ptp4ltest.Slave()
	script.TimeFlags = 1 | ptp4ltest.FlagsTraceable
	fake := ptp4ltest.Start(t, script)
	r := ask(t, fake.Path).Read()
	s := r.State
	if s.Identity != script.Identity || s.Port.Interface != "eth0" || !s.Port.Hardware() || s.Port.State != protocol.PortStateSlave ||
		s.OffsetNS != -12 || s.PathDelayNS != 480 || s.StepsRemoved != 1 || s.Grandmaster != script.Grandmaster ||
		s.ClockClass != 6 || !s.GMPresent || s.TAIOffset != 37 || !s.TAIOffsetValid || !s.PTPTimescale || !s.Traceable() ||
		!s.Leap61 || s.Leap59 || !r.Answered() {
		t.Errorf("%+v", r)
	}
	if ns, ok := s.AccuracyNS(); ns != 100 || !ok {
		t.Errorf("accuracy %d, %v", ns, ok)
	}
	s.ClockAccuracy = protocol.ClockAccuracyUnknown
	if _, ok := s.AccuracyNS(); ok {
		t.Error("an unknown accuracy is known")
	}
}

func TestPortOfTheInterfaceAskedFor(t *testing.T) {
	script := ptp4ltest.Slave()
	script.PortStates = states(protocol.PortStateSlave, protocol.PortStateFaulty)
	fake := ptp4ltest.Start(t, script)
	for name, want := range map[string]Health{"eth0": Slave, "eth01": Faulty, "eth7": Idle, "": Slave} {
		c := New(Options{Socket: fake.Path, Interface: name, LocalDir: t.TempDir()})
		if r := c.Read(); r.Health != want {
			t.Errorf("%q: %v: %s", name, r.Health, r.Why)
		}
		c.Close()
	}
}

func TestAnIdentityThatChangesIsALie(t *testing.T) {
	fake := ptp4ltest.Start(t, ptp4ltest.Slave())
	c := ask(t, fake.Path)
	if r := c.Read(); r.Health != Slave {
		t.Fatal(r.Why)
	}
	fake.Set(func(s *ptp4ltest.Script) { s.Identity = 99 })
	if r := c.Read(); r.Health != Lying || !strings.Contains(r.Why, "without a restart") {
		t.Errorf("%v: %s", r.Health, r.Why)
	}
}

func TestASlaveWithoutSyncIsNotBelieved(t *testing.T) {
	script := ptp4ltest.Slave()
	script.SyncStalled = true
	fake := ptp4ltest.Start(t, script)
	c := ask(t, fake.Path)
	now := time.Now()
	c.now = func() time.Time { return now }
	if r := c.Read(); r.Health != Slave {
		t.Fatal(r.Why)
	}
	now = now.Add(4 * time.Second)
	if r := c.Read(); r.Health != Slave {
		t.Fatalf("after 4 s: %v: %s", r.Health, r.Why)
	}
	c.options.Timeout = 10 * time.Second // the deadline is of the same clock
	now = now.Add(1500 * time.Millisecond)
	if r := c.Read(); r.Health != Lying || !strings.Contains(r.Why, "no Sync") {
		t.Fatalf("after 5.5 s: %v: %s", r.Health, r.Why)
	}
	fake.Set(func(s *ptp4ltest.Script) { s.SyncStalled = false })
	if r := c.Read(); r.Health != Slave {
		t.Errorf("Sync is back: %v: %s", r.Health, r.Why)
	}
}

func TestMissingDaemons(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{
		filepath.Join(dir, "nothing"):              "no socket",
		filepath.Join(dir, "no", "such", "folder"): "no socket",
		file: "nobody behind",
	} {
		if r := ask(t, path).Read(); r.Health != Missing || !strings.Contains(r.Why, why) {
			t.Errorf("%s: %v: %s", path, r.Health, r.Why)
		}
	}
}

func TestADaemonThatDiesAndComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ptp4l")
	fake := ptp4ltest.StartAt(t, path, ptp4ltest.Slave())
	c := ask(t, path)
	if r := c.Read(); r.Health != Slave {
		t.Fatal(r.Why)
	}
	fake.Stop()
	if r := c.Read(); r.Health != Missing || !strings.Contains(r.Why, "nobody behind") {
		t.Errorf("%v: %s", r.Health, r.Why)
	}
	os.Remove(path)
	if r := c.Read(); r.Health != Missing || !strings.Contains(r.Why, "no socket") {
		t.Errorf("%v: %s", r.Health, r.Why)
	}
	script := ptp4ltest.Slave()
	script.Identity = 5 // another machine's image, say: after a restart it may be
	again := ptp4ltest.StartAt(t, path, script)
	if r := c.Read(); r.Health != Slave {
		t.Errorf("%v: %s", r.Health, r.Why)
	}
	// A restart between two reads is not noticed at all.
	again.Stop()
	os.Remove(path)
	ptp4ltest.StartAt(t, path, ptp4ltest.Slave())
	if r := c.Read(); r.Health != Slave {
		t.Errorf("%v: %s", r.Health, r.Why)
	}
}

func TestOurSocketIsRemoved(t *testing.T) {
	fake := ptp4ltest.Start(t, ptp4ltest.Slave())
	dir := t.TempDir()
	c := New(Options{Socket: fake.Path, LocalDir: dir})
	c.Read()
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v", entries)
	}
	c.Close()
	c.Close()
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
}

// TestMangledAnswersNeverPanicOrHang flips and cuts answers at random.
func TestMangledAnswersNeverPanicOrHang(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	script := ptp4ltest.Slave()
	script.Mangle = func(raw []byte, _ protocol.ManagementID) []byte {
		for n := rng.Intn(4); n > 0; n-- {
			raw[rng.Intn(len(raw))] ^= byte(1 << rng.Intn(8))
		}
		if rng.Intn(10) == 0 {
			raw = raw[:rng.Intn(len(raw)+1)]
		}
		return raw
	}
	fake := ptp4ltest.Start(t, script)
	c := New(Options{Socket: fake.Path, Timeout: 10 * time.Millisecond, LocalDir: t.TempDir()})
	defer c.Close()
	seen := map[Health]int{}
	for i := 0; i < 150; i++ {
		seen[c.Read().Health]++
	}
	if seen[Lying] == 0 {
		t.Errorf("nothing was noticed: %v", seen)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(make([]byte, 54))
	f.Add([]byte("\x0d\x02\x00\x36"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, _, err := parse(raw)
		if err != nil {
			return
		}
		var s State
		switch a.id {
		case protocol.IDDefaultDataSet:
			tlv[*protocol.DefaultDataSetTLV](&a)
		case protocol.IDCurrentDataSet:
			tlv[*protocol.CurrentDataSetTLV](&a)
		case protocol.IDPortPropertiesNP:
			tlv[*protocol.PortPropertiesNPTLV](&a)
		}
		s.timeProperties(&a)
		portDataSet(&a)
	})
}
